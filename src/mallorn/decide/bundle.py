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
    "averaged_scores",
    "check_bundle",
    "decide_scores",
    "ensemble_scores",
    "installed",
    "joined_scores",
    "member_scores",
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

    def no_scores(self):
        """Return what `member_scores` returns for no objects."""
        return [tuple(np.empty((0, len(one.classes))) for one in fits) for fits in self.members]


def write_bundle(folder, scorer, without, state, about):
    """Write the folder of the model.

    scorer: `Scorer` of objects with a redshift; without: of those without one, or None.
    state: {"reading": {source: digest of the code that reads it}, "code": {part: digest}, "settings": {block:
    configuration}}, what features are made by.
    about: {"model", "protocol", "models": the blocks of its members}, for people to read; {"photoz": {"draws": of a
    photometric redshift, over which a probability is averaged, "seed", "largest": redshift}}.
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

    Light curves may be read by another source than those of the training set; by the same one, with the same code.

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
        theirs, ours = manifest.get("reading", {}), state["reading"]
        names = [name for name in ours if ours[name] != theirs.get(name, ours[name])]
        differences += [f"the code that reads {name} is not that of the model" for name in names]
    differences += [f"config.yaml, {key}, is not that of the model" for key in _keys(manifest, state)]
    missing = [name for name in manifest["features"] if name not in set(columns)]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        differences.append(f"{len(missing)} of {len(manifest['features'])} features are missing: {shown}")
    if differences:
        lines = "\n".join(f"  - {line}" for line in differences)
        raise DataError(f"{folder}: the model cannot score what this workflow makes of light curves:\n{lines}\n{_NEXT}")


def read_scorers(folder, manifest):
    """Return {True: `Scorer` of objects with a redshift, False: of those without one} of the model in `folder`.

    The latter is not there in a model that has not learned to do without a redshift.
    """
    without = manifest.get(_WITHOUT)
    found = {True: _read_scorer(Path(folder), manifest)}
    return {**found, False: _read_scorer(Path(folder, _WITHOUT), without)} if without else found


def _read_scorer(folder, about):
    members = [
        [read_fits(folder / str(repeat) / name) for name in learned["members"]]
        for repeat, learned in enumerate(about["repeats"])
    ]
    return Scorer(members, about["repeats"], about["decision"])


def member_scores(scorer, dataset):
    """Return, for each repeat, the tuple of the probabilities (n, C) that its members give objects of a `Dataset`."""
    return [tuple(predict_mean(one, dataset) for one in fits) for fits in scorer.members]


def joined_scores(parts):
    """Return what `member_scores` returned for some objects and then for others as if it were for all of them."""
    return [tuple(map(np.concatenate, zip(*repeat, strict=True))) for repeat in zip(*parts, strict=True)]


def averaged_scores(scores, rows, draws):
    """Return `member_scores` with those of the objects with the numbers `rows` (m,) replaced by their mean over draws.

    draws: what `member_scores` returned for these m objects, for each draw of their redshifts; none for no change.
    """
    if not draws or not len(rows):
        return scores
    found = []
    for repeat, drawn in zip(scores, zip(*draws, strict=True), strict=True):
        members = [np.array(p) for p in repeat]
        for p, of_draws in zip(members, zip(*drawn, strict=True), strict=True):
            p[rows] = np.mean(of_draws, axis=0)
        found.append(tuple(members))
    return found


def ensemble_scores(scorer, scores):
    """Return probabilities (n, C) of objects from their `member_scores`: the mean over repeats of the ensemble's."""
    total = 0.0
    for learned, fits, predicted in zip(scorer.learned, scorer.members, scores, strict=True):
        total = total + predict_ensemble(learned, Members(predicted, tuple(one.classes for one in fits)))
    return total / len(scorer.members)


def decide_scores(n_classes, known, found):
    """Return (probability (n, C), decision (n,) bool), calibrated, of objects with and without redshift.

    known (n,) bool: whether an object has a redshift. found: {True: (`Scorer`, `ensemble_scores` of the objects that
    have one), False: those that have none}; one that is missing leaves its objects with NaN, and not chosen.
    """
    probability, chosen = np.full((len(known), n_classes), np.nan), np.zeros(len(known), dtype=bool)
    for has_redshift, (scorer, scores) in found.items():
        rows = np.flatnonzero(known == has_redshift)
        probability[rows], chosen[rows] = decide_classes(scorer.decision, scores)
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
