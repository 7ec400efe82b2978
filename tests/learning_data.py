"""A small learnable survey for the tests of the models: features, labels and events."""

import numpy as np

from mallorn.io.tables import write_table
from mallorn.learning.dataset import Labelled, of_values
from mallorn.survey.observed import Observed

CLASSES = {"AGN": ["AGN"], "SN Ia": ["SN Ia"]}

TRAINING = {"classes": CLASSES, "other_class": "other SN"}

SPEC = {
    "enabled": True,
    "learner": "lightgbm",
    "classes": "binary",
    "balance": 0.5,
    "seeds": 1,
    "selection": False,
    "params": {"num_iterations": 25, "learning_rate": 0.2, "num_leaves": 4, "min_child_samples": 4},
}

PARAMS = {
    "catboost": {"iterations": 30, "learning_rate": 0.3, "depth": 3, "rsm": 0.7, "boosting_type": "Plain",
                 "bootstrap_type": "Bernoulli", "subsample": 0.7, "border_count": 32},
    "lightgbm": {"num_iterations": 30, "learning_rate": 0.2, "num_leaves": 6, "min_child_samples": 5,
                 "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1},
    "logistic": {"C": 0.1, "max_iter": 100},
    "mlp": {"hidden": 8, "alpha": 0.1, "learning_rate_init": 0.02, "batch_size": 32, "epochs": 30},
    "ridge": {"penalty": 1.0},
    "wide_logistic": {"C": 0.3, "max_iter": 100},
    "xgboost": {"num_boost_round": 30, "learning_rate": 0.2, "max_depth": 3, "subsample": 0.7, "colsample_bynode": 0.7},
}  # fmt: skip
"""Parameters of each learner that make small, quick models with random draws where the learner has them."""

SELECTION = {
    "rounds": 6,
    "fraction": 0.6,
    "top": 3,
    "frequency": 0.6,
    "fewest": 1,
    "ranker": {key: SPEC[key] for key in ("learner", "balance", "params")},
}


def labelled(values, classes, n_classes, event=None, kinds=None, weight=None):
    """Return `Labelled` objects with the features `values`; without events, each is its own."""
    dataset = of_values(values)
    return Labelled.of(dataset, classes, n_classes, dataset.object_id if event is None else event, kinds, weight)


def survey(n_events=60, copies=3, seed=0):
    """Return (object_id, spec_type, target, event, values): three features that tell, seven of noise.

    A fifth of the events are TDEs. Feature 0 tells TDEs, 1 tells SNe Ia from the others, and 2 is a number of the
    event alone, useless for any other event.
    """
    rng = np.random.default_rng(seed)
    event = np.repeat(np.arange(n_events), copies)
    types = np.array(["TDE", "AGN", "SN Ia", "AGN", "SN II"], dtype=object)[event % 5]
    values = rng.normal(size=(len(event), 10))
    values[:, 0] += 3.0 * (types == "TDE")
    values[:, 1] += 2.0 * (types == "SN Ia")
    values[:, 2] = rng.normal(size=n_events)[event]
    values[rng.random(values.shape) < 0.05] = np.nan
    ids = np.array([f"object_{k:04d}" for k in rng.permutation(len(event))], dtype=object)
    event = np.array([f"event_{k:03d}" for k in event], dtype=object)
    return ids, types, (types == "TDE").astype(np.int8), event, values.astype(np.float32)


def wide_domain(*scorers):
    """Return the content of domain.json of a model with these scorers, which judge any object with a point."""
    one = {"quantities": ["n_points"], "low": [-99.0], "high": [99.0], "middle": [0.0], "scale": [1.0]}
    one |= {"reference": [[0.0]], "farthest": 1e9, "slots": dict.fromkeys("ugrizy", 0.0)}
    minimum = {"points": 1, "detections": 0, "nights": 0}
    return {"minimum": minimum, "few_bands": 0, "scorers": dict.fromkeys(scorers, one)}


def write_observed(path, object_id, redshift, n_points=9):
    """Write how objects (n,) were observed, as describe_new does; n_points: of all, or (n,)."""
    n = len(object_id)
    columns = {name: np.full(n, 9.0) for name in Observed._fields}
    columns |= {"n_points": np.zeros(n, dtype=int) + n_points, "redshift": np.asarray(redshift, dtype=float)}
    write_table(path, {"object_id": object_id, **columns, "slots": np.ones((n, 6), dtype=np.int8)})
