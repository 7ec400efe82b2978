"""Shape functions: what the value of one feature adds to each class, from the probabilities of fitted models.

The log of a probability less its mean over the classes, ln p_c - mean_k ln p_k, is the margin of an additive model, up
to a term that is the same for all classes. A model may be a sum of functions of single features, such as boosted trees
with one split. Then the effect of a change of one feature does not depend on the others: it is the feature's shape
function (Hastie & Tibshirani 1986; Lou, Caruana & Gehrke 2012, KDD, 150). For any other model, the mean over some
objects is reported (partial dependence; Friedman 2001), and how much it differs between objects.
"""

import numpy as np

from mallorn.learning.dataset import of_values
from mallorn.seeds import generator

__all__ = ["SHAPE_COLUMNS", "shape_functions"]

SHAPE_COLUMNS = ("feature", "class", "value", "added", "added_low", "added_high", "interaction")
"""Columns of the rows of `shape_functions`."""

_LEAST = 1e-12
_CENTRAL = (0.01, 0.99)


def shape_functions(fits, features, names, options, seed):
    """Return rows {column: value} of `SHAPE_COLUMNS`, of each feature, class and value.

    value: quantiles of the feature over the central 98% of known values, and NaN for a missing one. added: what the
    value adds to ln p of the class relative to the mean of all classes, averaged over the fits; it is 0 on average over
    the quantiles. added_low, added_high: range over the fits. interaction: standard deviation over objects, 0 for an
    additive model.

    fits: several `mallorn.learning.model_files.Fits` of one model. features: `Features` of the training objects, with
    the columns of the fits. names: of features. options: {"points": number of quantiles, "objects": number of drawn
    objects whose features are varied}.
    """
    n, rows = len(features.values), []
    drawn = np.sort(generator(seed, "shapes").permutation(n)[: options["objects"]])
    place = {name: k for k, name in enumerate(features.columns)}
    classes = fits[0].classes
    for name in names:
        grid = _grid(features.values[:, place[name]], options["points"])
        varied = np.repeat(features.values[drawn], len(grid), axis=0)
        varied[:, place[name]] = np.tile(grid, len(drawn))
        dataset = of_values(varied, features.columns)
        each = [_added(fit.predict(dataset), len(drawn)) for one in fits for fit in one.fits]  # (objects, grid, C)
        mean = np.array([added.mean(axis=0) for added in each])
        apart = np.sqrt(np.mean([added.var(axis=0) for added in each], axis=0))
        for c, label in enumerate(classes):
            for g, value in enumerate(grid):
                found = mean[:, g, c]
                about = (name, label, float(value), found.mean(), found.min(), found.max(), apart[g, c])
                rows.append(dict(zip(SHAPE_COLUMNS, about, strict=True)))
    return rows


def _grid(values, points):
    """Return the distinct quantiles of the known values, and NaN at the end."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.array([np.nan], dtype=np.float32)
    quantiles = np.quantile(known, np.linspace(*_CENTRAL, points)).astype(np.float32)
    return np.append(np.unique(quantiles), np.float32(np.nan))


def _added(probability, objects):
    """Return (objects, grid, C): centred logs of probabilities, less each object's mean over known values."""
    logs = np.log(np.maximum(probability, _LEAST))
    logs = (logs - logs.mean(axis=1, keepdims=True)).reshape(objects, -1, logs.shape[1])
    known = logs[:, :-1] if logs.shape[1] > 1 else logs
    return logs - known.mean(axis=1, keepdims=True)
