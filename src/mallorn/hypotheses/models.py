"""The hypotheses on what an object is: each is a light curve times a spectral energy distribution (SED).

A hypothesis predicts the flux density at rest-frame phase d = x - t0 (days) and rest-frame wavelength lam (angstrom) as

    flux = A g(d) S(lam, d),   S(4500 A, d) = 1,

where g is one of the light curves and S one of the SEDs below, and A >= 0 is a free amplitude (one for each passband if
a hypothesis says so). Parameters are in the coordinates in which they are fitted, mostly natural logarithms, with
normal priors in these coordinates. The functions here are the readable definition, on whole numpy arrays.
`mallorn.hypotheses.kernels` has the compiled twins with derivatives; a test checks that both agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log
from typing import NamedTuple

import numpy as np

__all__ = [
    "COOLING_BREAK",
    "HC_OVER_K",
    "HYPOTHESES",
    "LIGHT_CURVES",
    "REFERENCE",
    "SEDS",
    "Hypothesis",
    "Parameter",
    "blackbody_ratio",
]

REFERENCE = 4500.0
"""Rest-frame wavelength at which every SED is 1, angstrom."""

HC_OVER_K = 1.438776877e8
"""h c / k_B, angstrom kelvin (CODATA 2018)."""

COOLING_BREAK = 4000.0
"""Rest-frame wavelength below which metal lines absorb the continuum of supernovae, angstrom."""


class Parameter(NamedTuple):
    """One parameter in its fitting coordinate: normal prior `mean` +- `sd` inside [`low`, `high`].

    `starts` are the values of the grid on which a fit looks for its starting points. `low == high` holds the parameter
    fixed.
    """

    name: str
    unit: str
    mean: float
    sd: float
    low: float
    high: float
    starts: tuple
    meaning: str


@dataclass(frozen=True)
class Hypothesis:
    """One physical hypothesis.

    light_curve, sed: names in `LIGHT_CURVES` and `SEDS`.
    parameters: those of the light curve, then those of the SED; the epoch t0 always comes before them. by_passband:
    whether each passband has an amplitude of its own; else there is one for all. parent: hypothesis whose best fit is
    one more start of this one, or "": a refinement then never fits worse. source: origin of form and priors.
    """

    name: str
    meaning: str
    light_curve: str
    sed: str
    parameters: tuple
    source: str
    by_passband: bool = False
    parent: str = ""

    @property
    def parameter_names(self):
        """Names of the fitted parameters after t0."""
        return [p.name for p in self.parameters]

    def shape(self, d, wavelength, values):
        """Return g(d) S(wavelength, d) for phases and rest wavelengths (N,) and parameter values (k, N) or (k, 1)."""
        function, names = SEDS[self.sed]
        return self.light_curve_shape(d, values) * function(d, wavelength, *values[len(values) - len(names) :])

    def light_curve_shape(self, d, values):
        """Return g(d) alone, the light curve at the reference wavelength."""
        form = LIGHT_CURVES[self.light_curve]
        return form.function(d, *values[: len(form.parameters)])

    def peak(self, values):
        """Return the phase (rest-frame days from t0) of the peak of g for parameter values (k, n), shape (n,)."""
        form = LIGHT_CURVES[self.light_curve]
        return form.peak(*values[: len(form.parameters)])


def flare(d, ln_rise, ln_tau, ln_p):
    """g = exp(-d^2 / 2 rise^2) before the peak, (1 + d/tau)^-p after it."""
    before, after = np.minimum(d, 0.0), np.maximum(d, 0.0)
    return np.where(
        d < 0,
        np.exp(-0.5 * (before * np.exp(-ln_rise)) ** 2),
        np.exp(-np.exp(ln_p) * np.log1p(after * np.exp(-ln_tau))),
    )


def explosion(d, ln_rise, ln_fall):
    """g = 1 / (exp(-d/rise) + exp(d/fall)): Bazin et al. (2009, A&A 499, 653), eq. 1, with its e-folding rise.

    Bazin's t_rise is 1 / (1/rise + 1/fall); with this form every rise and fall > 0 give a pulse.
    """
    with np.errstate(over="ignore"):
        return 1.0 / (np.exp(-d * np.exp(-ln_rise)) + np.exp(d * np.exp(-ln_fall)))


def double_flare(d, ln_rise, ln_tau, ln_p, ln_ratio, delay):
    """A flare, and the same flare again times `ratio` <= 1, `delay` days after it (before it if negative)."""
    second = flare(d - delay, ln_rise, ln_tau, ln_p)
    return flare(d, ln_rise, ln_tau, ln_p) + np.exp(ln_ratio) * second


def blackbody_ratio(wavelength, temperature):
    """Planck's B_nu(wavelength) / B_nu(4500 A) at `temperature`, kelvin."""
    x, x_reference = HC_OVER_K / (wavelength * temperature), HC_OVER_K / (REFERENCE * temperature)
    return (REFERENCE / wavelength) ** 3 * np.expm1(x_reference) / np.expm1(x)


def blackbody(d, wavelength, ln_T):
    """A blackbody of constant temperature."""
    return blackbody_ratio(wavelength, np.exp(ln_T))


def drifting_blackbody(d, wavelength, ln_T, slope):
    """A blackbody with ln T = ln_T + slope d/100, for d clipped to -50 to 200 days and T to 3,000 to 100,000 K."""
    ln = np.clip(ln_T + slope * np.clip(d, -50.0, 200.0) / 100.0, log(3000.0), log(1e5))
    return blackbody_ratio(wavelength, np.exp(ln))


def cooling_photosphere(d, wavelength, ln_T_min, ln_ratio, ln_t_cool, uv):
    """A blackbody that cools, T = T_min (1 + (ratio - 1) / (1 + exp(d/t_cool))), times (lam/4000 A)^uv below 4000 A.

    The power law stands for the line blanketing of supernovae in the ultraviolet.
    """
    with np.errstate(over="ignore"):
        temperature = np.exp(ln_T_min) * (1 + (np.exp(ln_ratio) - 1) / (1 + np.exp(d * np.exp(-ln_t_cool))))
    blanket = np.minimum(wavelength / COOLING_BREAK, 1.0) ** uv
    return blackbody_ratio(wavelength, temperature) * blanket


def drifting_parabola(d, wavelength, slope, drift, curvature):
    """S = exp((slope + drift d/50) l - curvature l^2), l = ln(lam/4500 A), with d clipped to -30 to 100 days."""
    ln = np.log(wavelength / REFERENCE)
    return np.exp((slope + drift * np.clip(d, -30.0, 100.0) / 50.0) * ln - curvature * ln**2)


def no_sed(d, wavelength):
    """S = 1: the amplitudes of the passbands carry the colours."""
    return np.ones(np.broadcast_shapes(np.shape(d), np.shape(wavelength)))


def at_t0(*values):
    """A flare peaks at t0."""
    return np.zeros(np.shape(values[0]))


def after_explosion(ln_rise, ln_fall):
    """The peak of `explosion`: d = ln(fall/rise) / (1/rise + 1/fall)."""
    return (ln_fall - ln_rise) / (np.exp(-ln_rise) + np.exp(-ln_fall))


class LightCurveForm(NamedTuple):
    """A light curve: its `function` of phase and parameters, their names, and the function that gives its `peak`."""

    function: Callable
    parameters: tuple
    peak: Callable = at_t0


LIGHT_CURVES = {
    "flare": LightCurveForm(flare, ("ln_rise", "ln_tau", "ln_p")),
    "explosion": LightCurveForm(explosion, ("ln_rise", "ln_fall"), after_explosion),
    "double_flare": LightCurveForm(double_flare, ("ln_rise", "ln_tau", "ln_p", "ln_ratio", "delay")),
}
"""Light curves by name, in the order of their numbers in `kernels`."""

SEDS = {
    "none": (no_sed, ()),
    "blackbody": (blackbody, ("ln_T",)),
    "drifting_blackbody": (drifting_blackbody, ("ln_T", "slope")),
    "cooling_photosphere": (cooling_photosphere, ("ln_T_min", "ln_ratio", "ln_t_cool", "uv")),
    "drifting_parabola": (drifting_parabola, ("slope", "drift", "curvature")),
}
"""SEDs by name, in the order of their numbers in `kernels`: function, names of its parameters."""


def _ln(name, unit, median, sd, low, high, starts, meaning):
    """Return the parameter for the logarithm of a quantity; the numbers are given for the quantity itself."""
    starts = tuple(log(s) for s in starts)
    low = log(low) if low > 0 else -inf
    return Parameter(f"ln_{name}", f"ln {unit}" if unit else "", log(median), sd, low, log(high), starts, meaning)


def _flare_parameters(rise, tau, p, rise_starts, tau_starts):
    """Return rise, decay time and index of a flare from (median, sd) each; an index of sd 0 is held fixed."""
    low, high = (0.4, 8.0) if p[1] else (p[0], p[0])
    return (
        _ln("rise", "d", *rise, 1.5, 80.0, rise_starts, "Gaussian width of the rise, rest frame"),
        _ln("tau", "d", *tau, 3.0, 600.0, tau_starts, "decay time, rest frame"),
        _ln("p", "", p[0], p[1] or 1.0, low, high, (p[0],), "index of the power-law decay"),
    )


_VAN_VELZEN = "van Velzen et al. 2021, ApJ 908, 4 (rise, decay and temperature of 17 ZTF TDEs)"
_HOT = _ln("T", "K", 20000.0, 0.45, 7000.0, 60000.0, (12000.0, 25000.0), "blackbody temperature")
_HOT_DRIFT = (
    _ln("T", "K", 20000.0, 0.45, 5000.0, 60000.0, (16000.0,), "blackbody temperature at t0"),
    Parameter("slope", "ln K / 100 d", 0.1, 0.25, -1.5, 1.5, (0.1,), "change of ln temperature over 100 d, rest frame"),
)

_SECOND = (
    _ln("ratio", "", 0.4, 0.6, 0.05, 1.0, (0.5,), "peak of the second flare over that of the first"),
    Parameter(
        "delay",
        "d",
        60.0,
        120.0,
        -500.0,
        700.0,
        (-300.0, -200.0, -120.0, -70.0, -35.0, 35.0, 70.0, 120.0, 200.0, 300.0, 450.0),
        "second less first epoch, rest frame",
    ),
)

HYPOTHESES = (
    Hypothesis(
        "tde_fixed",
        "tidal disruption event: fallback-rate decay, constant temperature",
        "flare",
        "blackbody",
        (*_flare_parameters((15.0, 0.6), (45.0, 0.8), (5 / 3, 0.0), (8.0, 25.0), (15.0, 50.0, 150.0)), _HOT),
        f"Phinney 1989, IAUS 136, 543 (t^-5/3); {_VAN_VELZEN}",
    ),
    Hypothesis(
        "tde_free",
        "tidal disruption event: free decay index, drifting temperature",
        "flare",
        "drifting_blackbody",
        (*_flare_parameters((15.0, 0.6), (45.0, 0.8), (5 / 3, 0.4), (8.0, 25.0), (15.0, 50.0, 150.0)), *_HOT_DRIFT),
        f"{_VAN_VELZEN}; slope: Hammerstein et al. 2023, ApJ 942, 9",
        parent="tde_fixed",
    ),
    Hypothesis(
        "tde_double",
        "tidal disruption event that brightens a second time",
        "double_flare",
        "blackbody",
        (*_flare_parameters((15.0, 0.6), (45.0, 0.8), (5 / 3, 0.4), (), ()), *_SECOND, _HOT),
        f"{_VAN_VELZEN}; second flares: Somalwar et al. 2023, arXiv:2310.03782",
        parent="tde_fixed",
    ),
    Hypothesis(
        "supernova",
        "supernova: pulse with a cooling photosphere and line blanketing in the ultraviolet",
        "explosion",
        "cooling_photosphere",
        (
            _ln("rise", "d", 4.8, 0.6, 0.8, 30.0, (3.5, 10.0), "e-folding time of the rise, rest frame"),
            _ln("fall", "d", 25.0, 0.6, 4.0, 250.0, (12.0, 30.0, 70.0), "e-folding time of the fall, rest frame"),
            _ln("T_min", "K", 5500.0, 0.2, 3000.0, 12000.0, (5500.0,), "final temperature of the photosphere"),
            _ln("ratio", "", 2.0, 0.35, 1.0, 6.0, (2.0,), "early over final temperature"),
            _ln("t_cool", "d", 12.0, 0.6, 2.0, 80.0, (12.0,), "time scale of the cooling, rest frame"),
            Parameter("uv", "", 1.5, 1.5, -2.0, 10.0, (1.5,), "power of the flux deficit below 4000 A"),
        ),
        "Bazin et al. 2009, A&A 499, 653; cooling and ultraviolet deficit: Pierel et al. 2018, PASP 130, 114504",
    ),
    Hypothesis(
        "hot_supernova",
        "transient of constant temperature: pulse with a blackbody, such as interacting supernovae",
        "explosion",
        "blackbody",
        (
            _ln("rise", "d", 4.8, 0.7, 0.8, 40.0, (3.5, 10.0), "e-folding time of the rise, rest frame"),
            _ln("fall", "d", 35.0, 0.8, 4.0, 400.0, (15.0, 35.0, 90.0), "e-folding time of the fall, rest frame"),
            _ln("T", "K", 12000.0, 0.6, 3500.0, 60000.0, (8000.0, 18000.0), "blackbody temperature"),
        ),
        "Bazin et al. 2009, A&A 499, 653; temperatures: Taddia et al. 2013, A&A 555, A10 (SN IIn)",
    ),
    Hypothesis(
        "achromatic",
        "any flare without colour change: a free amplitude in each passband",
        "flare",
        "none",
        _flare_parameters((12.0, 0.7), (40.0, 0.9), (5 / 3, 0.5), (6.0, 20.0), (15.0, 40.0, 120.0)),
        "wide priors around those of tde_free",
        by_passband=True,
    ),
    Hypothesis(
        "drifting_color",
        "any flare: SED a log-parabola whose slope drifts",
        "flare",
        "drifting_parabola",
        (
            *_flare_parameters((12.0, 0.7), (40.0, 0.9), (5 / 3, 0.5), (6.0, 20.0), (15.0, 40.0, 120.0)),
            Parameter("slope", "", -0.5, 1.5, -4.0, 4.0, (-1.5, 0.3), "d ln F_nu / d ln wavelength at t0, 4500 A"),
            Parameter("drift", "1 / 50 d", 0.0, 1.5, -6.0, 6.0, (0.0,), "change of the slope over 50 d, rest frame"),
            Parameter("curvature", "", 1.0, 2.0, -6.0, 12.0, (1.0,), "curvature of ln F_nu in ln wavelength"),
        ),
        "wide priors that hold blackbodies of 5,000 to 50,000 K",
        parent="achromatic",
    ),
)
"""All hypotheses, parents before their children."""
