"""results/model: all that scores new light curves, and the check that features and packages are those it was made with.

model.json                        what the model is: see `write_bundle`
{repeat}/{model}/                 the fits of each member, in the learners' own formats (see
                                  `mallorn.learning.model_files`)
without_redshift/{repeat}/{model}/     those that score objects without redshift, if there are any
"""

import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.decide.classes import finest
from mallorn.decide.decision import decide_classes
from mallorn.decide.ensembles import Members, predict_ensemble
from mallorn.errors import DataError
from mallorn.io.files import write_text
from mallorn.learning.dataset import VIEWS
from mallorn.learning.model_files import predict_mean, read_fits

__all__ = [
    "PACKAGES",
    "Scorer",
    "check_bundle",
    "decide_scores",
    "ensemble_scores",
    "installed",
    "read_bundle",
    "read_scorers",
    "write_bundle",
]

PACKAGES = (
    "astropy",
    "catboost",
    "celerite2",
    "extinction",
    "light-curve",
    "lightgbm",
    "numba",
    "numpy",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "xgboost-cpu",
)
"""Packages that make features or models: another version may give other numbers."""

_FORMAT = 2
_MANIFEST = "model.json"
_WITHOUT = "without_redshift"
_NEXT = "Next step: install what the model was made with, or make it anew by `snakemake export_model`."


def installed():
    """Return {package: version} of `PACKAGES`, "" for one that is not installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = ""
    return versions


class Scorer(NamedTuple):
    """What scores objects: in each repeat the `members` and what the ensemble of them `learned`; a `decision`.

    members: list over repeats of {model: folder of its fits} where they are to be written, of the list of their `Fits`
    where they were read. learned: list over repeats of what the ensemble learned (see `mallorn.decide.ensembles`), with
    its `members` in order. decision: as from `mallorn.decide.decision.make_decision`.
    """

    members: list
    learned: list
    decision: dict


def write_bundle(folder, scorer, without, state, about):
    """Write the folder of the model.

    scorer: `Scorer` of objects with a redshift; without: of those without one, or None.
    state: {"code": {part: digest}, "settings": {block: configuration}}, what features are made by.
    about: {"model", "protocol", "models": the blocks of its members}, for people to read.
    """
    folder = Path(folder)
    for part, one in ((folder, scorer), (folder / _WITHOUT, without)):
        for repeat, members in enumerate(one.members if one else []):
            for name, fits in members.items():
                shutil.copytree(fits, part / str(repeat) / name, dirs_exist_ok=True)
    fits = [read_fits(folder / "0" / name) for name in scorer.learned[0]["members"]]
    manifest = {
        "format": _FORMAT,
        **about,
        "decision": scorer.decision,
        "repeats": scorer.learned,
        _WITHOUT: None if without is None else {"decision": without.decision, "repeats": without.learned},
        "classes": list(finest([one.classes for one in fits])[0]),
        "needs": [view for view in VIEWS if any(view in one.needs for one in fits)],
        "versions": installed(),
        **state,
        "features": next((list(one.columns) for one in fits if one.columns), []),
    }
    write_text(folder / _MANIFEST, json.dumps(manifest, indent=1) + "\n")


def read_bundle(folder):
    """Return the content of model.json. Raises DataError if there is none, or of another format."""
    path = Path(folder) / _MANIFEST
    if not path.is_file():
        raise DataError.at(path, expected="a model", found="nothing", fix="make one by `snakemake export_model`")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("format") != _FORMAT:
        found = f"format {manifest.get('format')}"
        raise DataError.at(path, expected=f"format {_FORMAT}", found=found, fix="make it anew (export_model)")
    return manifest


def check_bundle(folder, manifest, state, versions, columns):
    """Raise DataError, naming every difference, if features here are not made as those that the model learned from.

    manifest: as from `read_bundle`. Of this workflow: state, as in `write_bundle`; versions, as from `installed`;
    columns, names of the features at hand.
    """
    differences = [
        f"{name} {found or 'is not installed'} here, {manifest['versions'][name]} in the model"
        for name, found in versions.items()
        if found != manifest["versions"][name]
    ]
    if not differences:  # digests of code include versions
        names = _unequal(manifest["code"], state["code"])
        differences += [f"the code of {name} is not that of the model" for name in names]
    differences += [f"config.yaml, {key}, is not that of the model" for key in _keys(manifest, state)]
    missing = [name for name in manifest["features"] if name not in set(columns)]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        differences.append(f"{len(missing)} of {len(manifest['features'])} features are missing: {shown}")
    if differences:
        lines = "\n".join(f"  - {line}" for line in differences)
        raise DataError(f"{folder}: the model cannot score what this workflow makes of light curves:\n{lines}\n{_NEXT}")


def read_scorers(folder, manifest):
    """Return ({True: `Scorer` of objects with a redshift, False: of those without one}) of the model in `folder`.

    The latter is None for a model that has not learned to do without a redshift.
    """
    without = manifest.get(_WITHOUT)
    found = {True: _read_scorer(Path(folder), manifest), False: None}
    return {**found, False: _read_scorer(Path(folder, _WITHOUT), without)} if without else found


def _read_scorer(folder, about):
    members = [
        [read_fits(folder / str(repeat) / name) for name in learned["members"]]
        for repeat, learned in enumerate(about["repeats"])
    ]
    return Scorer(members, about["repeats"], about["decision"])


def ensemble_scores(scorers, dataset, known, n_classes):
    """Return probabilities (n, C) of the objects of a `Dataset`, the mean over repeats of the ensemble's.

    scorers: as from `read_scorers`. known (n,) bool: whether an object has a redshift, which says who scores it. NaN
    where no one does.
    """
    found = np.full((len(dataset), n_classes), np.nan)
    for has_redshift, scorer in scorers.items():
        rows = np.flatnonzero(known == has_redshift)
        if scorer is None or not len(rows):
            continue
        part = dataset if len(rows) == len(dataset) else dataset.take(rows)
        total = np.zeros((len(rows), n_classes))
        for learned, fits in zip(scorer.learned, scorer.members, strict=True):
            predicted = tuple(predict_mean(one, part) for one in fits)
            total += predict_ensemble(learned, Members(predicted, tuple(one.classes for one in fits)))
        found[rows] = total / len(scorer.members)
    return found


def decide_scores(scorers, probability, known):
    """Return (probability (n, C), decision (n,) bool), calibrated, of probabilities as from `ensemble_scores`.

    An object that no one scores has NaN, and is not chosen.
    """
    probability, chosen = np.array(probability), np.zeros(len(probability), dtype=bool)
    for has_redshift, scorer in scorers.items():
        rows = np.flatnonzero(known == has_redshift)
        if scorer is not None:
            probability[rows], chosen[rows] = decide_classes(scorer.decision, probability[rows])
    return probability, chosen


def _keys(manifest, state):
    """Yield the paths of the settings that differ, to the second level."""
    for block in _unequal(manifest["settings"], state["settings"]):
        theirs, ours = manifest["settings"].get(block), state["settings"].get(block)
        if isinstance(theirs, dict) and isinstance(ours, dict):
            yield from (f"{block}.{key}" for key in _unequal(theirs, ours))
        else:
            yield block


def _unequal(theirs, ours):
    names = [*theirs, *(name for name in ours if name not in theirs)]
    return [name for name in names if _plain(theirs.get(name)) != _plain(ours.get(name))]


def _plain(value):
    return json.loads(json.dumps(value))
