"""A logistic model: boosting begins from its margins instead of a constant.

A sum over a thousand correlated features tells much; trees with a few splits need not rebuild it one feature at a time.
The logistic model separates `kinds`, even if the trees have two classes and begin from its log odds of class 0, since
objects that resemble the class sought in one feature are of different kinds. Objects of unknown kind take no part in
its fit.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.io.received import read_json
from mallorn.learners import logistic
from mallorn.learning.transforms import normal_scores
from mallorn.learning.transforms.normal_scores import Scaling

__all__ = [
    "NEEDS",
    "PARAMETERS",
    "LinearStart",
    "apply",
    "contributions",
    "fit",
    "importance",
    "load",
    "save",
]

NEEDS = ("features",)

PARAMETERS = ("C", "max_iter", "tol")

_DEFAULTS = {"max_iter": 300, "tol": 1e-3}
_FILE = "start.json"


class LinearStart(NamedTuple):
    """The scaling of the features, the logistic model of their scores, and whether the learner has two classes."""

    scaling: Scaling
    model: logistic.Model
    binary: bool


def fit(part, params, seed, threads):
    """Return the `LinearStart` of a training part; see `mallorn.learning.transforms.transform`.

    params: from `PARAMETERS`, as for scikit-learn's LogisticRegression; `C` must be among them.
    """
    binary, known = part.n_classes == 2, part.kinds >= 0
    if not known.all():
        part = part.take(np.flatnonzero(known))
    present, kinds = np.unique(part.kinds, return_inverse=True)
    scaling = normal_scores.fit(part, {}, seed, threads)
    scores = normal_scores.apply(scaling, part.dataset)
    model = logistic.fit(scores, kinds, part.weight, len(present), {**_DEFAULTS, **params}, seed, threads)
    return LinearStart(scaling, model, binary)


def apply(state, dataset):
    """Return the objects with the margin: log odds (n,) of class 0 if there are two classes, else margins (n, C)."""
    margins = logistic.log_odds if state.binary else logistic.margins
    return dataset.with_margin(margins(state.model, normal_scores.apply(state.scaling, dataset)))


def importance(state, importance):
    """Return the importances (p,): the start and the boosted trees each have half of the sum."""
    return _share(importance) + _share(normal_scores.importance(state.scaling, logistic.importance(state.model)))


def contributions(state, dataset, values):
    """Return SHAP values (n, p) of the margin of class 0, including those of the start."""
    scores = normal_scores.apply(state.scaling, dataset)
    return values + logistic.contributions(state.model, scores, odds=state.binary)


def save(state, folder):
    """Write the scaling, the logistic model and a JSON file."""
    normal_scores.save(state.scaling, folder)
    logistic.save(state.model, folder)
    Path(folder, _FILE).write_text(json.dumps({"binary": state.binary}) + "\n", encoding="utf-8")


def load(folder):
    """Return the `LinearStart` that `save` wrote."""
    binary = read_json(Path(folder, _FILE))["binary"]
    return LinearStart(normal_scores.load(folder), logistic.load(folder), binary)


def _share(importance):
    return importance / max(importance.sum(), np.finfo(float).tiny)
