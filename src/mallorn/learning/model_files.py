"""The fits of a model as files: for each a folder with the files of its transforms and its learner, and fits.json.

{number}/learner/                     the learner's model, in its own format
{number}/{position}_{transform}/      the state of a transform
fits.json                             what they are

There are no pickles: files hold numbers and the boosters' own formats. A folder from elsewhere runs no code.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.files import write_text
from mallorn.io.received import read_json
from mallorn.learners.learner import learner
from mallorn.learning.pipeline import Pipeline
from mallorn.learning.transforms.transform import transform

__all__ = ["Fits", "mean_contributions", "columns_of", "predict_mean", "read_fits", "seen_by", "write_fits"]

_INDEX = "fits.json"


class Fits(NamedTuple):
    """The fits of one model.

    columns: names of the p features of its table, none if it reads no features. classes: names. needs: the views of a
    `Dataset` that it reads. fits: a `Pipeline` for each.
    """

    columns: tuple
    classes: tuple
    needs: tuple
    fits: tuple


def write_fits(folder, fits):
    """Write the `Fits` to `folder`, which is created; the index comes last."""
    folder, entries = Path(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    for k, fit in enumerate(fits.fits):
        for name, place, state in _places(fit):
            part = folder / f"{k:03d}" / place
            part.mkdir(parents=True, exist_ok=True)
            (learner(name) if place == "learner" else transform(name)).save(state, part)
        transforms = [name for name, _ in fit.steps]
        entries.append({"learner": fit.learner, "transforms": transforms, "present": list(fit.present)})
    index = {name: list(getattr(fits, name)) for name in ("classes", "needs", "columns")}
    write_text(folder / _INDEX, json.dumps({**index, "fits": entries}, indent=1) + "\n")


def _places(fit):
    """Yield (name, folder, state) of the transforms and of the learner of a `Pipeline`."""
    for position, (name, state) in enumerate(fit.steps):
        yield name, f"{position}_{name}", state
    yield fit.learner, "learner", fit.model


def read_fits(folder):
    """Return the `Fits` that `write_fits` wrote to `folder`.

    Raises DataError if the folder has no index, or lacks a fit that the index names.
    """
    folder = Path(folder)
    for path in (folder, folder / _INDEX):
        if not path.exists():
            raise DataError.at(path, expected="fits of a model", found="nothing", fix="make them again (export_model)")
    index = read_json(folder / _INDEX)
    fits = []
    for k, entry in enumerate(index["fits"]):
        part = folder / f"{k:03d}"
        steps = [
            (name, _load(transform(name), part / f"{position}_{name}"))
            for position, name in enumerate(entry["transforms"])
        ]
        model = _load(learner(entry["learner"]), part / "learner")
        present = tuple(entry["present"])
        fits.append(Pipeline(tuple(steps), entry["learner"], model, present, len(index["classes"])))
    return Fits(tuple(index["columns"]), tuple(index["classes"]), tuple(index["needs"]), tuple(fits))


def columns_of(folder):
    """Return the names of the features that the fits in `folder` read."""
    return tuple(read_json(Path(folder) / _INDEX)["columns"])


def _load(module, folder):
    if not folder.is_dir() or not any(folder.iterdir()):
        raise DataError.at(folder, expected="a fit", found="nothing", fix="make the model again (export_model)")
    return module.load(folder)


def seen_by(fits, dataset):
    """Return a `Dataset` with only the features that `Fits` read, in their order."""
    if not fits.columns or tuple(dataset.features.columns) == tuple(fits.columns):
        return dataset
    return dataset.with_features(fits.columns, dataset.features.select(fits.columns).values)


def predict_mean(fits, dataset):
    """Return class probabilities (n, C) of a `Dataset`, the mean over the `Fits`; it may have more features."""
    total, dataset = np.zeros((len(dataset), len(fits.classes))), seen_by(fits, dataset)
    for fit in fits.fits:
        total += fit.predict(dataset)
    return total / len(fits.fits)


def mean_contributions(fits, dataset):
    """Return SHAP values (n, p) of the margin of class 0, the mean over the `Fits`; 0 for features that a fit ignores.

    p: the features of the `Dataset`; the fits may read only some of them.

    Raises DataError if the learner has none.
    """
    total, seen = np.zeros(dataset.features.values.shape), seen_by(fits, dataset)
    place = {name: k for k, name in enumerate(dataset.features.columns)}
    columns = [place[name] for name in seen.features.columns]
    for fit in fits.fits:
        total[:, columns] += fit.contributions(seen)
    return total / len(fits.fits)
