"""The fits of a model as files: each in the learner's own format, and fits.json, which says what they are.

No pickles: what is read is numbers and the boosters' own formats, so that a folder from elsewhere runs no code.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.files import write_text
from mallorn.learners.learner import learner
from mallorn.learning.cross_validation import Fit
from mallorn.learning.training import LINEAR, Member

__all__ = ["Fits", "mean_contributions", "mean_probability", "read_fits", "write_fits"]

_INDEX = "fits.json"


class Fits(NamedTuple):
    """The fits of one model: `columns`, names of the p features of its table; `classes`, names; `fits`, of `Fit`."""

    columns: tuple
    classes: tuple
    fits: tuple


def write_fits(folder, fits):
    """Write the `Fits` to `folder`, which is made; the index comes last."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for k, fit in enumerate(fits.fits):
        module = learner(fit.member.learner, {})
        name = f"{k:03d}.{module.SUFFIX}"
        module.save(fit.member.model, str(folder / name))
        every = len(fit.columns) == len(fits.columns)
        columns = None if every else [fits.columns[c] for c in fit.columns]
        entry = {"file": name, "learner": fit.member.learner, "present": list(fit.member.present), "columns": columns}
        if fit.member.start is not None:
            linear = learner(LINEAR, {})
            entry["start"] = f"{k:03d}.start.{linear.SUFFIX}"
            linear.save(fit.member.start, str(folder / entry["start"]))
        entries.append(entry)
    index = {"classes": list(fits.classes), "columns": list(fits.columns), "fits": entries}
    write_text(folder / _INDEX, json.dumps(index, indent=1) + "\n")


def read_fits(folder):
    """Return the `Fits` that `write_fits` wrote to `folder`.

    Raises DataError if the folder has no index, or no file that the index names.
    """
    folder = Path(folder)
    for path in (folder, folder / _INDEX):
        if not path.exists():
            raise DataError.at(path, expected="fits of a model", found="nothing", fix="make them again (export_model)")
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    place = {name: k for k, name in enumerate(index["columns"])}
    fits = []
    for entry in index["fits"]:
        columns = range(len(place)) if entry["columns"] is None else [place[name] for name in entry["columns"]]
        model = _load(entry["learner"], folder / entry["file"])
        start = _load(LINEAR, folder / entry["start"]) if "start" in entry else None
        member = Member(entry["learner"], model, tuple(entry["present"]), len(index["classes"]), start)
        fits.append(Fit(np.array(columns), member))
    return Fits(tuple(index["columns"]), tuple(index["classes"]), tuple(fits))


def _load(name, path):
    if not path.is_file():
        raise DataError.at(path, expected="a fit", found="nothing", fix="make the model again (export_model)")
    return learner(name, {}).load(str(path))


def mean_probability(fits, values):
    """Return class probabilities (n, C) of features (n, p) float32: the mean over the `Fits`."""
    total = np.zeros((len(values), len(fits.classes)))
    for fit in fits.fits:
        total += fit.member(values[:, fit.columns])
    return total / len(fits.fits)


def mean_contributions(fits, values):
    """Return SHAP values (n, p) of the margin of class 0, the mean over the `Fits`; 0 for features a fit does not see.

    values (n, p) float32. Raises DataError if the learner has none.
    """
    total = np.zeros(values.shape)
    for fit in fits.fits:
        total[:, fit.columns] += fit.member.contributions(values[:, fit.columns])
    return total / len(fits.fits)
