"""Training on a part of a feature table: classes, weights, features chosen inside, and members averaged."""

import logging
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from mallorn.errors import ConfigError, DataError
from mallorn.features.join import LOG_COLUMNS
from mallorn.io.tables import number_of_groups, read_columns
from mallorn.learners.learner import learner
from mallorn.seeds import generator

__all__ = [
    "LINEAR",
    "TARGET_CLASS",
    "Features",
    "Member",
    "class_weights",
    "classify",
    "feature_columns",
    "feature_groups",
    "fit_member",
    "importance_weights",
    "read_feature_columns",
    "read_features",
    "rows_of",
]

log = logging.getLogger(__name__)

TARGET_CLASS = "TDE"
"""Name of class 0, the objects whose target is 1."""

LINEAR = "logistic"
"""The learner of linear starts: see `fit_member`."""

_LINEAR_FIT = {"max_iter": 300, "tol": 1e-3}


class Features(NamedTuple):
    """A feature table: `object_id` (n,) str, `columns` (p,) names, `values` (n, p) float32, NaN where missing."""

    object_id: np.ndarray
    columns: tuple
    values: np.ndarray

    def select(self, columns):
        """Return the same objects with only `columns`, in that order."""
        place = {name: k for k, name in enumerate(self.columns)}
        return Features(self.object_id, tuple(columns), self.values[:, [place[name] for name in columns]])

    def rows(self, rows):
        """Return the objects with the numbers `rows` (m,), in that order."""
        return Features(self.object_id[rows], self.columns, self.values[rows])


def feature_columns(names, training):
    """Return the columns of a feature table that models are trained on, in the table's order.

    names: all columns. training: block of config.yaml, of which are read `log_columns`, those of the log to use, and
    `exclude`, patterns (fnmatch) of columns to leave out.
    Z_err is refused: only the test side has one, so it tells train from test and nothing about the object.
    """
    log_columns, exclude = training["log_columns"], training["exclude"]
    if "Z_err" in log_columns:
        raise ConfigError(
            "training.log_columns: Z_err is given for the test set only and cannot be trained on; use Z and EBV"
        )
    missing = [name for name in log_columns if name not in names]
    if missing:
        raise ConfigError(f"training.log_columns: the feature table has no column {missing[0]!r}")
    used = [n for n in names if n in log_columns or n not in LOG_COLUMNS]
    return tuple(n for n in used if not any(fnmatchcase(n, pattern) for pattern in exclude))


def read_features(path, training, most=None, seed=0):
    """Return the `Features` of results/features/{train,test}.parquet with the columns of `feature_columns`.

    training: block of config.yaml. For the values see `read_feature_columns`. most: number of objects beyond which so
    many are drawn, in the table's order; None for all. Draws depend on `seed`.
    """
    with pq.ParquetFile(path) as file:
        n, names = file.metadata.num_rows, file.schema_arrow.names
    rows = None if most is None or n <= most else np.sort(generator(seed, "read_features").permutation(n)[:most])
    return read_feature_columns(path, feature_columns(names, training), rows)


def read_feature_columns(path, columns, rows=None):
    """Return the `Features` of a feature table with the columns named; rows: as in `mallorn.io.tables.read_columns`.

    Values beyond the range of float32, infinite ones included, are clipped to it, which keeps their order; the columns
    are named in a warning.
    """
    columns = tuple(columns)
    with pq.ParquetFile(path) as file:
        rows = np.arange(file.metadata.num_rows) if rows is None else np.asarray(rows)
    object_id, values = np.empty(len(rows), dtype=object), np.empty((len(rows), len(columns)), dtype=np.float32)
    begin = 0
    for part in feature_groups(path, columns):
        here = np.flatnonzero((rows >= begin) & (rows < begin + len(part.object_id)))
        object_id[here], values[here] = part.object_id[rows[here] - begin], part.values[rows[here] - begin]
        begin += len(part.object_id)
    return Features(object_id, columns, values)


def feature_groups(path, columns):
    """Yield the `Features` of each group of rows of a feature table, with the values of `read_feature_columns`.

    A group is what is held in memory at a time of a table that may be larger than that.
    """
    columns = tuple(columns)
    largest, clipped = np.finfo(np.float32).max, set()
    for group in range(number_of_groups(path)):
        table = read_columns(path, ["object_id", *columns], group=group)
        object_id = table.pop("object_id")
        values = np.empty((len(object_id), len(columns)), dtype=np.float32)
        for k, name in enumerate(columns):
            column = np.asarray(table.pop(name), dtype=float)
            if np.any(np.abs(column) > largest):
                clipped.add(name)
            values[:, k] = np.clip(column, -largest, largest)
        yield Features(object_id, columns, values)
    if clipped:
        names = ", ".join(name for name in columns if name in clipped)
        log.warning("%s: values beyond the range of float32 are clipped in %s", path, names)


def rows_of(object_id, wanted):
    """Return the place of each of `object_id` (m,) in `wanted` (n,), shape (m,) int, -1 for those not in it."""
    place = {name: row for row, name in enumerate(wanted)}
    return np.array([place.get(name, -1) for name in object_id], dtype=int)


def importance_weights(path, object_id):
    """Return the weights (n,) of the objects `object_id` in a Parquet file of object_id and weight, mean 1.

    Raises DataError if an object has none.
    """
    table = read_columns(path, ["object_id", "weight"])
    row = rows_of(object_id, table["object_id"])
    if np.any(row < 0):
        raise DataError.at(
            path,
            expected="a weight for each training object",
            found=f"none for {object_id[row < 0][0]!r}",
            fix="run adversarial_validation again",
        )
    weight = table["weight"][row]
    return weight / weight.mean()


def classify(labels, scheme, training):
    """Return (classes (n,) int, names, kinds (n,) int): the class of each object, class 0 being `TARGET_CLASS`.

    labels: {"spec_type", "target"} (n,) each. scheme: "binary" (target or not) or "grouped": the other objects by their
    SpecType. training: block of config.yaml, of which are read `groups`, {class: [SpecType, ...]}, and `rest`, the
    class of the types that no group lists. kinds: the classes of "grouped" with either scheme; see `fit_member`.
    """
    if scheme not in ("binary", "grouped"):
        raise ConfigError(f"models: classes must be 'binary' or 'grouped', not {scheme!r}")
    of_type, rest = {}, training["rest"]
    for name, types in training["groups"].items():
        for kind in types:
            if kind in of_type:
                raise ConfigError(f"training.classes: {kind!r} is in both {of_type[kind]!r} and {name!r}")
            of_type[kind] = name
    names = (TARGET_CLASS, *dict.fromkeys([*training["groups"], rest]))
    pairs = zip(labels["spec_type"], labels["target"], strict=True)
    kinds = np.array([0 if t == 1 else names.index(of_type.get(s, rest)) for s, t in pairs], dtype=int)
    if scheme == "binary":
        return np.minimum(kinds, 1), (TARGET_CLASS, "other"), kinds
    return kinds, names, kinds


def class_weights(classes, balance):
    """Return a weight for each object, mean 1: (n / n_c)^balance, 0 for equal objects, 1 for equal classes."""
    counts = np.bincount(classes)
    weight = (len(classes) / counts[classes]) ** balance
    return weight / weight.mean()


class Member(NamedTuple):
    """A fitted model that is called with features (m, p) and returns probabilities (m, n_classes).

    learner: its name; model: what the learner fitted; present: numbers of the classes that it was fitted to, those of
    the others have probability 0; start: the logistic model whose margins the boosting began from, None for none.
    """

    learner: str
    model: object
    present: tuple
    n_classes: int
    start: object = None

    def __call__(self, features):
        """Return the probabilities of the rows of `features`."""
        probability = np.zeros((len(features), self.n_classes))
        if len(features):
            begun = {} if self.start is None else {"margin": _margin(self.start, features, len(self.present))}
            probability[:, list(self.present)] = learner(self.learner, {}).predict_proba(self.model, features, **begun)
        return probability

    def importance(self):
        """Return the importances (p,) of the features; a linear start has half of their sum."""
        boosted = learner(self.learner, {}).importance(self.model)
        return boosted if self.start is None else _share(boosted) + _share(learner(LINEAR, {}).importance(self.start))

    def contributions(self, features):
        """Return SHAP values (n, p) of the margin of class 0, the linear start's contributions included.

        Raises DataError if the learner has none.
        """
        module = learner(self.learner, {})
        if not hasattr(module, "contributions"):
            raise DataError(f"the learner {self.learner} has no SHAP values; name others in explanations.models")
        values = module.contributions(self.model, features)
        if self.start is None:
            return values
        return values + learner(LINEAR, {}).contributions(self.start, features, odds=len(self.present) == 2)


def fit_member(features, classes, n_classes, spec, seed, threads=1, weight=None, kinds=None):
    """Return the `Member` that maps features (m, p) to probabilities (m, n_classes), and the importances (p,).

    One member of a model: `spec["learner"]` fitted to all rows of `features` (n, p) float32 and `classes` (n,) int.
    Classes without an object get probability 0. With `linear_start` among the params of a booster, a logistic model of
    this `C` is fitted first, and boosting begins from its margins: trees of a few splits then need not build up, one
    feature at a time, what a sum over a thousand correlated features tells. It tells `kinds` apart, also where trees
    have two classes and begin from its log odds of class 0: what is like a target in one feature is of another kind in
    others.

    spec: the model's block of config.yaml, of which `learner`, `balance` and `params` are read.
    weight: (n,) further weights of the objects. kinds: (n,) int, classes at least as fine as `classes` with the same
    class 0; below 0 of rows that the logistic model is not fitted to. None for `classes`.
    Raises DataError if the training part has no target, or nothing else.
    """
    present, compact = np.unique(classes, return_inverse=True)
    if present[0] != 0 or len(present) < 2:
        raise DataError("a training part has no object with target 1, or no other; lower folds.number or add objects")
    module = learner(spec["learner"], spec["params"])
    weights = class_weights(compact, spec["balance"])
    if weight is not None:
        weights = weights * weight
    params, start, begun = dict(spec["params"]), None, {}
    if strength := params.pop("linear_start", 0):
        start = _linear_start(features, compact if kinds is None else kinds, weights, strength, seed, threads)
        begun = {"margin": _margin(start, features, len(present))}
    model = module.fit(features, compact, weights, len(present), params, seed, threads, **begun)
    member = Member(spec["learner"], model, tuple(present.tolist()), n_classes, start)
    return member, member.importance()


def _linear_start(features, kinds, weights, strength, seed, threads):
    """Return the logistic model of the rows whose kinds are known."""
    known = kinds >= 0
    if not known.all():
        features, kinds, weights = features[known], kinds[known], weights[known]
    present, compact = np.unique(kinds, return_inverse=True)
    params = {"C": strength, **_LINEAR_FIT}
    return learner(LINEAR, {}).fit(features, compact, weights, len(present), params, seed, threads)


def _margin(start, features, n_classes):
    """Return where boosting of `n_classes` begins: log odds (n,) of class 0 if there are two, else margins (n, C)."""
    linear = learner(LINEAR, {})
    return linear.log_odds(start, features) if n_classes == 2 else linear.margins(start, features)


def _share(importance):
    return importance / max(importance.sum(), np.finfo(float).tiny)
