"""The models and ensembles that come with the package, as literal tables; the meaning of keys is in `learning`."""

__all__ = [
    "ENSEMBLES",
    "MODELS",
    "NETWORKS",
    "RANKER_PARAMS",
    "REFERENCES",
    "ROCKETS",
    "SAMPLING",
    "UNUSED_FAMILIES",
    "YOUNG_FAMILIES",
]

RANKER_PARAMS = {
    "num_iterations": 100,
    "learning_rate": 0.1,
    "num_leaves": 8,
    "min_child_samples": 20,
    "feature_fraction": 0.2,
    "lambda_l2": 5.0,
    "max_bin": 63,
}
"""LightGBM as used to rank features, and in audits."""

SAMPLING = (
    "*_err",
    "*_err__?",
    "statistics__*n_points*",
    "statistics__gap_*",
    "statistics__span__?",
    "cross_band__matched_*",
    "decay__*_points",
    "hypotheses__*_gap_*",
    "hypotheses__*_seen*",
    "outside__significant_*",
)
"""Patterns of features on how and when an object was observed."""

UNUSED_FAMILIES = ("statistics", "cross_band", "redshift", "drw", "matern", "gp_vs_drw", "decay", "template")
"""Feature families that shipped models do not learn from: docs/explanation/ablation.md."""

YOUNG_FAMILIES = ("age",)
"""Feature families that only models of young objects learn from: docs/explanation/early.md."""

_SCALARS = (
    "redshift__redshift redshift__log10_luminosity_?500 redshift__log10_luminosity_6000 multiband__ln_length_rest "
    "multiband__ln_wavelength multiband__ln_luminosity multiband__peak_over_sigma shape__rise_[25]0 shape__fall_[25]0 "
    "shape__duty_cycle shape__slow_fraction blackbody__log10_radius_p20 blackbody__log10_radius_p75"
)
"""Seventeen features on what ROCKET cannot see: redshift, luminosity, radius and time scales."""

_ON_COMPONENTS = {
    "num_iterations": 300,
    "learning_rate": 0.04,
    "num_leaves": 6,
    "min_child_samples": 20,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 3.0,
    "max_bin": 63,
}

MODELS = {
    "lightgbm": {
        "learner": "lightgbm",
        "classes": "binary",
        "params": {
            "num_iterations": 300,
            "learning_rate": 0.06,
            "num_leaves": 12,
            "min_child_samples": 20,
            "feature_fraction": 0.2,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 1.0,
            "extra_trees": True,
            "max_bin": 127,
        },
        "transforms": {"linear_start": {"C": 0.1}},
    },
    "lightgbm_multiclass": {
        "learner": "lightgbm",
        "event_balance": 1.0,
        "params": {
            "num_iterations": 250,
            "learning_rate": 0.08,
            "num_leaves": 4,
            "min_child_samples": 20,
            "feature_fraction": 0.05,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 3.0,
            "max_bin": 31,
        },
        "transforms": {"linear_start": {"C": 0.03}},
    },
    "xgboost_multiclass": {
        "learner": "xgboost",
        "params": {
            "num_boost_round": 200,
            "learning_rate": 0.06,
            "max_depth": 3,
            "colsample_bytree": 0.05,
            "subsample": 0.7,
            "reg_lambda": 3.0,
            "max_bin": 16,
        },
    },
    "catboost_multiclass": {
        "learner": "catboost",
        "event_balance": 1.0,
        "params": {
            "iterations": 1200,
            "learning_rate": 0.1,
            "depth": 1,  # trees with one split: a sum of functions of single features, which works best for new events
            "l2_leaf_reg": 5.0,
            "rsm": 0.05,
            "boosting_type": "Plain",
            "bootstrap_type": "Bernoulli",
            "subsample": 0.7,
            "border_count": 16,
            "leaf_estimation_iterations": 1,
        },
    },
    "logistic_multiclass": {
        "learner": "logistic",
        "event_balance": 1.0,
        "params": {"C": 0.05, "max_iter": 300, "tol": 0.001},
    },
    "simulated": {"learner": "given", "transforms": {"simulated_classes": {}}},
    "mlp_multiclass": {
        "learner": "mlp",
        "params": {"hidden": 32, "alpha": 1.0, "learning_rate_init": 0.001, "batch_size": 64, "epochs": 20},
    },
    "minirocket": {"learner": "wide_logistic", "transforms": {"rocket": {"kind": "minirocket"}}},
    "multirocket": {"learner": "wide_logistic", "transforms": {"rocket": {"kind": "multirocket"}}},
    "minirocket_ridge": {"learner": "ridge", "transforms": {"rocket": {"kind": "minirocket"}}},
    "minirocket_scalars": {
        "learner": "wide_logistic",
        "transforms": {"rocket": {"kind": "minirocket", "beside": _SCALARS}},
    },
    "multirocket_scalars": {
        "learner": "wide_logistic",
        "transforms": {"rocket": {"kind": "multirocket", "beside": _SCALARS}},
    },
    "multirocket_boosted": {
        "learner": "lightgbm",
        "params": _ON_COMPONENTS,
        "transforms": {
            "rocket": {"kind": "multirocket", "beside": _SCALARS},
            "principal_components": {"of": "rocket__*", "components": 50},
        },
    },
    "multirocket_features": {
        "learner": "wide_logistic",
        "transforms": {"rocket": {"kind": "multirocket", "beside": "*", "weight": 4.0}},
    },
    "series_only": {"learner": "wide_logistic", "transforms": {"rocket": {"kind": "series"}}},
    "scalars_only": {"learner": "wide_logistic", "transforms": {"rocket": {"kind": "none", "beside": _SCALARS}}},
    "features_only": {"learner": "wide_logistic", "transforms": {"rocket": {"kind": "none", "beside": "*"}}},
}

_ALTERED = {"epochs": 20, "drop": 0.3, "bands": 0.05, "noise": 0.5, "shift": 3}

NETWORKS = {
    "tcn": {"learner": "tcn", "params": {"beside": "hypotheses__*"}},
    "tcn_beside": {"learner": "tcn", "params": {"beside": "hypotheses__*", "curve": 0.2, "hidden": 32, **_ALTERED}},
    "transformer": {"learner": "transformer", "params": {"beside": "hypotheses__*"}},
    "cnn": {"learner": "cnn", "params": {"beside": "hypotheses__*"}},
    "rnn": {"learner": "rnn", "params": {"beside": "hypotheses__*"}},
    "atat": {"learner": "atat", "params": {"beside": "hypotheses__*"}},
    "swin": {"learner": "swin", "params": {"beside": "hypotheses__*"}},
    "tcn_alone": {"learner": "tcn"},
    "transformer_alone": {"learner": "transformer"},
}
"""Models of `snakemake networks` (docs/explanation/networks.md), which need torch. Only that target trains them, unless
they are enabled."""

MODELS |= NETWORKS

ROCKETS = tuple(name for name in MODELS if "rocket" in MODELS[name].get("transforms", {}))
"""Models of `snakemake rocket`, and those to compare them with: no other target trains them unless they are enabled."""

REFERENCES = ("lightgbm", "xgboost_multiclass", "mlp_multiclass")
"""Models to compare others with. The main job does not train them as shipped; `config/references.yaml` enables them."""

for _name in (*ROCKETS, *NETWORKS, *REFERENCES):
    MODELS[_name]["enabled"] = False

_STRONGEST = ("catboost_multiclass", "logistic_multiclass", "lightgbm_multiclass", "simulated")

ENSEMBLES = {
    "mean": {"method": "mean", "members": list(_STRONGEST)},
    "rank": {"method": "rank", "members": list(_STRONGEST)},
    "weighted": {"method": "weighted", "members": list(_STRONGEST)},
    "stacked": {"method": "stacked", "members": list(_STRONGEST)},
    "best": {"method": "best", "members": list(_STRONGEST)},
}
