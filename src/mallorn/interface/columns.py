"""What the columns of a table of scores are: units, meanings and UCDs, for the formats that can say it."""

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
    "not_scored": About("", "why there is no probability", "meta.note"),
    "radius": About("cm", "radius of the blackbody at peak", "phys.size.radius"),
    "reasons": About("", "features that drive the probability, with what they add to the margin of {}", "meta.note"),
    "label": About("", "type that the input gives, which nothing reads", "src.class"),
    "input": About("", "the file or folder that the object is of", "meta.file"),
}


def about_scores(classes):
    """Return {column: `About`} of the table of scores of a model of `classes`, the first of which is sought."""
    found = {name: About(_UNITS.get(one.unit, ""), one.meaning, one.ucd) for name, one in COLUMNS.items()}
    found |= {name: one._replace(meaning=one.meaning.format(classes[0])) for name, one in _OWN.items()}
    for name in classes:
        found[f"{CLASS_PREFIX}{name}"] = About("", f"probability of class {name}, calibrated", "stat.probability")
    return found
