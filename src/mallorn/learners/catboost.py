"""CatBoost: gradient-boosted symmetric trees (Prokhorenkova et al. 2018, NeurIPS 31). Missing values go first."""

from pathlib import Path

import catboost
import numpy as np

from mallorn.learners.losses import probabilities
from mallorn.runtime.arrays import OfArrays

__all__ = [
    "NEEDS",
    "PARAMETERS",
    "SEARCH_SPACE",
    "contributions",
    "fit",
    "importance",
    "load",
    "predict",
    "save",
]

NEEDS = ("features",)

PARAMETERS = (
    "iterations",
    "learning_rate",
    "depth",
    "l2_leaf_reg",
    "rsm",
    "boosting_type",
    "bootstrap_type",
    "subsample",
    "bagging_temperature",
    "random_strength",
    "border_count",
    "leaf_estimation_iterations",
    "grow_policy",
    "max_leaves",
    "min_data_in_leaf",
    "score_function",
)

SEARCH_SPACE = {
    "iterations": {"low": 100, "high": 800, "log": True},
    "learning_rate": {"low": 0.02, "high": 0.2, "log": True},
    "depth": {"low": 3, "high": 6},
    "l2_leaf_reg": {"low": 1.0, "high": 30.0, "log": True},
    "rsm": {"low": 0.02, "high": 0.4, "log": True},
    "subsample": {"low": 0.5, "high": 1.0},
    "random_strength": {"low": 0.1, "high": 5.0, "log": True},
}

_FILE = "model.cbm"


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return a fitted model; see `mallorn.learners.learner` for the arguments.

    params: from `PARAMETERS`; `iterations` must be among them.
    """
    label, loss = (classes == 0).astype(int), "Logloss"
    if n_classes > 2:
        label, loss = classes, "MultiClass"
    fixed = {"loss_function": loss, "random_seed": seed, "thread_count": threads, "allow_writing_files": False}
    fixed |= {"logging_level": "Silent", "metric_period": params["iterations"]}  # nobody reads the loss on the way
    model = catboost.CatBoost({**params, **fixed})
    features, margin = np.asfortranarray(dataset.features.values), dataset.margin
    model.fit(catboost.Pool(features, label, weight=weight, baseline=margin, thread_count=threads))
    for name in ("train_finish_time", "model_guid"):
        del model.get_metadata()[name]  # the same model must give the same file
    return model


def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    boosted = model.predict(_pool(dataset), prediction_type="RawFormulaVal", thread_count=1)
    return probabilities(boosted if dataset.margin is None else boosted + dataset.margin)


def importance(model):
    """Return the mean change of predictions at the splits on each feature, shape (p,), scaled to a sum of 100."""
    return np.asarray(model.get_feature_importance(type="PredictionValuesChange", thread_count=1))


def contributions(model, dataset):
    """Return SHAP values of the margin of class 0, shape (n, p) (Lundberg et al. 2020, Nat. Mach. Intell. 2, 56)."""
    values = model.get_feature_importance(_pool(dataset), type="ShapValues", thread_count=1)
    return (values[:, 0] if values.ndim == 3 else values)[:, :-1]


def save(model, folder):
    """Write the model in CatBoost's own format without the time of training: equal models are then equal files."""
    about = model.get_metadata()
    about["train_finish_time"] = about["model_guid"] = ""
    model.save_model(str(Path(folder, _FILE)), format="cbm")


def load(folder):
    """Return the model that `save` wrote."""
    return catboost.CatBoost().load_model(str(Path(folder, _FILE)), format="cbm")


_KNOWN = OfArrays()
"""CatBoost's copies of arrays of features: the models of all folds read the same ones."""


def _pool(dataset):
    """Return the pool of the features."""
    values = dataset.features.values
    known = _KNOWN.of(values)
    if "pool" not in known:  # column by column, CatBoost takes the copy as it is
        known["pool"] = catboost.Pool(np.array(values, order="F"), thread_count=1)
    return known["pool"]
