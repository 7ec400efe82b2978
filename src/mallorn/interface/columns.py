"""Units, meanings and UCDs of the columns of a table of scores, for formats that can hold them."""

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.interface.writing import About
from mallorn.report.candidates import COLUMNS

__all__ = ["about_scores"]

_UNITS = {"kK": "kK", "d": "d", "mag": "mag", "MJD": "d", "deg": "deg"}
_OWN = {
    "probability": About("", "probability of class {}, calibrated", "stat.probability;meta.main"),
    "probability_low": About("", "least probability of {} by a member of the ensemble in any repeat", "stat.min"),
    "probability_high": About("", "highest probability of {} by a member of the ensemble in any repeat", "stat.max"),
    "decision": About("", "1 if it is taken for {}, 0 if not, empty if the model cannot say", "meta.code"),
    "threshold": About("", "probability from which an object seen like this one is taken for {}", "stat.value"),
    "domain": About("", "whether the model has learned from objects seen like this one", "meta.code"),
    "domain_reason": About("", "why the object is not in the domain, or gets no probability", "meta.note"),
    "scored_as": About("", "training set whose models scored it, and how it was seen", "meta.note"),
    "n_detections": About("", "points above five sigma", "meta.number"),
    "passbands": About("", "slots of the passbands with points", "instr.bandpass"),
    "span": About("d", "days from the first point to the last", "time.duration"),
    "detected": About("", "share of the points above five sigma", "stat.value"),
    "radius": About("cm", "radius of the blackbody at peak", "phys.size.radius"),
    "reasons": About("", "features that drive the probability, with what they add to the margin of {}", "meta.note"),
    "label": About("", "type that the input gives, which nothing reads", "src.class"),
    "input": About("", "the file or folder that the object is of", "meta.file"),
}


def about_scores(classes):
    """Return {column: `About`} for the table of scores of a model of `classes`; the first is the target class."""
    found = {name: About(_UNITS.get(one.unit, ""), one.meaning, one.ucd) for name, one in COLUMNS.items()}
    found |= {name: one._replace(meaning=one.meaning.format(classes[0])) for name, one in _OWN.items()}
    for name in classes:
        found[f"{CLASS_PREFIX}{name}"] = About("", f"probability of class {name}, calibrated", "stat.probability")
    return found
