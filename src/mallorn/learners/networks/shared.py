"""Literals that all networks share. The workflow reads them without running a network or loading torch."""

__all__ = ["FIRST_EPOCHS", "LEVELS", "NEEDS", "PARAMETERS", "RESUMES", "SEARCH_SPACE", "STARTS", "TRANSFORMS"]

NEEDS = ("features", "grid", "points")

TRANSFORMS = ("normal_scores",)

RESUMES = True

LEVELS = True

STARTS = True

PARAMETERS = (
    "beside",
    "hidden",
    "dropout",
    "epochs",
    "batch_size",
    "learning_rate",
    "weight_decay",
    "average",
    "clip",
    "loss",
    "gamma",
    "sampling",
    "curve",
    "penalty",
    "drop",
    "bands",
    "noise",
    "shift",
    "truncate",
    "masked_epochs",
    "masked_share",
    "first_epochs",
    "first_masked_epochs",
    "fine_rate",
)
"""See `frame.COMMON`, `training.Plan` and `augment.Alterations`."""

FIRST_EPOCHS = 30
"""Epochs on simulated objects, for a network that learns from them first."""

SEARCH_SPACE = {
    "width": {"low": 16, "high": 128, "log": True},
    "dropout": {"low": 0.0, "high": 0.5},
    "learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
}
