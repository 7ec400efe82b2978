"""Data sets that models learn from: objects with up to three views, each read when it is first asked for.

- "features": a `Features` table.
- "grid": a `Grid`, the posterior light curves on the rest-frame phases.
- "points": the raw `LightCurves`.
"""

from threading import Lock
from typing import NamedTuple

import numpy as np

from mallorn.learning.tree import class_levels
from mallorn.survey.lightcurves import joined

__all__ = ["VIEWS", "Dataset", "Features", "Grid", "Labelled", "concatenate", "of_values"]

VIEWS = ("features", "grid", "points")


class Features(NamedTuple):
    """A feature table: `object_id` (n,) str, `columns` (p,) names, `values` (n, p) float32, NaN where missing."""

    object_id: np.ndarray
    columns: tuple
    values: np.ndarray

    def select(self, columns):
        """Return the same objects with only `columns`, in that order."""
        place = {name: k for k, name in enumerate(self.columns)}
        return Features(self.object_id, tuple(columns), self.values[:, [place[name] for name in columns]])

    def take(self, rows):
        """Return the objects with the numbers `rows` (m,), in that order."""
        return Features(self.object_id[rows], self.columns, self.values[rows])


class Grid(NamedTuple):
    """Posterior light curves of n objects in S slots at G rest-frame phases.

    status (n,) int: 0 for an object with a fit (see `mallorn.gp.posterior`); NaN below for one without.
    peak_mjd (n,): time of phase 0, MJD. mean, sd (n, S, G) float32: posterior flux and its error, microjansky.
    """

    status: np.ndarray
    peak_mjd: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    def take(self, rows):
        """Return the objects with the numbers `rows` (m,), in that order."""
        return Grid(*(values[rows] for values in self))


class Dataset:
    """n objects: `object_id` (n,) str, their views, and the `margin` from which boosting begins, None for none.

    margin: (n,) of class 0 if there are two classes, or (n, C); see `mallorn.learning.transforms.linear_start`.
    """

    def __init__(self, object_id, margin=None, **views):
        """Make a data set of `views`: for each of `VIEWS` that it has, the view or a function that returns it."""
        self.object_id, self.margin = np.asarray(object_id, dtype=object), margin
        self._views, self._lock = views, Lock()

    def __len__(self):
        return len(self.object_id)

    @property
    def views(self):
        """Names of the views that it has."""
        return tuple(self._views)

    @property
    def features(self):
        """The `Features`."""
        return self.view("features")

    @property
    def grid(self):
        """The `Grid`."""
        return self.view("grid")

    @property
    def points(self):
        """The `LightCurves`."""
        return self.view("points")

    def view(self, name):
        """Return the view `name`. Raises KeyError if there is none."""
        if name not in self._views:
            raise KeyError(f"this data set has no view {name!r}; it has {', '.join(self._views) or 'none'}")
        with self._lock:
            if callable(self._views[name]):
                self._views[name] = self._views[name]()
            return self._views[name]

    def take(self, rows):
        """Return the objects at the indices `rows` (m,), in that order; unread views stay unread."""
        rows = np.asarray(rows, dtype=np.int64)
        margin = None if self.margin is None else self.margin[rows]
        return Dataset(self.object_id[rows], margin, **{name: self._taken(name, rows) for name in self._views})

    def _taken(self, name, rows):
        return lambda: self.view(name).take(rows)

    def with_features(self, columns, values):
        """Return the same objects with other features: `columns` (p,) names, `values` (n, p) float32."""
        return self._with(features=Features(self.object_id, tuple(columns), values))

    def with_margin(self, margin):
        """Return the same objects with another `margin`."""
        return Dataset(self.object_id, margin, **{name: self._whole(name) for name in self._views})

    def _with(self, **views):
        others = {name: self._whole(name) for name in self._views if name not in views}
        return Dataset(self.object_id, self.margin, **others, **views)

    def _whole(self, name):
        return lambda: self.view(name)


def of_values(values, columns=None, object_id=None):
    """Return the `Dataset` of a table of features `values` (n, p) float32; names count from 0 if not given."""
    columns = [str(k) for k in range(values.shape[1])] if columns is None else columns
    object_id = np.arange(len(values)).astype(str).astype(object) if object_id is None else object_id
    return Dataset(object_id, features=Features(object_id, tuple(columns), values))


def concatenate(parts):
    """Return the `Dataset` of the objects of all `parts` in a row, with the views that all of them have."""
    joiners = {"features": _joined_features, "grid": _joined_grid, "points": _joined_points}
    names = [name for name in parts[0].views if all(name in part.views for part in parts)]

    def joiner(name):
        return lambda: joiners[name]([part.view(name) for part in parts])

    object_id = np.concatenate([part.object_id for part in parts])
    return Dataset(object_id, **{name: joiner(name) for name in names})


def _joined_features(parts):
    object_id, values = (np.concatenate([getattr(part, name) for part in parts]) for name in ("object_id", "values"))
    return Features(object_id, parts[0].columns, values)


def _joined_grid(parts):
    return Grid(*map(np.concatenate, zip(*parts, strict=True)))


def _joined_points(parts):
    """Return the light curves in the order of the parts, since `joined` sorts them by object id."""
    ids = np.concatenate([part.object_id for part in parts]).astype(str)
    place = np.empty(len(ids), dtype=np.int64)
    place[np.argsort(ids, kind="stable")] = np.arange(len(ids))
    return joined(parts).take(place)


class Labelled(NamedTuple):
    """A `Dataset` of n objects to learn from, and what is known about each.

    classes (n,) int, 0 .. n_classes - 1; class 0 is the one sought. kinds (n,) int: classes at least as fine with the
    same class 0, below 0 if unknown. event (n,) str: the event of each object. weight (n,) in the loss. levels (D,
    n_classes): groups of the classes on a tree, see `mallorn.learning.tree.class_levels`, or None.
    """

    dataset: Dataset
    classes: np.ndarray
    n_classes: int
    kinds: np.ndarray
    event: np.ndarray
    weight: np.ndarray
    levels: np.ndarray | None = None

    @classmethod
    def of(cls, dataset, classes, n_classes, event, kinds=None, weight=None):
        """Return the `Labelled` objects; missing kinds become `classes`, and missing weights are equal."""
        kinds = classes if kinds is None else kinds
        weight = np.ones(len(dataset)) if weight is None else np.asarray(weight, dtype=float)
        return cls(dataset, np.asarray(classes), n_classes, np.asarray(kinds), np.asarray(event, dtype=object), weight)

    def on_tree(self, labels, tree):
        """Return the same objects with the `levels` of their classes on a `Taxonomy`, by their labels (n,) str."""
        types = [sorted(set(labels[self.classes == k])) for k in range(self.n_classes)]
        return self._replace(levels=class_levels(types, tree))

    def take(self, rows):
        """Return the objects with the numbers `rows` (m,), in that order."""
        columns = {name: getattr(self, name)[rows] for name in ("classes", "kinds", "event", "weight")}
        return self._replace(dataset=self.dataset.take(rows), **columns)

    def and_also(self, other):
        """Return these objects, followed by the `Labelled` objects `other`."""
        names = ("classes", "kinds", "event", "weight")
        columns = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names}
        return self._replace(dataset=concatenate([self.dataset, other.dataset]), **columns)
