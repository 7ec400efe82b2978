"""Stability selection: the features that a model chooses again and again, whichever events of a part it sees."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.io.received import read_json
from mallorn.learning.dataset import Labelled
from mallorn.learning.pipeline import fit_pipeline
from mallorn.seeds import derived_seed, generator

__all__ = [
    "NEEDS",
    "PARAMETERS",
    "SHARED",
    "Selection",
    "apply",
    "contributions",
    "fit",
    "importance",
    "load",
    "save",
    "select_features",
    "selection_frequency",
]

NEEDS = ("features",)

PARAMETERS = ("rounds", "fraction", "top", "frequency", "fewest", "ranker")

SHARED = True

_FILE = "selection.json"


class Selection(NamedTuple):
    """`chosen` (q,), ascending: indices of the features kept, out of `width`."""

    chosen: np.ndarray
    width: int


def fit(part, params, seed, threads):
    """Return the `Selection` of a training part; see `mallorn.learning.transforms.transform`.

    params: block `selection` of config.yaml.
    """
    frequency = selection_frequency(part, params, seed)
    return Selection(select_features(frequency, params), len(frequency))


def apply(state, dataset):
    """Return the objects with the features that are kept."""
    columns = [dataset.features.columns[k] for k in state.chosen]
    return dataset.with_features(columns, np.take(dataset.features.values, state.chosen, axis=1))


def importance(state, importance):
    """Return the importances (p,), 0 for features that are not kept."""
    spread = np.zeros(state.width)
    spread[state.chosen] = importance
    return spread


def contributions(state, dataset, values):
    """Return SHAP values (n, p), 0 for features that are not kept."""
    spread = np.zeros((len(values), state.width))
    spread[:, state.chosen] = values
    return spread


def save(state, folder):
    """Write the indices of the features as JSON."""
    content = {"chosen": [int(k) for k in state.chosen], "width": state.width}
    Path(folder, _FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def load(folder):
    """Return the `Selection` that `save` wrote."""
    content = read_json(Path(folder, _FILE))
    return Selection(np.array(content["chosen"], dtype=int), content["width"])


def selection_frequency(part, options, seed):
    """Return how often each feature is among the best of a model fitted to a random part, shape (p,), 0 to 1.

    Stability selection (Meinshausen & Buehlmann 2010, JRSS B 72, 417): `rounds` times, the `ranker` is fitted to the
    objects of a random `fraction` of the events, and the `top` features by importance are counted. Whole events are
    drawn: a feature that only recognises siblings is chosen in some rounds and not in others.

    part: a `Labelled`; its weights and kinds are not used. options: block `selection` of config.yaml.
    """
    events, event = np.unique(np.asarray(part.event, dtype=str), return_inverse=True)
    positive = np.unique(event[part.classes == 0])
    negative = np.setdiff1d(np.arange(len(events)), positive)
    objects = Labelled.of(part.dataset, part.classes, part.n_classes, part.event)
    count = np.zeros(len(part.dataset.features.columns))
    for k in range(options["rounds"]):
        rng = generator(seed, "selection", k)
        # targets and others are drawn apart: a part without targets teaches nothing
        drawn = [
            rng.permutation(group)[: max(1, round(options["fraction"] * len(group)))] for group in (positive, negative)
        ]
        rows = np.flatnonzero(np.isin(event, np.concatenate(drawn)))
        gain = fit_pipeline(options["ranker"], objects.take(rows), derived_seed(seed, "ranker", k)).importance()
        best = np.argsort(-gain, kind="stable")[: options["top"]]
        count[best[gain[best] > 0]] += 1
    return count / options["rounds"]


def select_features(frequency, options):
    """Return the indices of the features to keep, ascending: those with `frequency` from `options["frequency"]` on.

    If fewer than `options["fewest"]` reach it, the most frequent ones are kept. frequency: (p,) as from
    `selection_frequency`.
    """
    kept = np.flatnonzero(frequency >= options["frequency"])
    if len(kept) < options["fewest"]:
        kept = np.sort(np.argsort(-frequency, kind="stable")[: options["fewest"]])
    return kept
