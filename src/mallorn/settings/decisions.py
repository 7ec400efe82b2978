"""Settings of decisions: ensembles, calibration, the threshold, and what the submission is made with."""

from typing import Annotated, Literal

from pydantic import Field

from mallorn.settings.fields import Block, Count, Fraction, Inside, Positive, listed, value, whole

__all__ = ["METHODS", "Calibration", "Domain", "Ensemble", "Outliers", "PhotozDraws", "Submission", "Threshold"]


class _Ensemble(Block):
    enabled: bool = value(True, "Whether the ensemble is made and scored; false drops a shipped one.")
    members: listed(str) = Field(description="Models that are combined, under their names in `models`.")


class MeanEnsemble(_Ensemble):
    """The plain mean of the members' probabilities."""

    method: Literal["mean"] = Field(description="How the members are combined.")


class BestEnsemble(_Ensemble):
    """The member of highest average precision."""

    method: Literal["best"] = Field(description="How the members are combined.")


class RankEnsemble(_Ensemble):
    """The mean of the members' ranks."""

    method: Literal["rank"] = Field(description="How the members are combined.")


class WeightedEnsemble(_Ensemble):
    """The mean with the weights of highest average precision."""

    method: Literal["weighted"] = Field(description="How the members are combined.")
    step: Fraction = value(0.1, "Step of the grid of weights; 1 over a whole number.")


class StackedEnsemble(_Ensemble):
    """Logistic regression on the members' log odds."""

    method: Literal["stacked"] = Field(description="How the members are combined.")
    C: listed(Positive, distinct=False) = value(
        [0.01, 0.1, 1.0, 10.0], "Inverse strengths of the L2 penalty from which cross-validation chooses."
    )


METHODS = {
    "mean": MeanEnsemble,
    "best": BestEnsemble,
    "weighted": WeightedEnsemble,
    "rank": RankEnsemble,
    "stacked": StackedEnsemble,
}
"""The type of an ensemble's block by its method."""

Ensemble = Annotated[
    MeanEnsemble | BestEnsemble | WeightedEnsemble | RankEnsemble | StackedEnsemble, Field(discriminator="method")
]


class Threshold(Block):
    """How a probability becomes a decision, chosen on out-of-fold predictions of the other folds."""

    rule: Literal["maximum_f1", "expected_count", "wanted_precision", "maximum_expected_f1"] = value(
        "expected_count", "How the threshold is chosen; maximum_expected_f1 needs calibrated probabilities."
    )
    ratio: Positive = value(1.2, "Of expected_count: objects chosen over objects expected.")
    precision: Fraction = value(0.9, "Of wanted_precision: lowest precision to accept.")
    fraction: Inside | None = value(
        None, "Expected fraction of targets among the objects to decide on; null: that of the training set."
    )


class Calibration(Block):
    """How probabilities are made to hold, fitted to out-of-fold predictions of the other folds."""

    method: Literal["none", "platt", "isotonic"] = value(
        "none", "platt: a logistic function of the log odds; isotonic: a non-decreasing step function."
    )


class Submission(Block):
    """What the test set is predicted with."""

    model: str = value("mean", "Name of one of the models or ensembles.")
    protocol: Literal["stratified", "grouped"] = value(
        "stratified", "Folds whose models are averaged, and whose scores set the threshold."
    )


class Export(Block):
    """What results/model holds of the submitted model."""

    trained: Literal["folds", "once"] = value(
        "folds",
        "Which fits: those of all folds and repeats, whose mean is taken; or each member trained once more, on all "
        "training objects, which is smaller by folds.number times folds.repeats. The threshold of the latter is right "
        "for folds.repeats: 1, where it is chosen on single fits too.",
    )
    data: str = value("objects of the training survey", "What the card of `release_model` says that was learned from.")
    note: str = value("", "What the card ends with.")


class PhotozDraws(Block):
    """Draws of each photometric redshift over which a probability is averaged; 1: the redshift as it is given.

    Each draw takes features of its own, which cost as much again.
    """

    test: Count = value(1, "Of each test object.")
    new: Count = value(1, "Of each new object; also the default of Model.predict, by which results/model keeps it.")


class Domain(Block):
    """Which new objects a model can judge: those like the ones that it has learned from, with enough points."""

    points: Count = value(6, "Fewest points of an object that gets a probability.")
    detections: Count = value(3, "Fewest points above five sigma.")
    nights: Count = value(3, "Fewest nights, whole days of MJD, with points.")
    tails: Fraction = value(
        0.002, "Share of the training objects that lie outside the range of each quantity that is compared."
    )


class Outliers(Block):
    """What tells unusual objects: an isolation forest, and the entropy of the classes' probabilities."""

    trees: Count = value(100, "Trees of the forest.")
    sample: whole(ge=2, le=16_384) = value(256, "Training objects, drawn, that each tree is made of.")
    model: str = value(
        "logistic_multiclass", "Model that `snakemake score_outliers` trains without one type after the other."
    )
    fewest: Count = value(10, "Fewest training objects of a type that it leaves out.")
