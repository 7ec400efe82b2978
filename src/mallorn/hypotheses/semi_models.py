"""Semi-parametric hypotheses: a physical SED times a light curve of any shape.

    flux = S(lam, d) (sigma g(x) + mu),   S(4500 A, d) = 1,

with g a Gaussian process of variance 1 over rest-frame days x that all passbands share, S one of the SEDs of
`mallorn.hypotheses.models`, at the rest-frame wavelength lam and at the phase d = x - t0 from an epoch that is given,
and mu 0 or a free constant. Plateaus, second peaks and events that are on at the start are as likely as any other
curve: the colours and their change decide between hypotheses, and so does how smooth the curve is. Two hypotheses have
a second light beside it, with an SED and a course of its own: a nucleus that flickers, and an echo by dust.

g is a Matern-3/2 process, k(x) = (1 + s) exp(-s) with s = sqrt(3) |x| / length, or an Ornstein-Uhlenbeck process,
k(x) = exp(-|x| / length): Rasmussen & Williams (2006, Gaussian Processes for Machine Learning), eqs. 4.17 and 4.14.
sigma and mu are in units of the object's `scale`. `mallorn.hypotheses.semi_kernels` has the compiled likelihood.
"""

from dataclasses import dataclass
from math import log

from mallorn.hypotheses.models import Parameter

__all__ = ["PROCESSES", "SEMI_PARAMETRIC", "SEMI_SEDS", "SemiParametric"]

PROCESSES = ("matern", "walk", "matern_and_walk", "matern_and_echo")
"""Processes by name, in the order of their numbers in `semi_kernels`; `semi_pairs` has the last two."""

SEMI_SEDS = ("blackbody", "drifting_blackbody", "cooling_photosphere", "drifting_parabola", "parabola")
"""SEDs by name, in the order of their numbers in `semi_kernels`: of `models.SEDS`, and a parabola without drift."""


@dataclass(frozen=True)
class SemiParametric:
    """One hypothesis: `process` and `sed` are names in `PROCESSES` and `SEMI_SEDS`.

    parameters: those of the SED, then ln_sigma, ln_length, and mean where mu is free, or those of the second light.
    parent: hypothesis whose best fit is where this one starts, with the starts of the parameters that it lacks; or "".
    source: where form and priors come from.
    """

    name: str
    meaning: str
    process: str
    sed: str
    parameters: tuple
    source: str
    parent: str = ""

    @property
    def parameter_names(self):
        """Names of the parameters, in order."""
        return [p.name for p in self.parameters]

    @property
    def second_light(self):
        """Whether there is a second light beside the flare."""
        return "_and_" in self.process


def _ln(name, unit, median, sd, low, high, starts, meaning):
    """Return the parameter for the logarithm of a quantity; the numbers are given for the quantity itself."""
    starts = tuple(log(s) for s in starts)
    return Parameter(f"ln_{name}", f"ln {unit}" if unit else "", log(median), sd, log(low), log(high), starts, meaning)


def _process(length, sd, starts, sigmas=(0.6, 2.0)):
    """Return amplitude and length of a process, from the length's median, days, and the sd of its logarithm."""
    return (
        _ln("sigma", "", 1.0, 1.5, 1e-3, 1e3, sigmas, "amplitude of the process over the scale of the fluxes"),
        _ln("length", "d", length, sd, 0.5, 10000.0, starts, "length of the process, rest frame"),
    )


_MEAN = Parameter("mean", "", 0.0, 1.5, -30.0, 30.0, (0.0,), "constant flux at 4500 A over the scale of the fluxes")
_TEMPERATURE = _ln("T", "K", 15000.0, 0.5, 3000.0, 100000.0, (8000.0, 13000.0, 22000.0), "blackbody temperature")
_SLOPE = Parameter(
    "slope", "ln K / 100 d", 0.0, 0.5, -3.0, 3.0, (-0.4, 0.0, 0.3), "change of ln temperature over 100 d, rest frame"
)
_PARABOLA = (
    Parameter("slope", "", -0.5, 1.5, -8.0, 8.0, (-1.8, -0.5, 0.7), "d ln F_nu / d ln wavelength at 4500 A"),
    Parameter("curvature", "", 1.0, 2.0, -12.0, 12.0, (1.0,), "curvature of ln F_nu in ln wavelength"),
)
_DRIFT = Parameter(
    "drift", "1 / 50 d", 0.0, 1.5, -8.0, 8.0, (-0.8, 0.0, 0.8), "change of the slope over 50 d, rest frame"
)
_SHINE = (12.0, 40.0, 120.0)
_OWN = "priors of this work"

SEMI_PARAMETRIC = (
    SemiParametric(
        "blackbody",
        "any light curve of a blackbody of constant temperature",
        "matern",
        "blackbody",
        (_TEMPERATURE, *_process(40.0, 1.0, _SHINE)),
        "van Velzen et al. 2021, ApJ 908, 4 (temperatures of TDEs)",
    ),
    SemiParametric(
        "drifting_blackbody",
        "any light curve of a blackbody of drifting temperature",
        "matern",
        "drifting_blackbody",
        (_TEMPERATURE, _SLOPE, *_process(40.0, 1.0, _SHINE)),
        "Hammerstein et al. 2023, ApJ 942, 9 (slopes of TDEs)",
        parent="blackbody",
    ),
    SemiParametric(
        "parabola",
        "any light curve without colour change: SED a log-parabola",
        "matern",
        "parabola",
        (*_PARABOLA, *_process(40.0, 1.0, _SHINE)),
        _OWN,
    ),
    SemiParametric(
        "drifting_parabola",
        "any light curve: SED a log-parabola whose slope drifts",
        "matern",
        "drifting_parabola",
        (_PARABOLA[0], _DRIFT, _PARABOLA[1], *_process(40.0, 1.0, _SHINE)),
        _OWN,
        parent="parabola",
    ),
    SemiParametric(
        "cooling_photosphere",
        "any light curve of a photosphere that cools, with line blanketing in the ultraviolet",
        "matern",
        "cooling_photosphere",
        (
            _ln("T_min", "K", 5500.0, 0.2, 2000.0, 30000.0, (4800.0, 6300.0), "final temperature of the photosphere"),
            _ln("ratio", "", 2.0, 0.35, 0.4, 10.0, (1.2, 2.0, 3.0), "early over final temperature"),
            _ln("t_cool", "d", 12.0, 0.6, 1.0, 150.0, (7.0, 20.0), "time scale of the cooling, rest frame"),
            Parameter("uv", "", 1.5, 1.5, -8.0, 12.0, (1.5,), "power of the flux deficit below 4000 A"),
            *_process(30.0, 1.0, (12.0, 40.0), (0.6, 2.0)),
        ),
        "cooling and ultraviolet deficit: Pierel et al. 2018, PASP 130, 114504",
    ),
    SemiParametric(
        "walk",
        "an active galactic nucleus: a random walk about a constant flux, SED a log-parabola",
        "walk",
        "parabola",
        (*_PARABOLA, *_process(100.0, 1.5, (20.0, 100.0, 500.0), (1.0,)), _MEAN),
        "Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895",
    ),
    SemiParametric(
        "offset_parabola",
        "any light curve without colour change about a constant flux: SED a log-parabola",
        "matern",
        "parabola",
        (*_PARABOLA, *_process(60.0, 1.0, (20.0, 100.0), (1.0,)), _MEAN),
        _OWN,
    ),
    SemiParametric(
        "dust_echo",
        "any light curve of a blackbody of constant temperature, and its echo by dust of 1,500 K",
        "matern_and_echo",
        "blackbody",
        (
            _TEMPERATURE,
            *_process(40.0, 1.0, _SHINE),
            _ln("ratio", "", 0.1, 1.5, 1e-4, 30.0, (0.1,), "amplitude of the echo at 1 um over the process at 4500 A"),
            _ln("delay", "d", 150.0, 0.8, 5.0, 3000.0, (60.0, 250.0), "mean delay of the echo, rest frame"),
        ),
        "van Velzen et al. 2016, ApJ 829, 19; dust at sublimation: Barvainis 1987, ApJ 320, 537",
        parent="blackbody",
    ),
    SemiParametric(
        "flare_in_nucleus",
        "any light curve of a blackbody of constant temperature, beside a random walk whose SED is a power law",
        "matern_and_walk",
        "blackbody",
        (
            _TEMPERATURE,
            *_process(40.0, 1.0, _SHINE),
            Parameter("nuclear_slope", "", -0.33, 0.4, -5.0, 5.0, (-0.33,), "d ln F_nu / d ln wavelength of the walk"),
            _ln("ratio", "", 0.3, 0.7, 1e-3, 30.0, (0.3,), "amplitude of the walk at 4500 A over that of the process"),
            _ln("nuclear_length", "d", 200.0, 0.7, 2.0, 10000.0, (100.0, 400.0), "length of the walk, rest frame"),
        ),
        "flares in active nuclei: Frederick et al. 2021, ApJ 920, 56; F_nu ~ nu^(1/3): Shakura & Sunyaev 1973, A&A 24, "
        "337; lengths: MacLeod et al. 2010, ApJ 721, 1014",
        parent="blackbody",
    ),
)
"""All semi-parametric hypotheses, parents before their children."""
