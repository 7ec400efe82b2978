"""Outlier scores: an object is unusual if it is far from all training objects, or between their classes.

An object can be unusual in two ways, and neither alone finds all objects of classes that were not learned. Its features
may lie where few training objects lie: trees that split objects at random isolate it after a few steps (isolation
forest; Liu, Ting & Zhou 2008, IEEE ICDM, 413). Or its features are common but its class is undecided, as for a
supernova of an unknown type: the entropy of the probabilities measures this. Each measure gives the share of training
objects that are at least as unusual, and Fisher's method joins the two shares. docs/explanation/outliers.md has the
comparison behind this.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import DataError
from mallorn.io.received import read_arrays
from mallorn.seeds import derived_seed

__all__ = [
    "FOLDER",
    "Detector",
    "Detectors",
    "Forest",
    "find_outliers",
    "grow_forest",
    "indecision",
    "isolation",
    "learn_outliers",
    "outlier_scores",
    "read_detector",
    "read_forest",
    "write_detector",
    "write_forest",
]

FOLDER = "outliers"
"""Name of the folder, within that of a model, with a `Detector` for each training set."""

_TAIL = 0.05  # among this share of the training objects, the most unusual ones, an exponential replaces counting
_QUANTILES = 1001
_PER_GROUP = 1000  # objects that walk down all trees at a time


class Detector(NamedTuple):
    """The trees and quantiles that tell unusual objects.

    columns (p,) names of features; middle (p,) float32, the values that replace missing ones. For T trees of at most M
    nodes, (T, M) each: feature int32, -1 at a leaf; threshold float32: an object up to it goes on to the next node,
    above it to the node `right` int16; path float32, the steps to a leaf plus those that would split the objects left
    there. isolation, indecision, both: (Q,) quantiles of each measure over the training objects, followed by the mean
    excess beyond the tail.
    """

    columns: np.ndarray
    middle: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    right: np.ndarray
    path: np.ndarray
    isolation: np.ndarray
    indecision: np.ndarray
    both: np.ndarray


class Forest(NamedTuple):
    """What features alone tell of training objects.

    object_id (n,) str; isolation (n,), how easily each is isolated; `detector`, which cannot tell undecided ones yet.
    """

    object_id: np.ndarray
    isolation: np.ndarray
    detector: Detector


def grow_forest(object_id, columns, values, config, seed):
    """Return the `Forest` of training objects.

    object_id (n,); columns (p,) names; values (n, p) float32, NaN where missing. config: block `outliers` of the
    configuration. The same objects in the same order give the same forest.
    """
    from sklearn.ensemble import IsolationForest

    middle = _medians(values)
    filled = np.where(np.isnan(values), middle, values).astype(np.float32)
    forest = IsolationForest(
        n_estimators=config["trees"],
        max_samples=min(config["sample"], len(values)),
        random_state=derived_seed(seed, "outliers"),
    ).fit(filled)
    trees = [_nodes(one.tree_) for one in forest.estimators_]
    most = max(len(path) for _, _, _, path in trees)
    arrays = [
        np.stack([np.pad(part, (0, most - len(part))) for part in of_trees]) for of_trees in zip(*trees, strict=True)
    ]
    empty = (np.zeros(0, dtype=np.float32),) * 3
    detector = Detector(np.array(columns, dtype=str), middle, *arrays, *empty)
    alone = isolation(detector, values)
    return Forest(np.array(object_id, dtype=str), alone, detector._replace(isolation=_reference(alone)))


def learn_outliers(forest, probability):
    """Return the `Detector` of the objects of a `Forest`. probability (n, C): of their classes, out of fold."""
    detector = forest.detector._replace(indecision=_reference(indecision(probability)))
    return detector._replace(both=_reference(_joined(detector, forest.isolation, probability)))


def find_outliers(detector, values, probability):
    """Return the outlier score (n,): -log10 of the share of training objects that are at least as unusual.

    A score of 2 is one in a hundred. Above 1.3, one in twenty, it follows an exponential, which also ranks objects that
    are more unusual than all training objects. values (n, p): features in the order of the detector's columns;
    probability (n, C). NaN for objects without a probability.
    """
    return outlier_scores(detector, isolation(detector, values), probability)


def outlier_scores(detector, alone, probability):
    """Return the `find_outliers` (n,) of objects with this `isolation` (n,)."""
    return _surprise(detector.both, _joined(detector, alone, probability)) / np.log(10.0)


def isolation(detector, values):
    """Return how easily each object is isolated (n,): minus the mean length of its paths."""
    values = np.where(np.isnan(values), detector.middle, values).astype(np.float32)
    found = np.empty(len(values))
    tree = np.arange(len(detector.feature))
    for begin in range(0, len(values), _PER_GROUP):
        group = values[begin : begin + _PER_GROUP]
        node = np.zeros((len(group), len(tree)), dtype=np.int64)
        row = np.arange(len(group))[:, None]
        while (inner := detector.feature[tree, node] >= 0).any():
            beyond = group[row, detector.feature[tree, node]] > detector.threshold[tree, node]
            node = np.where(inner, np.where(beyond, detector.right[tree, node], node + 1), node)
        found[begin : begin + _PER_GROUP] = -detector.path[tree, node].astype(np.float64).mean(axis=1)
    return found


def write_forest(path, forest):
    """Write a `Forest` as numpy's npz."""
    named = {name: value for name, value in forest._asdict().items() if name != "detector"}
    np.savez_compressed(path, **{f"of_{name}": value for name, value in named.items()}, **forest.detector._asdict())


def read_forest(path):
    """Return the `Forest` that `write_forest` wrote."""
    found = read_arrays(path)
    own = [found.pop(f"of_{name}") for name in ("object_id", "isolation")]
    return Forest(*own, Detector(**found))


def write_detector(path, detector):
    """Write a `Detector` as numpy's npz."""
    np.savez_compressed(path, **detector._asdict())


def read_detector(path):
    """Return the `Detector` in a file. Raises DataError if the file holds none."""
    found = read_arrays(path)
    if set(found) != set(Detector._fields):
        raise DataError.at(path, expected="a detector of outliers", found="other arrays", fix="make the model anew")
    return Detector(**found)


class Detectors:
    """The detectors of a model's training sets; each is read when it is first asked for.

    paths: {training set: path of its `Detector`}; a training set may lack one.
    """

    def __init__(self, paths):
        self._paths, self._read = paths, {}

    @classmethod
    def of_model(cls, folder):
        """Return the detectors in the folder of a model; older models have none."""
        return cls({path.stem: path for path in sorted(Path(folder, FOLDER).glob("*.npz"))})

    def judge(self, training, columns, values, probability):
        """Return `find_outliers` (n,) of objects, each by the detector of its training set in `training` (n,).

        columns: names of the features in `values` (n, p). NaN for objects whose training set has no detector.
        """
        found = np.full(len(values), np.nan)
        for name in filter(self._paths.get, dict.fromkeys(training)):
            if name not in self._read:
                self._read[name] = read_detector(self._paths[name])
            detector, rows = self._read[name], np.flatnonzero(training == name)
            place = {column: k for k, column in enumerate(columns)}
            mine = values[np.ix_(rows, [place[column] for column in detector.columns])]
            found[rows] = find_outliers(detector, mine, probability[rows])
        return found


def _nodes(tree):
    """Return (feature, threshold, right, path), (M,) each, of scikit-learn's tree; a left child is the next node."""
    leaf = tree.children_left < 0
    threshold = tree.threshold.astype(np.float32)  # nothing is lost: features are float32
    threshold = np.where(threshold > tree.threshold, np.nextafter(threshold, np.float32(-np.inf)), threshold)
    depth = np.zeros(len(leaf))
    for node in np.flatnonzero(~leaf):  # parents come first
        depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1.0
    path = np.where(leaf, depth + _unparted(tree.n_node_samples), 0.0).astype(np.float32)
    feature = np.where(leaf, -1, tree.feature).astype(np.int32)
    return feature, threshold, np.where(leaf, 0, tree.children_right).astype(np.int16), path


def _unparted(n):
    """Return the mean length of a path in a tree of n objects: c(n) of Liu et al. (2008), equation 1."""
    n = np.asarray(n, dtype=float)
    more = np.maximum(n, 3.0)
    many = 2.0 * (np.log(more - 1.0) + np.euler_gamma) - 2.0 * (more - 1.0) / more
    return np.where(n > 2.0, many, np.where(n == 2.0, 1.0, 0.0))


def indecision(probability):
    """Return the entropy (n,), in nats, of class probabilities (n, C)."""
    p = np.asarray(probability, dtype=float)
    return -(p * np.log(np.where(p > 0.0, p, 1.0))).sum(axis=1)


def _joined(detector, alone, probability):
    return _surprise(detector.isolation, alone) + _surprise(detector.indecision, indecision(probability))


def _reference(values):
    """Return the quantiles of a measure over the training objects, followed by the mean excess beyond the tail."""
    known = values[np.isfinite(values)]
    quantiles = np.quantile(known, np.linspace(0.0, 1.0, _QUANTILES))
    start = np.quantile(known, 1.0 - _TAIL)
    return np.append(quantiles, np.mean(known[known >= start] - start))


def _surprise(reference, values):
    """Return -ln of the share of training objects that reach `values` (n,)."""
    quantiles, excess = reference[:-1], reference[-1]
    start = quantiles[round((1.0 - _TAIL) * (_QUANTILES - 1))]
    share = np.maximum(1.0 - np.searchsorted(quantiles, values, side="left") / _QUANTILES, _TAIL)
    beyond = np.maximum(values - start, 0.0) / excess if excess > 0.0 else 0.0
    return np.where(np.isnan(values), np.nan, np.where(values > start, -np.log(_TAIL) + beyond, -np.log(share)))


def _medians(values):
    known = np.isfinite(values).any(axis=0)
    middle = np.zeros(values.shape[1], dtype=np.float32)
    middle[known] = np.nanmedian(values[:, known], axis=0)
    return middle
