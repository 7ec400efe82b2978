"""LightGBM: gradient-boosted trees grown leaf by leaf (Ke et al. 2017, NIPS 30). Missing values go their own way."""

import gzip
from pathlib import Path

import lightgbm

from mallorn.errors import ConfigError
from mallorn.io.received import read_gzip
from mallorn.learners.losses import focal, probabilities

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
    "num_iterations",
    "learning_rate",
    "num_leaves",
    "max_depth",
    "min_child_samples",
    "min_child_weight",
    "min_split_gain",
    "feature_fraction",
    "feature_fraction_bynode",
    "bagging_fraction",
    "bagging_freq",
    "lambda_l1",
    "lambda_l2",
    "path_smooth",
    "extra_trees",
    "max_bin",
    "min_data_in_bin",
    "focal_gamma",
)

SEARCH_SPACE = {
    "num_iterations": {"low": 100, "high": 800, "log": True},
    "learning_rate": {"low": 0.01, "high": 0.15, "log": True},
    "num_leaves": {"low": 4, "high": 31, "log": True},
    "min_child_samples": {"low": 5, "high": 60, "log": True},
    "feature_fraction": {"low": 0.05, "high": 0.6, "log": True},
    "bagging_fraction": {"low": 0.5, "high": 1.0},
    "lambda_l2": {"low": 0.1, "high": 30.0, "log": True},
    "extra_trees": {"choices": [False, True]},
}

_FILE = "model.txt.gz"


def fit(dataset, classes, weight, n_classes, params, seed, threads):
    """Return a fitted booster; see `mallorn.learners.learner` for the arguments.

    params: from `PARAMETERS`; `num_iterations` must be among them. `focal_gamma` > 0 is for two classes.
    """
    params = dict(params)
    gamma = params.pop("focal_gamma", 0)
    if gamma and n_classes > 2:
        raise ConfigError("models: focal_gamma is for models with `classes: binary`; set it to 0 or leave it out")
    objective = {"objective": "binary"} if n_classes == 2 else {"objective": "multiclass", "num_class": n_classes}
    if gamma:

        def own(margin, data):
            return tuple(values * weight for values in focal(margin, data.get_label(), gamma))

        objective = {"objective": own}
    fixed = {"seed": seed, "num_threads": threads, "deterministic": True, "force_col_wise": True, "verbosity": -1}
    params = {**params, **objective, **fixed}
    label = classes == 0 if n_classes == 2 else classes
    start = None if dataset.margin is None else dataset.margin.ravel(order="F")
    data = lightgbm.Dataset(dataset.features.values, label, weight=weight, init_score=start, params=_of_data(params))
    return lightgbm.train(params, data, num_boost_round=params["num_iterations"])


def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    boosted = model.predict(dataset.features.values, raw_score=True, num_threads=1)
    return probabilities(boosted if dataset.margin is None else boosted + dataset.margin)


def importance(model):
    """Return the total gain of the splits on each feature, shape (p,)."""
    return model.feature_importance(importance_type="gain").astype(float)


def contributions(model, dataset):
    """Return SHAP values of the margin of class 0, shape (n, p) (Lundberg et al. 2020, Nat. Mach. Intell. 2, 56)."""
    features = dataset.features.values
    return model.predict(features, pred_contrib=True, num_threads=1)[:, : features.shape[1]]


def save(model, folder):
    """Write the model as LightGBM's text, compressed to a third of its size."""
    Path(folder, _FILE).write_bytes(gzip.compress(model.model_to_string().encode(), mtime=0))


def load(folder):
    """Return the model that `save` wrote."""
    return lightgbm.Booster(model_str=read_gzip(Path(folder, _FILE)).decode())


def _of_data(params):
    """Return the parameters without an objective that is a function, since the binning cannot take one."""
    return {key: value for key, value in params.items() if not callable(value)}
