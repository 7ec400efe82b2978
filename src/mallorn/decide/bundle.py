"""The folder results/model: all that scoring new light curves needs, and a check that it still gives the same numbers.

model.json                        what the model is: see `write_bundle`
{repeat}/{model}/                 the fits of each member, in the learners' own formats (see
                                  `mallorn.learning.model_files`)
without_redshift/{repeat}/{model}/     fits that score objects without redshift, if there are any
other_surveys/{repeat}/{model}/        fits that score objects as other surveys see them, if there are any
other_surveys_without_redshift/...     the same for objects without redshift
early/..., early_without_redshift/...  fits that score young objects, if there are any
domain.json                            how the training objects were observed (see `mallorn.decide.domain`)
outliers/{training set}.npz            detectors of unusual objects (see `mallorn.decide.outliers`)
golden/                                light curves with the features and probabilities that they must have (see
                                       `mallorn.decide.golden`)
"""

import json
import logging
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.decide.classes import finest
from mallorn.decide.decision import decide, decide_scores
from mallorn.decide.ensembles import Members, predict_ensemble
from mallorn.decide.golden import TOLERANCE, differences, measured, passed_before, remember, write_golden
from mallorn.decide.judgement import Judgement
from mallorn.errors import DataError
from mallorn.io.files import write_text
from mallorn.io.received import read_json
from mallorn.learning.dataset import VIEWS
from mallorn.learning.model_files import columns_of, predict_mean, read_fits
from mallorn.learning.training_sets import (
    EARLY,
    EARLY_WITHOUT_REDSHIFT,
    FINAL,
    KNOWING_NO_REDSHIFT,
    OTHER_SURVEYS,
    OTHER_SURVEYS_WITHOUT_REDSHIFT,
    WITHOUT_REDSHIFT,
)

__all__ = [
    "DOMAIN",
    "PACKAGES",
    "Scorer",
    "averaged_scores",
    "check_bundle",
    "check_settings",
    "ensemble_scores",
    "golden_differences",
    "installed",
    "joined_scores",
    "member_range",
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

DOMAIN = "domain.json"

_FORMAT = 4
_MANIFEST = "model.json"
_FURTHER = {
    WITHOUT_REDSHIFT: "without_redshift",
    OTHER_SURVEYS: "other_surveys",
    OTHER_SURVEYS_WITHOUT_REDSHIFT: "other_surveys_without_redshift",
    EARLY: "early",
    EARLY_WITHOUT_REDSHIFT: "early_without_redshift",
}
"""Folders, and keys of model.json, of the scorers beside the one of all training objects."""
_AGE = 30.0  # of golden inputs, days, for scorers that use an age
_NEXT = "Next step: install what the model was made with, or make it anew by `snakemake export_model`."

_log = logging.getLogger(__name__)


def installed():
    """Return {package: version} of `PACKAGES`, "" for packages that are not installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = ""
    return versions


class Scorer(NamedTuple):
    """All that scores objects: for each repeat its `members` and what their ensemble `learned`, and one `decision`.

    members: list over repeats. Each item is {model: folder of its fits} before writing, and the list of the members'
    `Fits` after reading. learned: list over repeats of what the ensemble learned (see `mallorn.decide.ensembles`), with
    its `members` in order. decision: as from `mallorn.decide.decision.make_decision`.
    """

    members: list
    learned: list
    decision: dict

    def decision_of(self, cut):
        """Return the decision for objects of a cut; the decision for all objects if the cut has none."""
        return self.decision.get("cuts", {}).get(cut, self.decision)

    def no_scores(self):
        """Return what `member_scores` returns for no objects."""
        return [tuple(np.empty((0, len(one.classes))) for one in fits) for fits in self.members]


def write_bundle(folder, scorers, state, about, golden=None):
    """Write the folder of the model, without domain.json and outliers/.

    scorers: {training set: `Scorer`}; `FINAL` must be among them.
    state: {"reading": {source: digest of the code that reads it}, "code": {part: digest}, "settings": {block:
    configuration}}: the code and settings that make the features.
    about: {"model", "protocol", "models": the blocks of its members}, for people to read; and {"photoz": {"draws":
    number of draws of a photometric redshift that a probability is averaged over, "seed", "largest": redshift}}.
    golden: (`LightCurves` as from `mallorn.decide.golden.golden_curves`, folder of compiled kernels or None). With None
    the model is checked by versions and code, not by numbers.
    """
    folder, scorer = Path(folder), scorers[FINAL]
    for training, one in scorers.items():
        for repeat, members in enumerate(one.members):
            for name, fits in members.items():
                part = folder / _FURTHER.get(training, "") / str(repeat)
                shutil.copytree(fits, part / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    fits = [read_fits(folder / "0" / name) for name in scorer.learned[0]["members"]]
    manifest = {
        "format": _FORMAT,
        **about,
        "decision": scorer.decision,
        "repeats": scorer.learned,
        **{
            key: {"decision": scorers[training].decision, "repeats": scorers[training].learned}
            for training, key in _FURTHER.items()
            if training in scorers
        },
        "classes": list(finest([one.classes for one in fits])[0]),
        "needs": [view for view in VIEWS if any(view in one.needs for one in fits)],
        "versions": installed(),
        **state,
        "features": _columns_of(scorers),
    }
    if golden:
        manifest["golden"] = TOLERANCE
        write_golden(folder, manifest, _scoring(folder, manifest), *golden)
    write_text(folder / _MANIFEST, json.dumps(manifest, indent=1) + "\n")


def _columns_of(scorers):
    """Return the names of all features that members of the `Scorer`s read; those of the first scorer come first."""
    names = {}
    for one in scorers.values():
        for member in one.learned[0]["members"]:
            names |= dict.fromkeys(columns_of(one.members[0][member]))
    return list(names)


def read_bundle(folder):
    """Return the content of model.json. Raises DataError if there is none, or one of another format."""
    path = Path(folder) / _MANIFEST
    if not path.is_file():
        raise DataError.at(path, expected="a model", found="nothing", fix="make one by `snakemake export_model`")
    manifest = read_json(path)
    if manifest.get("format") != _FORMAT:
        found = f"format {manifest.get('format')}"
        raise DataError.at(path, expected=f"format {_FORMAT}", found=found, fix="make it anew (export_model)")
    return manifest


def check_settings(folder, manifest, state):
    """Raise DataError, naming every difference, if the settings here make other features than the model's settings.

    Arguments as for `check_bundle`, which checks this and much more.
    """
    _refuse(folder, [f"config.yaml, {key}, is not that of the model" for key in _keys(manifest, state)])


def check_bundle(folder, manifest, state=None, columns=None, kernels=None):
    """Return notes on what differs here from where the model was made; raise DataError, naming all, if it matters.

    The model's golden inputs are computed here. They must agree with the stored values within the tolerance that the
    manifest states. Other versions and other code are then only notes. A model without golden inputs needs the same
    versions and code.

    manifest: as from `read_bundle`. state: as in `write_bundle`, of the workflow whose features the model is to score.
    Its settings must be those of the model. None if the model's own settings make the features. columns: names of the
    features at hand, None if the model makes them. kernels: see `mallorn.families.pipeline`.
    """
    state = state or {"code": manifest["code"], "settings": manifest["settings"]}
    notes = [
        f"{name} {found or 'is not installed'} here, {manifest['versions'].get(name)} in the model"
        for name, found in installed().items()
        if found != manifest["versions"].get(name)
    ]
    if not notes:  # digests of code include versions
        names = _unequal(manifest["code"], state["code"])
        notes += [f"the code of {name} is not that of the model" for name in names]
        theirs, ours = manifest.get("reading", {}), state.get("reading", {})
        names = [name for name in ours if ours[name] != theirs.get(name, ours[name])]
        notes += [f"the code that reads {name} is not that of the model" for name in names]
    wrong = [f"config.yaml, {key}, is not that of the model" for key in _keys(manifest, state)]
    missing = [name for name in manifest["features"] if columns is not None and name not in set(columns)]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        wrong.append(f"{len(missing)} of {len(manifest['features'])} features are missing: {shown}")
    if not manifest.get("golden"):
        wrong, notes = [*notes, *wrong], []
    elif not wrong and not passed_before(folder):
        wrong = differences(folder, manifest, _scoring(folder, manifest), kernels)
        if not wrong:
            remember(folder)
    _refuse(folder, wrong, notes)
    for note in notes:
        _log.info("%s: %s; its golden inputs come out as they must", folder, note)
    return notes


def golden_differences(folder, reference=None):
    """Return how much golden inputs differ here, as `mallorn.decide.golden.measured` does.

    folder: the model that scores them. reference: folder of the model that they come from, by default the same.
    """
    manifest = read_bundle(folder)
    return measured(reference or folder, manifest, _scoring(folder, manifest))


def _refuse(folder, wrong, notes=()):
    if wrong:
        lines = "\n".join(f"  - {line}" for line in [*wrong, *(f"note: {note}" for note in notes)])
        raise DataError(f"{folder}: the model cannot score what is made of light curves here:\n{lines}\n{_NEXT}")


def _scoring(folder, manifest):
    """Return the function that scores golden inputs: see `mallorn.decide.golden.write_golden`.

    Scorers that can serve the same objects take turns, and each is held to its numbers.
    """
    scorers = read_scorers(folder, manifest)
    can = {True: [name for name in scorers if name not in KNOWING_NO_REDSHIFT]}
    can[False] = [name for name in scorers if name in KNOWING_NO_REDSHIFT]

    def score(dataset, known):
        turns = [can[has][k % len(can[has])] if can[has] else "" for k, has in enumerate(map(bool, known))]
        names, n = np.array(turns, dtype=object), len(known)
        weights = {name: (names == name).astype(float) for name in scorers}
        judgement = Judgement(weights, np.full(n, "", dtype=object), None, None, np.full(n, _AGE))
        found = {}
        for training, scorer in scorers.items():
            rows = np.flatnonzero(weights[training])
            scores = member_scores(scorer, dataset.take(rows)) if len(rows) else scorer.no_scores()
            found[training] = scorer, ensemble_scores(scorer, scores)
        return decide_scores(len(manifest["classes"]), judgement, found)[0]

    return score


class _Scorers(Mapping):
    """{training set: `Scorer`}; each is read when it is first asked for."""

    def __init__(self, places):
        self._places, self._read = places, {}

    def __getitem__(self, training):
        if training not in self._read:
            self._read[training] = _read_scorer(*self._places[training])
        return self._read[training]

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)


def read_scorers(folder, manifest):
    """Return {training set: `Scorer`} for all training sets of the model in `folder`.

    A scorer is read when it is first asked for: most light curves need only one of them.
    """
    further = {training: key for training, key in _FURTHER.items() if manifest.get(key)}
    found = {training: (Path(folder, key), manifest[key]) for training, key in further.items()}
    return _Scorers({FINAL: (Path(folder), manifest), **found})


def _read_scorer(folder, about):
    members = [
        [read_fits(folder / str(repeat) / name) for name in learned["members"]]
        for repeat, learned in enumerate(about["repeats"])
    ]
    return Scorer(members, about["repeats"], about["decision"])


def member_scores(scorer, dataset):
    """Return, for each repeat, the tuple of its members' probabilities (n, C) for the objects of a `Dataset`."""
    return [tuple(predict_mean(one, dataset) for one in fits) for fits in scorer.members]


def joined_scores(parts):
    """Join two results of `member_scores`, for some objects and then for others, into one for all of them."""
    return [tuple(map(np.concatenate, zip(*repeat, strict=True))) for repeat in zip(*parts, strict=True)]


def averaged_scores(scores, rows, draws):
    """Return `member_scores` in which the objects at `rows` (m,) have the mean of their scores over draws.

    draws: results of `member_scores` for these m objects, one for each draw of their redshifts; an empty list changes
        nothing.
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
    """Return probabilities (n, C) of objects from their `member_scores`: the ensemble's, averaged over repeats."""
    total = 0.0
    for learned, fits, predicted in zip(scorer.learned, scorer.members, scores, strict=True):
        total = total + predict_ensemble(learned, Members(predicted, tuple(one.classes for one in fits)))
    return total / len(scorer.members)


def member_range(scorer, scores, age=None):
    """Return (least, most), (n,) each, of the probabilities of the class sought over all members and repeats.

    scores: `member_scores`. Each is calibrated like the ensemble's probability. age: as in `decide`.
    """
    of_members = np.array([decide(scorer.decision, p[:, 0], age)[0] for repeat in scores for p in repeat])
    return of_members.min(axis=0), of_members.max(axis=0)


def _keys(manifest, state):
    """Yield the paths of the settings that differ, down to the second level."""
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
