"""ROCKET: columns that thousands of convolutions make of the posterior light curves, beside some of the features.

The series are those of `mallorn.curves.grid_series`. Channels and biases of the kernels, and the mean and spread of
each column, are those of the training part. ROCKET sees shapes: what it cannot see, such as luminosity, redshift
and time scales in the observer's frame, are features that may stand beside it, as normal scores.

The columns of ROCKET together have the variance 1, those beside it the variance `weight`, so that for a penalised
linear model a few features count as much as ten thousand columns.
"""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.curves.grid_series import CHANNELS, grid_series
from mallorn.errors import ConfigError
from mallorn.io.received import read_arrays, read_json
from mallorn.learning.transforms import normal_scores
from mallorn.learning.transforms.normal_scores import Scaling, fit_scaling
from mallorn.seeds import generator

__all__ = [
    "KINDS",
    "NEEDS",
    "PARAMETERS",
    "PREFIX",
    "RESOURCES",
    "SHARED",
    "Rocket",
    "apply",
    "contributions",
    "fit",
    "importance",
    "load",
    "save",
]

NEEDS = ("features", "grid")

PARAMETERS = ("kind", "columns", "channels", "beside", "weight")

SHARED = True

RESOURCES = {"memory_mb": 1000}

KINDS = ("minirocket", "multirocket", "series", "none")
"""`series` are the curves as they are, and `none` leaves only what is beside: to compare with."""

PREFIX = "rocket__"
"""Of the names of the columns."""

_DEFAULTS = {"kind": "minirocket", "columns": 10_000, "channels": "mean", "beside": "", "weight": 1.0}
_INDEX, _NUMBERS, _SCALING = "rocket.json", "rocket.npz", "beside"
_FEW = 600
"""Objects of which mean and spread of the columns are taken, at most."""
_BATCH = 1000
"""Objects whose columns are made at a time: 40 MB for ten thousand columns."""


class Rocket(NamedTuple):
    """What is fitted: see `fit`.

    kernels: of the series, and of its first difference, if any. mean, factor (q,) float32: a column less its mean times
    its factor has the variance 1 / q, in some 600 objects of the training part. scaling: of the features `beside` (b,)
    int, out of `width`.
    """

    kind: str
    channels: str
    kernels: tuple
    mean: np.ndarray
    factor: np.ndarray
    beside: np.ndarray
    width: int
    scaling: Scaling
    weight: float


def fit(part, params, seed, threads):
    """Return the `Rocket` of a training part; see `mallorn.learning.transforms.transform`.

    params: of `PARAMETERS`. kind: one of `KINDS`. columns: about how many ROCKET makes. channels: of
    `mallorn.curves.grid_series.CHANNELS`. beside: patterns (fnmatch), with spaces between, of the features that are
    kept; weight: their variance. Raises ConfigError for a kind or channels that there are not, for patterns that no
    feature matches, and if nothing is left.
    """
    params = {**_DEFAULTS, **params}
    kind, channels = params["kind"], params["channels"]
    for name, known in (("kind", KINDS), ("channels", CHANNELS)):
        if params[name] not in known:
            raise ConfigError(f"models: rocket.{name}: expected one of {', '.join(known)}, found {params[name]!r}")
    table = part.dataset.features
    beside = _matching(table.columns, params["beside"].split())
    if kind == "none" and not len(beside):
        raise ConfigError("models: rocket: kind none without `beside` leaves nothing to learn from")
    kernels, mean, factor = (), np.zeros(0, np.float32), np.zeros(0, np.float32)
    if kind != "none":
        series = grid_series(part.dataset.grid, channels)
        values = series.values[series.known]
        kernels = _fitted_kernels(values, kind, params["columns"], seed) if len(values) else ()
        if len(values):
            mean, factor = _spread(_columns(kind, kernels, values[:: -(-len(values) // _FEW)]))
    scaling = fit_scaling(table.values[:, beside])
    return Rocket(kind, channels, kernels, mean, factor, beside, len(table.columns), scaling, float(params["weight"]))


def _matching(columns, patterns):
    """Return the numbers of the columns that match one of the patterns; ConfigError for a pattern that matches none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in columns):
            fix = "correct it, or take what leaves that feature out from training.exclude"
            raise ConfigError(f"models: rocket.beside: no feature matches {pattern!r}. Next step: {fix}.")
    return np.array([k for k, name in enumerate(columns) if any(fnmatchcase(name, p) for p in patterns)], dtype=int)


def _fitted_kernels(values, kind, columns, seed):
    """Return the `Kernels` of series, and of MultiROCKET also those of its first difference."""
    from mallorn.curves import rocket  # compiled, or its machine code is read: only where it is used

    if kind == "series":
        return ()
    least = len(rocket.KERNELS) * (1 if kind == "minirocket" else 2 * len(rocket.POOLINGS))
    if columns < least:
        raise ConfigError(f"models: rocket.columns: expected {least} columns or more, found {columns}")
    if kind == "minirocket":
        return (rocket.fit_kernels(values, columns, generator(seed, "rocket")),)
    each = columns // (2 * len(rocket.POOLINGS))
    return tuple(
        rocket.fit_kernels(one, each, generator(seed, "rocket", name))
        for name, one in (("series", values), ("difference", np.diff(values, axis=2)))
    )


def _columns(kind, kernels, values):
    """Return the columns (n, q) float32 of series (n, C, G)."""
    if kind == "series":
        return values.reshape(len(values), -1)
    from mallorn.curves import rocket

    poolings = len(rocket.POOLINGS) if kind == "multirocket" else 1
    widths = [rocket.number_of_columns(one, poolings) for one in kernels]
    found = np.empty((len(values), sum(widths)), dtype=np.float32)
    for begin in range(0, len(values), _BATCH):
        rows, batch = slice(begin, begin + _BATCH), values[begin : begin + _BATCH]
        for k, one in enumerate(kernels):
            place = slice(sum(widths[:k]), sum(widths[: k + 1]))
            found[rows, place] = rocket.transform(np.diff(batch, axis=2) if k else batch, one, poolings)
    return found


def _spread(columns):
    """Return mean and factor (q,) float32 of columns (n, q); the factor of a constant one is 0."""
    mean, sd = columns.mean(axis=0, dtype=float), columns.std(axis=0, dtype=float)
    told = sd > 1e-6 * np.abs(mean) + 1e-9
    factor = np.where(told, 1.0 / np.where(told, sd, 1.0), 0.0) / np.sqrt(max(np.count_nonzero(told), 1))
    return mean.astype(np.float32), factor.astype(np.float32)


def apply(state, dataset):
    """Return the objects with the columns of ROCKET, 0 for those without a fit, and the features beside for features.

    No other object plays a part in an object's columns.
    """
    table, q = dataset.features, len(state.mean)
    found = np.zeros((len(dataset), q + len(state.beside)), dtype=np.float32)
    if q:
        series = grid_series(dataset.grid, state.channels)
        for begin in range(0, len(dataset), _BATCH):
            known = begin + np.flatnonzero(series.known[begin : begin + _BATCH])
            columns = _columns(state.kind, state.kernels, series.values[known])
            found[known, :q] = (columns - state.mean) * state.factor
    if len(state.beside):
        scores = state.scaling.transform(np.take(table.values, state.beside, axis=1))
        found[:, q:] = scores * np.float32(np.sqrt(state.weight / len(state.beside)))
    names = (*(f"{PREFIX}{k}" for k in range(q)), *(table.columns[k] for k in state.beside))
    return dataset.with_features(names, found)


def importance(state, importance):
    """Return the importances (p,) of the features, 0 for those that are not beside; ROCKET's own belong to none."""
    spread = np.zeros(state.width)
    spread[state.beside] = importance[len(state.mean) :]
    return spread


def contributions(state, dataset, values):
    """Return SHAP values (n, p), 0 for features that are not beside; what ROCKET's columns add is left out."""
    spread = np.zeros((len(values), state.width))
    spread[:, state.beside] = values[:, len(state.mean) :]
    return spread


def save(state, folder):
    """Write the numbers as npz, and the rest as JSON."""
    content = {"kind": state.kind, "channels": state.channels, "width": state.width, "weight": state.weight}
    content["lengths"] = [one.length for one in state.kernels]
    Path(folder, _INDEX).write_text(json.dumps(content) + "\n", encoding="utf-8")
    numbers = {name: getattr(state, name) for name in ("mean", "factor", "beside")}
    for k, one in enumerate(state.kernels):
        numbers |= {f"{name}_{k}": values for name, values in one._asdict().items() if name != "length"}
    np.savez_compressed(Path(folder, _NUMBERS), **numbers)
    Path(folder, _SCALING).mkdir(exist_ok=True)
    normal_scores.save(state.scaling, Path(folder, _SCALING))


def load(folder):
    """Return the `Rocket` that `save` wrote."""
    content, numbers = read_json(Path(folder, _INDEX)), read_arrays(Path(folder, _NUMBERS))
    kernels = []
    for k, length in enumerate(content.pop("lengths")):
        from mallorn.curves.rocket import Kernels

        fields = (name for name in Kernels._fields if name != "length")
        kernels.append(Kernels(length, *(numbers[f"{name}_{k}"] for name in fields)))
    arrays = {name: numbers[name] for name in ("mean", "factor", "beside")}
    return Rocket(kernels=tuple(kernels), scaling=normal_scores.load(Path(folder, _SCALING)), **arrays, **content)
