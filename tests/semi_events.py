"""Light curves of semi-parametric hypotheses with known truth, and how often fits' intervals hold it.

    PYTHONPATH=src:tests python tests/semi_events.py [events of each hypothesis, 1000]

prints the share of parameters within 68% intervals, and the fits' cost, for each hypothesis.
"""

import sys
import time

import numpy as np
from hypothetical_events import pack

from mallorn.hypotheses.models import SEDS
from mallorn.hypotheses.semi import fit_semi_parametric
from mallorn.hypotheses.semi_models import SEMI_PARAMETRIC
from mallorn.settings.resolve import defaults
from mallorn.survey.passbands import SLOT_WAVELENGTHS

SETTINGS = defaults()["fits"]["semi_parametric"] | {"error_floor": 0.0, "models": [h.name for h in SEMI_PARAMETRIC]}
REDSHIFT, EPOCH = 0.25, 60250.0


def sed(h, d, wavelength, p):
    """Return the SED of `h` with parameters p, those of the SED first, by the readable definitions."""
    if h.sed == "parabola":
        return SEDS["drifting_parabola"][0](d, wavelength, p[0], 0.0, p[1])
    form, names = SEDS[h.sed]
    return form(d, wavelength, *p[: len(names)])


def covariance(h, x, p):
    """Return the covariance (N, N) of sigma g at times x, and mu, of parameters p."""
    value = dict(zip(h.parameter_names, p, strict=True))
    lag = np.abs(x[:, None] - x) * np.exp(-value["ln_length"])
    form = np.exp(-lag) if h.process == "walk" else matern(lag)
    return np.exp(2.0 * value["ln_sigma"]) * form, value.get("mean", 0.0)


def matern(lag):
    """Return the Matern-3/2 covariance at lags in units of its length."""
    s = np.sqrt(3.0) * np.abs(lag)
    return (1.0 + s) * np.exp(-s)


def light(h, x, wavelength, p):
    """Return the covariance (N, N) and the mean (N,) of the flux that `h` with parameters p gives, noise apart."""
    s = sed(h, x, wavelength, p)
    process, mean = covariance(h, x, p)
    total = process * np.outer(s, s)
    value = dict(zip(h.parameter_names, p, strict=True))
    lag, length, amplitude = x[:, None] - x, np.exp(value["ln_length"]), np.exp(2.0 * value["ln_sigma"])
    if h.process == "matern_and_walk":
        s2 = np.exp(value["ln_ratio"]) * (wavelength / 4500.0) ** value["nuclear_slope"]
        total += amplitude * np.outer(s2, s2) * np.exp(-np.abs(lag) * np.exp(-value["ln_nuclear_length"]))
    if h.process == "matern_and_echo":
        s2 = np.exp(value["ln_ratio"]) * dust(wavelength)
        shared, own = echo(lag, length, np.exp(value["ln_delay"]))
        total += amplitude * (np.outer(s, s2) * shared + np.outer(s2, s) * shared.T + np.outer(s2, s2) * own)
    return total, mean * s


def dust(wavelength):
    """Return Planck's law at 1,500 K, over that at 10,000 A."""
    x = 1.438776877e8 / 1500.0 / np.append(wavelength, 10000.0)
    planck = x**3 / np.expm1(x)
    return planck[:-1] / planck[-1]


def echo(lag, length, delay):
    """Return the covariances of g(t + lag) and w(t), and of w(t + lag) and w(t), at lags (N, N).

    w(t) is the mean of g(t - u) over u >= 0 with weight exp(-u / delay) / delay. What w inherits from before is exact,
    the rest is an integral from 0 to the lag by Gauss and Legendre.
    """
    rate = np.sqrt(3.0) / length
    b = rate + 1.0 / delay

    def ahead(d):  # g later than w by d
        return np.exp(-rate * d) / delay * ((1.0 + rate * d) / b + rate / b**2)

    node, weight = np.polynomial.legendre.leggauss(80)
    d = np.abs(lag)
    u = 0.5 * d[..., None] * (node + 1.0)
    kept = 0.5 * d[..., None] * weight * np.exp(-(d[..., None] - u) / delay) / delay
    left = np.exp(-d / delay) * ahead(0.0)
    behind = left + np.sum(kept * matern(u / length), axis=-1)
    return np.where(lag >= 0, ahead(d), behind), left + np.sum(kept * ahead(u), axis=-1)


def drawn(h, rng):
    """Return parameters from the prior of `h`; of the process, such that a light curve holds some ten lengths."""
    p = np.array([q.mean + q.sd * rng.standard_normal() for q in h.parameters])
    names = h.parameter_names
    p[names.index("ln_sigma")] = 0.3 * rng.standard_normal()
    p[names.index("ln_length")] = np.log(40.0) + 0.5 * rng.standard_normal()
    return np.clip(p, [q.low for q in h.parameters], [q.high for q in h.parameters])


def observed(h, p, rng, amplitude=20.0, error=1.0, number=150):
    """Return the points (mjd, band, flux, error) of an event that obeys `h` with parameters p."""
    mjd, band = EPOCH + np.sort(rng.uniform(-100.0, 400.0, number)), rng.integers(0, 6, number)
    d, wavelength = (mjd - EPOCH) / (1 + REDSHIFT), SLOT_WAVELENGTHS[band] / (1 + REDSHIFT)
    total, mean = light(h, d, wavelength, p)
    flux = amplitude * (np.linalg.cholesky(total + 1e-9 * np.eye(number)) @ rng.standard_normal(number) + mean)
    return mjd, band, flux + error * rng.standard_normal(number), np.full(number, error)


def pulls(h, number, seed):
    """Return (truth - fit) / error, (events, P), of `number` events drawn from `h`, and seconds of CPU a fit."""
    rng = np.random.default_rng(seed)
    truth = np.array([drawn(h, rng) for _ in range(number)])
    events = pack([observed(h, p, rng) for p in truth], REDSHIFT)
    family = [h.name, *([h.parent] if h.parent else [])]
    begin = time.process_time()
    fits = fit_semi_parametric(events, np.full(number, EPOCH), SETTINGS | {"models": family})
    spent = (time.process_time() - begin) / number
    names = h.parameter_names
    truth[:, names.index("ln_sigma")] += np.log(20.0 / fits["scale"])
    if "mean" in names:
        truth[:, names.index("mean")] *= 20.0 / fits["scale"]
    fit, error = (np.array([fits[f"{h.name}_{name}{end}"] for name in names]).T for end in ("", "_err"))
    return (truth - fit) / error, spent


def main(number):
    """Print what intervals of each hypothesis hold."""
    for k, h in enumerate(SEMI_PARAMETRIC):
        pull, spent = pulls(h, number, k)
        held = ", ".join(f"{n} {np.mean(np.abs(v) < 1):.3f}" for n, v in zip(h.parameter_names, pull.T, strict=True))
        print(f"{h.name}: {np.mean(np.abs(pull) < 1):.3f} of all; {held}; {1e3 * spent:.2f} ms a fit")


if __name__ == "__main__":
    from mallorn.hypotheses.cache import use_kernels

    use_kernels()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
