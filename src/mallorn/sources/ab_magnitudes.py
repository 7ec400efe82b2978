"""Passbands of the bands in mixed collections, and the conversion of their magnitudes to AB."""

import re

from mallorn.sources.passband_names import passband

__all__ = ["AB_MINUS_VEGA", "band_of", "survey_of"]

AB_MINUS_VEGA = {
    "uvot.V": -0.01,
    "uvot.B": -0.13,
    "uvot.U": 1.02,
    "uvot.UVW1": 1.51,
    "uvot.UVM2": 1.69,
    "uvot.UVW2": 1.73,
    "sdss.u": 0.91,
    "sdss.g": -0.08,
    "sdss.r": 0.16,
    "sdss.i": 0.37,
    "sdss.z": 0.54,
}
"""m(AB) - m(Vega). UVOT: Breeveld et al. 2011, AIP Conf. Proc. 1358, 373. SDSS: Blanton & Roweis 2007, AJ 133, 734."""

_SURVEYS = (
    ("ztf", r"ztf|ptf|palomar.*48|p48|48.?inch"),  # PTF's g and R are near ZTF's g and r
    ("uvot", r"uvot|swift"),
    ("ps1", r"pan-?starrs|\bps1|gpc1"),
    ("atlas", r"atlas"),
    ("des", r"decam|\bdes\b|dark energy"),
    ("lsst", r"lsst|rubin"),
    ("sdss", r"sdss|60.?inch|p60"),  # Palomar's 60-inch telescope has SDSS-like filters
)
_PREFIXED = re.compile(r"(ztf|uvot|ps1|atlas|des|lsst|sdss)[:_. ]*(?=\S)(.+)", re.I)
_ULTRAVIOLET = {"uvw1": "UVW1", "uvm2": "UVM2", "uvw2": "UVW2", "w1": "UVW1", "m2": "UVM2", "w2": "UVW2"}


def survey_of(text):
    """Return the survey whose passbands an instrument or telescope has, by its name; None if unknown."""
    text = text.lower()
    if "60" in text and re.search(r"ptf|palomar|p60", text):
        return "sdss"
    return next((survey for survey, pattern in _SURVEYS if re.search(pattern, text)), None)


def band_of(name, survey=None, fallback="sdss", swift=False):
    """Return the passband "SURVEY.NAME" of a band, or None.

    name: as the collection writes it: "g", "g'", "UVW1", "orange", "ztfg", "ps1::r". survey: from `survey_of`, or None.
    fallback: the survey for u, g, r, i, z of an unknown instrument; y is then Pan-STARRS's. swift: whether U, B and V
    of an unknown instrument are Swift's; else they are Johnson's, which are not known here.
    """
    name = name.strip().removesuffix("'").strip()
    prefixed = _PREFIXED.fullmatch(name)
    if prefixed and passband(prefixed[1].lower(), _plain(prefixed[2])):
        return passband(prefixed[1].lower(), _plain(prefixed[2]))
    plain = _plain(name)
    if plain in ("UVW1", "UVM2", "UVW2"):
        return f"uvot.{plain}" if survey in (None, "uvot") and len(name) > 2 or survey == "uvot" else None
    if survey:
        # The red filter of PTF is written R.
        return passband(survey, plain) or (passband(survey, "r") if survey == "ztf" and plain == "R" else None)
    if plain in ("o", "c"):
        return f"atlas.{plain}"
    if swift and plain in ("U", "B", "V"):
        return f"uvot.{plain}"
    return passband(fallback, plain) or (f"ps1.{plain}" if plain == "y" else None)


def _plain(name):
    name = name.strip().lstrip(":").removesuffix("'")
    name = {"orange": "o", "cyan": "c"}.get(name.lower(), name)
    return _ULTRAVIOLET.get(name.lower(), name)
