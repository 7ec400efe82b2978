"""Tidal disruption events as diverse as known ones: plateaus, second peaks, a month or a year long."""

import numpy as np

from mallorn.simulate.diverse.shapes import KNOWN, centred, earlier_survey, host_dust, log_normal, ripples
from mallorn.simulate.kinds import Event
from mallorn.simulate.physics import absolute_flux, blackbody_ratio

__all__ = ["TYPES", "draw", "flux", "law"]

_REFERENCE = 4400.0  # angstrom
_KELVIN = (9000.0, 45_000.0)
_LIMIT = 19.4  # faintest peak magnitude at which an earlier survey finds them


def draw(rng):
    """Return {parameter: value} of a new event.

    - magnitude: about -19.6 with a scatter of 1.0: the range of Hammerstein et al. (2023, ApJ 942, 9) and of the
      faint and fast events iPTF16fnl (Blagorodnova et al. 2017, ApJ 844, 46) and AT 2020wey (Charalampopoulos et al.
      2023, A&A 673, A95).
    - rise: standard deviation of a Gaussian, days; decay: from days for fast to a year for slow events, as in van
      Velzen et al. (2021, ApJ 908, 4).
    - power: of the decline, about 5/3; 9/4 for partial disruptions (Coughlin & Nixon 2019, ApJ 883, L17), shallower for
      many in Hammerstein et al. (2023).
    - kelvin: 10^4.13 with a scatter of 0.18 dex, between 9,000 and 45,000. It drifts by `heating`, d ln T / dt per 100
      days (van Velzen et al. 2021). They are cooler than those of that paper, 10^4.3, to be as red as the objects of
      the MALLORN data that look like TDEs.
    - flat: days that the light stays at its peak, in one of six events.
    - plateau: level that it falls to, relative to the peak, in one of four, for `plateau_length` days: late light of a
      disc (van Velzen et al. 2019, ApJ 878, 82; Mummery et al. 2024, MNRAS 527, 2452), or a shoulder like that of
      AT 2018fyk (Wevers et al. 2019, MNRAS 488, 4816).
    - second: height of another peak, in one of four, `second_phase` days after the first (ASASSN-15lh, Leloudas et al.
      2016, Nature Astronomy 1, 0002; AT 2019avd, Malyali et al. 2021, A&A 647, A9).
    - host_ebv: of the host's nucleus, exponential. lines: scatter of lines, mag.

    The shares are rough: no complete sample gives them.
    """
    chance = rng.random(3)
    return {
        "magnitude": rng.normal(-19.6, 1.0),
        "rise": log_normal(rng, 20.0, 0.65, 3.0, 100.0),
        "decay": log_normal(rng, 42.0, 0.7, 8.0, 350.0),
        "power": float(np.clip(rng.normal(5.0 / 3.0, 0.45), 0.8, 3.2)),
        "kelvin": float(np.clip(10.0 ** rng.normal(4.13, 0.18), *_KELVIN)),
        "heating": rng.normal(0.0, 0.2),
        "flat": rng.uniform(20.0, 180.0) * float(chance[0] < 1.0 / 6.0),
        "plateau": float(np.exp(rng.uniform(np.log(0.05), np.log(0.5)))) * float(chance[1] < 0.25),
        "plateau_length": rng.uniform(100.0, 700.0),
        "second": rng.uniform(0.2, 0.95) * float(chance[2] < 0.25),
        "second_phase": log_normal(rng, 90.0, 0.7, 20.0, 500.0),
        "host_ebv": rng.exponential(0.06),
        "lines": log_normal(rng, 0.025, 0.4),
    }


def law(time, p):
    """Return the light curve, 1 at the first peak, (P,); time: (P,) days since that peak."""
    after = np.maximum(time - p["flat"], 0.0)
    top = 1.0 - 0.1 * np.clip(time / p["flat"], 0.0, 1.0) if p["flat"] else 1.0
    shape = np.exp(-0.5 * (np.minimum(time, 0.0) / p["rise"]) ** 2)
    shape = shape * top * (1.0 + after / p["decay"]) ** -p["power"]
    late = np.clip(after / p["plateau_length"], 0.0, 10.0)
    shape = shape + p["plateau"] * -np.expm1(-after / p["decay"]) * np.exp(-(late**2))
    again = time - p["second_phase"] - p["flat"]
    wide = np.where(again < 0.0, max(0.25 * p["second_phase"], p["rise"] * 0.7), np.inf)
    other = np.exp(-0.5 * (np.minimum(again, 0.0) / wide) ** 2)
    return shape + p["second"] * other * (1.0 + np.maximum(again, 0.0) / p["decay"]) ** -p["power"]


def flux(p, rng, phase, wavelength):
    """Return the flux at 10 pc, microjansky, (P, W). p: as from `draw`. phase: (P,) rest-frame days since the peak."""
    lines = ripples(rng, phase, wavelength, p["lines"])
    shape = earlier_survey(rng, phase, centred(lambda time: law(time, p), phase), _LIMIT)
    kelvin = np.clip(p["kelvin"] * np.exp(p["heating"] * np.clip(phase, -50.0, 300.0) / 100.0), *_KELVIN)
    spectrum = blackbody_ratio(wavelength, _REFERENCE, kelvin[:, None]) * lines
    return absolute_flux(p["magnitude"]) * shape[:, None] * spectrum * host_dust(wavelength, p["host_ebv"])


_UNITS = {
    "magnitude": "mag",
    "rise": "d",
    "decay": "d",
    "power": "",
    "kelvin": "K",
    "heating": "1 / (100 d)",
    "flat": "d",
    "plateau": "",
    "plateau_length": "d",
    "second": "",
    "second_phase": "d",
    "host_ebv": "mag",
    "lines": "mag",
}

TYPES = {"TDE": Event(_UNITS, draw, flux, late=0.02, strict=True, known=KNOWN)}
"""{type: `Event`}."""
