"""Helpers of all types of the diverse population: light curves as an earlier survey knew them, spectral lines, dust."""

import numpy as np

from mallorn.survey.dust import extinction_per_ebv

__all__ = ["KNOWN", "centred", "earlier_survey", "host_dust", "log_normal", "ripples"]

KNOWN = (20.8, 23.3)
"""Brightest and faintest peak magnitude, as in `Event.known`: an event of magnitude 19 is moved by about four."""

_FINE = np.arange(-200.0, 1500.0, 0.5)
_DEPTH = 21.0  # AB magnitude at five sigma of a night of the earlier survey
_GAP = 3.5  # days between its visits of a field, in one passband
_WEATHER = 0.8  # share of the visits that are made
_LENGTHS = (15.0, 40.0, 100.0, 250.0)  # days
_BUMPS = 14
_BLUEST, _REDDEST = 1500.0, 11_000.0
_TURN = 20.0  # days after the peak at which late lines have replaced early ones
_SHORTEST = 1000.0  # angstrom: below this wavelength the dust is that of the Milky Way


def log_normal(rng, median, scatter, low=0.0, high=np.inf):
    """Return a log-normal number within two bounds."""
    return float(np.clip(median * np.exp(scatter * rng.standard_normal()), low, high))


def centred(law, phase):
    """Return `law`, a function of days, shifted to have its peak at phase 0 and scaled to be 1 there; (P,)."""
    fine = law(_FINE)
    peak = np.argmax(fine)
    return np.interp(phase + _FINE[peak], _FINE, fine / fine[peak], left=0.0)


def earlier_survey(rng, phase, shape, limit, lengths=_LENGTHS):
    """Return a light curve as an earlier, shallower survey knew it, (P,): through noise, seasons and a smooth fit.

    Real events come from such a survey. As for the MALLORN data, an event is known by the mean of a Gaussian process
    that was fitted to its points in one passband. The time before and after an event is then not quite dark, a peak is
    a little low, and in the months without visits the process makes up the light.

    Visits are those of ZTF (Bellm et al. 2019, PASP 131, 018002): every few days in one passband, without cloudy
    nights, while the field is up, about seven months a year. All of a night together reach 21 mag at five sigma. The
    peak lies in a season. Peak magnitudes follow 10^(0.6 m) up to `limit`, since the sample is limited by flux. The
    process is a Matern-3/2 with the most likely one of the `lengths`, days. phase: (P,) equally spaced days. shape:
    (P,) flux over that of the peak.
    """
    time = phase - phase[0]
    brightest = limit + np.log10(1.0 - rng.random()) / 0.6
    error = 0.2 * 10.0 ** (0.4 * (max(brightest, limit - 3.0) - _DEPTH))
    season, place = rng.uniform(180.0, 260.0), rng.uniform(0.05, 0.95)
    made = rng.random(int(time[-1] / _GAP) + 1) < _WEATHER
    noise = rng.standard_normal(len(made))
    night = _GAP * np.arange(len(made))
    seen = np.flatnonzero(made & ((night - time[np.argmax(shape)] + place * season) % 365.25 < season))
    if len(seen) < 5:
        return shape
    epoch, first = np.unique(np.rint(night[seen] / time[1]).astype(np.int64), return_index=True)
    epoch, first = epoch[epoch < len(time)], first[epoch < len(time)]
    return _smooth(len(time), time[1], epoch, shape[epoch] + error * noise[seen[first]], error, lengths)


def _smooth(n, step, epoch, y, error, lengths=_LENGTHS):
    """Return the mean of the most likely of some Matern-3/2 processes about zero at `n` equally spaced epochs, (n,).

    step: days from one epoch to the next. epoch: (M,) indices of epochs with a value y (M,) of standard deviation
    `error`. lengths: of the processes, days. The process and its scaled derivative are a Markov chain. The precision of
    all their values is therefore a matrix with three bands below the diagonal (Sarkka & Solin 2019, Applied Stochastic
    Differential Equations, Cambridge University Press, ch. 12).
    """
    from scipy.linalg import cho_solve_banded, cholesky_banded

    variance = max(np.mean(y**2) - error**2, error**2)
    best, most = None, -np.inf
    right = np.zeros(2 * n)
    right[2 * epoch] = y / error**2
    for length in lengths:
        precision, log_determinant = _chain(n, np.sqrt(3.0) * step / length, variance)
        precision[0, 2 * epoch] += error**-2
        factor = cholesky_banded(precision, lower=True, check_finite=False)
        mean = cho_solve_banded((factor, True), right, check_finite=False)
        likely = 0.5 * (right @ mean + log_determinant) - np.log(factor[0]).sum()
        if likely > most:
            best, most = mean, likely
    return best[::2]


def _chain(n, x, variance):
    """Return the precision of `n` steps of a Matern-3/2 process, lower bands (4, 2 n), and its log determinant.

    x: length of a step in units of length / sqrt(3). The state is the value and its derivative in these units; both
    have the same variance.
    """
    move = np.exp(-x) * np.array([[1.0 + x, x], [-x, 1.0 - x]])
    added = variance * (np.eye(2) - move @ move.T)
    inverse = np.linalg.inv(added)
    before, across = move.T @ inverse @ move, -inverse @ move  # blocks (k, k) and (k + 1, k)
    bands = np.zeros((4, n, 2))
    own = np.broadcast_to(inverse + before, (n, 2, 2)).copy()
    own[0], own[-1] = np.eye(2) / variance + before, inverse
    bands[0, :, 0], bands[0, :, 1], bands[1, :, 0] = own[:, 0, 0], own[:, 1, 1], own[:, 1, 0]
    bands[1, :-1, 1], bands[2, :-1, 0], bands[2, :-1, 1] = across[0, 1], across[0, 0], across[1, 1]
    bands[3, :-1, 0] = across[1, 0]
    return bands.reshape(4, 2 * n), -2.0 * np.log(variance) - (n - 1) * np.log(np.linalg.det(added))


def ripples(rng, phase, wavelength, scatter):
    """Return the factor (P, W) by which spectral lines make an event brighter or fainter than its continuum.

    There are fourteen bumps, 3 to 10% of the wavelength wide, of random heights, `scatter` magnitudes in all. About
    twenty days after the peak a second set replaces the first. Fluxes are read at one wavelength of each passband. A
    real passband averages its lines; `scatter` is therefore a few hundredths, less than in spectra.
    """
    height = rng.standard_normal((2, _BUMPS)) * scatter * 1.5
    centre = rng.uniform(np.log(_BLUEST), np.log(_REDDEST), _BUMPS)
    width = rng.uniform(0.03, 0.10, _BUMPS)
    bump = np.exp(-0.5 * ((np.log(wavelength)[:, None] - centre) / width) ** 2)
    early = 1.0 / (1.0 + np.exp(np.clip((phase - _TURN) / 8.0, -50.0, 50.0)))
    first, last = height @ bump.T
    return 10.0 ** (-0.4 * (early[:, None] * (first - last) + last))


def host_dust(wavelength, ebv):
    """Return the part (W,) of the light that leaves the host galaxy's dust, by the law of the Milky Way."""
    return 10.0 ** (-0.4 * ebv * extinction_per_ebv(np.maximum(wavelength, _SHORTEST)))
