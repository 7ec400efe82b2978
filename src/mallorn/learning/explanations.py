"""Why a model gives its probabilities: SHAP values of the strongest candidates and of all, as tables."""

import numpy as np

from mallorn.seeds import generator

__all__ = ["candidate_table", "explained_rows", "global_table"]


def explained_rows(probability, candidates, sample, seed):
    """Return (candidates, sample): indices of the most probable objects, and of others drawn at random, ascending."""
    best = np.argsort(-np.asarray(probability), kind="stable")[:candidates]
    n = len(probability)
    return best, np.sort(generator(seed, "explained_rows").permutation(n)[:sample])


def candidate_table(object_id, columns, values, shap, features):
    """Return {"object_id", "feature", "value", "shap"}: the `features` largest SHAP values of each object, by size.

    object_id (n,); columns: names (p,); values, shap (n, p). value is NaN where the feature is missing.
    """
    order = np.argsort(-np.abs(shap), axis=1, kind="stable")[:, :features]
    rows = np.arange(len(object_id))[:, None]
    return {
        "object_id": np.repeat(np.asarray(object_id, dtype=object), order.shape[1]),
        "feature": np.array(columns, dtype=object)[order].ravel(),
        "value": np.asarray(values, dtype=float)[rows, order].ravel(),
        "shap": np.asarray(shap, dtype=float)[rows, order].ravel(),
    }


def global_table(columns, shap):
    """Return {"feature", "shap"}: the mean absolute SHAP value of each feature over the objects, largest first."""
    mean = np.abs(shap).mean(axis=0)
    order = np.argsort(-mean, kind="stable")
    return {"feature": np.array(columns, dtype=object)[order], "shap": mean[order]}
