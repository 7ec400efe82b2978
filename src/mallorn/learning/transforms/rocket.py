"""ROCKET: columns that thousands of convolutions make from the posterior light curves, beside some features.

The series are those of `mallorn.curves.grid_series`. Channels and biases of the kernels, and the mean and spread of
each column, come from the training part. ROCKET sees shapes. It cannot see luminosity, redshift or time scales in the
observer's frame; such features can be kept beside it as normal scores.

The columns of ROCKET together have variance 1, those beside it have variance `weight`: for a penalised linear model a
few features then count as much as ten thousand columns.
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
"""Most objects for the mean and spread of the columns."""
_BATCH = 1000
"""Number of objects whose columns are made at a time: 40 MB for ten thousand columns."""


class Rocket(NamedTuple):
    """The fitted state: see `fit`.

    kernels: of the series and, if any, of its first difference. mean, factor (q,) float32: a column less its mean,
    times its factor, has variance 1 / q in some 600 objects of the training part. scaling: of the features `beside`
    (b,) int, out of `width`.
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

    params: from `PARAMETERS`. kind: one of `KINDS`. columns: approximate number that ROCKET makes. channels: one of
    `mallorn.curves.grid_series.CHANNELS`. beside: patterns (fnmatch), separated by spaces, of the features that are
    kept; weight: their variance. Raises ConfigError for an unknown kind or channels, for patterns that no feature
    matches, and if nothing is left.
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
    """Return the indices of the columns that match one of the patterns; raise ConfigError if one matches none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in columns):
            fix = "correct it, or take what leaves that feature out from training.exclude"
            raise ConfigError(f"models: rocket.beside: no feature matches {pattern!r}. Next step: {fix}.")
    return np.array([k for k, name in enumerate(columns) if any(fnmatchcase(name, p) for p in patterns)], dtype=int)


def _fitted_kernels(values, kind, columns, seed):
    """Return the `Kernels` of series, and for MultiROCKET also those of its first difference."""
    from mallorn.curves import rocket  # imported where it is used, since it is compiled or its machine code is read

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
    """Return the objects with ROCKET's columns (0 without a fit) as features, followed by the features beside.

    An object's columns do not depend on other objects.
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
    """Return the importances (p,) of the features, 0 for those not kept beside; ROCKET's own are dropped."""
    spread = np.zeros(state.width)
    spread[state.beside] = importance[len(state.mean) :]
    return spread


def contributions(state, dataset, values):
    """Return SHAP values (n, p), 0 for features not kept beside; those of ROCKET's columns are left out."""
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
