"""Settings of the evaluation: scores, audits, explanations and the ablation of feature families."""

from typing import Annotated, Literal

from pydantic import Field

from mallorn.settings.fields import (
    Block,
    Count,
    Decimal,
    Fraction,
    Inside,
    Name,
    Positive,
    Probability,
    Share,
    block,
    listed,
    value,
    whole,
)
from mallorn.settings.learning import Trainer
from mallorn.settings.shipped import ROCKETS, SAMPLING

__all__ = ["Ablation", "Audits", "Evaluation", "Explanations", "Fresh", "Rocket"]

AtLeastTwo = whole(ge=2)


class BinsOfCopies(Block):
    """Edges for copies as other surveys would see them."""

    redshift: listed(Decimal, 0, rising=True) = value(
        [0.1, 0.2, 0.4], "Edges in the redshift that the copy was moved to."
    )
    snr: listed(Decimal, 0, rising=True) = value([20.0, 40.0], "Edges in the highest flux over its error of any point.")


class Bins(Block):
    """Edges between the bins in which objects are scored; the outermost bins are open."""

    redshift: listed(Decimal, 0, rising=True) = value([0.2, 0.4, 0.6, 0.8, 1.2], "Edges in redshift.")
    points: listed(Decimal, 0, rising=True) = value([100.0, 150.0, 200.0], "Edges in points of the light curve.")
    snr: listed(Decimal, 0, rising=True) = value(
        [10.0, 20.0, 40.0, 80.0], "Edges in the highest flux over its error of any point."
    )
    magnitude: listed(Decimal, 0, rising=True) = value(
        [21.5, 22.0, 22.5, 23.0], "Edges in the AB magnitude of the brightest point above five sigma."
    )
    probability: Count = value(10, "Number of equal bins of probability, for reliability and calibration error.")
    other_surveys: BinsOfCopies = block(BinsOfCopies, "Of the training objects as other surveys would see them.")


class Nested(Block):
    """Scores on outer folds, which train every model once for each of them."""

    repeats: Count = value(1, "How many of folds.repeats are scored so.")


class LearningCurve(Block):
    """Scores after training on fewer events of the target class."""

    model: str = value("lightgbm_multiclass", "Name of one of the models.")
    fractions: listed(Fraction, distinct=False) = value(
        [0.25, 0.5, 0.75, 1.0], "Shares of the target events of each training part that are trained on."
    )
    draws: Count = value(1, "Times that events are drawn.")
    repeats: Count = value(1, "How many of folds.repeats are used.")


class Tree(Block):
    """Probabilities and scores of all classes of the tree `taxonomy`: `snakemake tree`."""

    models: listed(str) = value(
        ["catboost_multiclass"], "Models that are trained on the tree; they need not be enabled."
    )
    repeats: Count = value(1, "How many of folds.repeats are used.")
    protocols: listed(Literal["stratified", "grouped"]) = value(
        ["stratified", "grouped"], "Protocols of the folds; test objects are listed by grouped ones."
    )
    fewest: Count = value(
        5, "Events that a class needs to be one of its own; smaller ones fall back to the class above."
    )
    balance: Share | None = value(
        None, "Exponent of a class's weight among its siblings, (1 / size)^balance; null: the model's own `balance`."
    )
    depth: Share = value(1.0, "Factor by which that exponent changes from one level of the tree to the next below.")
    without_redshift: bool = value(
        False, "Whether objects without a redshift, stars among them, are learned from and scored too."
    )
    way: Literal["flat", "conditional"] = value(
        "flat", "Which of the two ways, one model or one for each class with others below, lists the test objects."
    )
    from_submission: Literal["classes", "target", "none"] = value(
        "classes",
        "What the tree keeps of submission.model, so that no table contradicts it: the probabilities of all its "
        "classes, shared out among the leaves of each; that of the target class alone; or nothing.",
    )
    confident: Inside = value(0.9, "Probability from which a model counts as sure, of classes it was not trained on.")
    coverage: Inside = value(
        0.9, "Stated chance that a conformal set holds the true class of an object of a new event."
    )


class Predictive(Block):
    """Intervals of the score of a new sample of events, and how often they hold it: `snakemake predictive`."""

    model: str = value("logistic_multiclass", "Name of one of the models; it is trained eleven times for each split.")
    target_events: Count | None = value(
        None, "Events of the target class in the new sample; null: as many as the training set has."
    )
    other_events: Count | None = value(None, "Events of other classes in it; null: as many as the training set has.")
    refits: AtLeastTwo = value(40, "Trainings on one part of the events, for how the model itself varies.")
    splits: Count = value(100, "Times that the events are parted, the second part the new sample of the first.")
    parts: AtLeastTwo = value(
        2, "Parts of the events in each split; more of a large survey show samples further apart."
    )


class Evaluation(Block):
    """Scores, their intervals, and what they depend on."""

    level: Inside = value(0.95, "Share of the bootstraps that an interval holds.")
    rounds: AtLeastTwo = value(500, "Bootstraps of the events.")
    precision: Fraction = value(0.9, "Of recall_at_precision: lowest precision to accept.")
    bins: Bins = block(Bins, "Edges between the bins in which objects are scored; the outermost bins are open.")
    nested: Nested = block(Nested, "Scores on outer folds, which train every model once for each of them.")
    learning_curve: LearningCurve = block(LearningCurve, "Scores after training on fewer events of the target class.")
    tree: Tree = block(Tree, Tree.__doc__)
    predictive: Predictive = block(Predictive, Predictive.__doc__)


class Audits(Block):
    """Verdicts on labels, time stamps, features, siblings, and the shift from training to test set."""

    model: Trainer = block(Trainer, "The learner of all audits.")
    shuffles: Count = value(3, "Trainings on labels shuffled between events.")
    siblings_found: listed(Share, 2, 2, rising=True) = value(
        [0.1, 0.5],
        "Share of objects whose sibling one feature finds among 1,000 events: first to warn, second to fail.",
    )
    class_from_times: Probability = value(
        0.7, "ROC AUC of targets of new events from time stamps alone, above which to warn."
    )
    separation: Probability = value(0.98, "ROC AUC of targets by one feature alone, above which it counts as a label.")
    missing: Share = value(0.5, "Allowed difference between classes, or sets, in the share of missing values.")
    shift: listed(Probability, 2, 2, rising=True) = value(
        [0.6, 0.95], "ROC AUC of test against training objects: first to warn, second to fail."
    )
    largest_weight: Annotated[float, Field(gt=1)] = value(10.0, "Of importance weights: the largest over the mean one.")


class Shapes(Block):
    """What the value of one feature adds to each class: `snakemake shapes`."""

    model: str = value(
        "catboost_multiclass", "Name of one of the models; with trees of depth 1, or `logistic`, a sum of its features."
    )
    features: Count = value(12, "Features, the most important ones of the model.")
    points: AtLeastTwo = value(40, "Values of each, quantiles of the training objects'.")
    objects: Count = value(8, "Training objects, drawn, whose features are varied; more than one shows interactions.")


class Explanations(Block):
    """SHAP values: `snakemake explanations`."""

    models: listed(str, 0) = value(
        ["lightgbm_multiclass", "catboost_multiclass"],
        "Enabled models that are explained; mlp has no SHAP values.",
    )
    candidates: Count = value(50, "Test objects that are explained, the most probable ones.")
    features: Count = value(15, "Features of each, those with the largest SHAP values.")
    sample: Count = value(500, "Test objects, drawn, for the mean absolute SHAP value of each feature.")
    shapes: Shapes = block(Shapes, Shapes.__doc__)


class Ablation(Block):
    """Scores without each feature family, and with each alone."""

    model: str = value("lightgbm", "Name of one of the models.")
    repeats: Count = value(1, "How many of folds.repeats are used.")
    rounds: AtLeastTwo = value(200, "Bootstraps of the events for the standard deviations.")


class FreshVariant(Block):
    """What differs from what is submitted; null: nothing."""

    members: listed(str) | None = value(None, "Models whose plain mean it is; they need not be enabled.")
    exclude: listed(str, 0, distinct=False) = value(
        [], "Patterns of feature columns that are left out, beside those of training.exclude."
    )
    event_balance: Share | None = value(None, "In place of `event_balance` of all its members.")
    seeds: Count | None = value(None, "In place of `seeds` of all its members.")
    rule: Literal["maximum_f1", "expected_count", "wanted_precision", "maximum_expected_f1"] | None = value(
        None, "In place of threshold.rule."
    )
    ratio: Positive | None = value(None, "In place of threshold.ratio.")


class Fresh(Block):
    """Scores of what is submitted, and of variants of it, on folds drawn anew: `snakemake fresh`."""

    draws: Count = value(6, "Times that folds are drawn anew, by each protocol.")
    set: whole(ge=0) = value(
        0, "Number of the set of draws: choose between variants on one, and score the choice on another."
    )
    nested: whole(ge=0) = value(1, "Of these draws, those with nested scores of what is submitted, five fold the cost.")
    variants: dict[Name, FreshVariant] = Field(
        default_factory=dict, description="Variants that are compared with what is submitted, under names of yours."
    )


class Rocket(Block):
    """Scores of models on ROCKET's columns, and what they add to others: `snakemake rocket`."""

    models: listed(str) = value(list(ROCKETS), "Models that are scored; they need not be enabled.")
    exclude: listed(str, 0, distinct=False) = value(
        list(SAMPLING),
        "Patterns of feature columns that are left out here, in place of training.exclude: what ROCKET cannot see "
        "stands in families that other models do without.",
    )
    repeats: Count = value(1, "How many of folds.repeats are used.")
    pairs: listed(listed(str, 2, 2), 0) = value(
        [["multirocket_scalars", "scalars_only"], ["multirocket_features", "features_only"]],
        "Pairs of models: what the first gains over the second, on grouped folds drawn anew.",
    )
    ensemble: str = value("mean", "An ensemble, whose plain mean is compared with and without candidates.")
    candidates: listed(str, 0) = value(
        ["multirocket_scalars", "multirocket_boosted"], "Models that are added to the ensemble, one at a time."
    )
    draws: Count = value(3, "Times that grouped folds are drawn anew for these comparisons.")
    benchmark: listed(whole(ge=100)) = value(
        [10_178, 100_000], "Numbers of objects whose columns `snakemake bench_rocket` times."
    )
