"""Principal components of the training part in place of many columns, for learners that use one column at a time."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from mallorn.errors import ConfigError
from mallorn.io.received import read_arrays, read_json

__all__ = ["NEEDS", "PARAMETERS", "SHARED", "Components", "apply", "contributions", "fit", "importance", "load", "save"]

NEEDS = ("features",)

PARAMETERS = ("components", "of")

SHARED = True

_DEFAULTS = {"components": 50, "of": "*"}
_INDEX, _NUMBERS = "components.json", "components.npz"


class Components(NamedTuple):
    """`axes` (k, q) float32 of unit length, of the columns `chosen` (q,) int of `width`, less their `mean` (q,)."""

    axes: np.ndarray
    mean: np.ndarray
    chosen: np.ndarray
    width: int


@threadpool_limits.wrap(limits=1, user_api="blas")
def fit(part, params, seed, threads):
    """Return the `Components` of a training part; see `mallorn.learning.transforms.transform`.

    params: from `PARAMETERS`. components: their number; fewer if there are fewer objects or columns. of: pattern
    (fnmatch) of the columns that they replace. These are taken as they are; a missing value is the mean. Raises
    ConfigError if no column matches.
    """
    from sklearn.decomposition import PCA  # imported only here: predictions do without it

    params, table = {**_DEFAULTS, **params}, part.dataset.features
    chosen = np.array([k for k, name in enumerate(table.columns) if fnmatchcase(name, params["of"])], dtype=int)
    if not len(chosen):
        raise ConfigError(f"models: principal_components.of: no column matches {params['of']!r}")
    values = table.values[:, chosen]
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=0, dtype=float) / np.maximum(known.sum(axis=0), 1)
    mean = mean.astype(np.float32)
    number = min(params["components"], *values.shape)
    solver = {"svd_solver": "randomized", "random_state": seed}
    axes = PCA(number, **solver).fit(_centred(values, mean)).components_
    return Components(axes.astype(np.float32), mean, chosen, len(table.columns))


@threadpool_limits.wrap(limits=1, user_api="blas")
def apply(state, dataset):
    """Return the objects with the components as features, followed by the remaining columns."""
    table, kept = dataset.features, _kept(state)
    found = _centred(table.values[:, state.chosen], state.mean) @ state.axes.T
    names = (*(f"component__{k}" for k in range(len(state.axes))), *(table.columns[k] for k in kept))
    return dataset.with_features(names, np.hstack([found, table.values[:, kept]]).astype(np.float32))


def importance(state, importance):
    """Return the importances (p,): that of a component is divided by the squares of its axis, which sum to 1."""
    k = len(state.axes)
    spread = np.zeros(state.width)
    spread[state.chosen] = importance[:k] @ state.axes.astype(float) ** 2
    spread[_kept(state)] = importance[k:]
    return spread


def contributions(state, dataset, values):
    """Return SHAP values (n, p): those of a component are divided by the squares of its axis, which sum to 1."""
    k = len(state.axes)
    spread = np.zeros((len(values), state.width))
    spread[:, state.chosen] = values[:, :k] @ state.axes.astype(float) ** 2
    spread[:, _kept(state)] = values[:, k:]
    return spread


def save(state, folder):
    """Write the numbers as npz, and the number of columns as JSON."""
    np.savez_compressed(Path(folder, _NUMBERS), axes=state.axes, mean=state.mean, chosen=state.chosen)
    Path(folder, _INDEX).write_text(json.dumps({"width": state.width}) + "\n", encoding="utf-8")


def load(folder):
    """Return the `Components` that `save` wrote."""
    numbers = read_arrays(Path(folder, _NUMBERS))
    width = read_json(Path(folder, _INDEX))["width"]
    return Components(*(numbers[name] for name in ("axes", "mean", "chosen")), width)


def _kept(state):
    return np.setdiff1d(np.arange(state.width), state.chosen)


def _centred(values, mean):
    return np.where(np.isnan(values), np.float32(0.0), values - mean)
