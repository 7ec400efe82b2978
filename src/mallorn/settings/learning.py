"""Settings of what is learned: training sets, folds, models, the selection of features, and tuning."""

from typing import Annotated, Literal

from pydantic import Field

from mallorn.settings.fields import (
    Block,
    Count,
    Fraction,
    NotNegative,
    Positive,
    Share,
    Slot,
    Window,
    block,
    listed,
    value,
    whole,
)
from mallorn.settings.shipped import RANKER_PARAMS, SAMPLING, UNUSED_FAMILIES, YOUNG_FAMILIES

__all__ = ["Augmentations", "Folds", "Model", "Pretraining", "Selection", "Training", "Trainer", "Tuning"]

Parameter = float | int | str | bool
_LEARNER = (
    "The learner: catboost, lightgbm, logistic, mlp, ridge, wide_logistic or xgboost, a network (atat, cnn, rnn, "
    "swin, tcn, transformer: docs/explanation/networks.md), or one of a plug-in."
)
_BALANCE = "Exponent of a class's weight, (1 / size)^balance: 0 for equal objects, 1 for equal classes."
_EVENT_BALANCE = (
    "Exponent of the weight of the objects of one event, (1 / their number)^event_balance, among those of their class: "
    "0 for equal objects, 1 for equal events."
)
_PARAMS = (
    "The learner's own parameters, under its own names. They add to the shipped ones; null takes one away. With "
    "another learner the shipped ones do not count."
)


class Photoz(Block):
    """Altered copies of the training objects, scored beside them as if their redshifts were photometric."""

    enabled: bool = value(False, "Whether they are made and used; their fits and features take a fifth more time.")
    keep: Fraction = value(1.0, "Share of the points that are kept.")
    noise: NotNegative = value(0.0, "Standard deviation of the noise added to each flux, over its error.")
    draws: Count = value(
        1,
        "Draws of each of these redshifts, over which further scores are averaged; 1: none. Each costs as much again.",
    )


class Jitter(Block):
    """Altered copies of the training objects, trained on along with them inside the training folds."""

    enabled: bool = value(False, "Whether they are made and used; their fits and features take a fifth more time.")
    keep: Fraction = value(0.7, "Share of the points that are kept.")
    noise: NotNegative = value(1.0, "Standard deviation of the noise added to each flux, over its error.")


class NoRedshift(Block):
    """Copies of the training objects without their redshifts: from them models learn to score objects without one."""

    enabled: bool = value(True, "Whether they are made and learned from; without them such objects get no probability.")
    repeats: Count = value(1, "Of folds.repeats, the first ones that the submitted models are trained in on them.")


_WITHOUT = (
    "Members of the submitted ensemble that do not learn from these. As shipped, the one that knows simulated objects "
    "alone, since it has seen whole light curves in six passbands."
)


class OtherSurveys(Block):
    """Copies of the training objects as other surveys would have seen them: from them models learn to score objects
    that are seen in few passbands, or in detections alone.

    Each object is copied four times: all points, detections, a few passbands, and detections in a few passbands.
    """

    enabled: bool = value(False, "Whether they are made and learned from; a run takes about a quarter longer.")
    repeats: Count = value(1, "Of folds.repeats, the first ones that the submitted models are trained in on them.")
    moved: Share = value(0.75, "Share of the copies that are moved to a lower redshift, with all that follows from it.")
    nearest: Positive = value(0.02, "Lowest redshift that a copy is moved to; it is drawn from here to its own.")
    keep: Fraction = value(0.5, "Least share of its points that a copy keeps; the share is drawn between this and 1.")
    passbands: listed(listed(Slot)) = value(
        [["g", "r"], ["g", "r", "i"]], "Slots of passbands of the copies with a few of them; one of these sets each."
    )
    wanted_precision: Fraction | None = value(
        None,
        "Lowest precision of the decisions on the copies of each cut, by which each has its threshold; null: by the "
        "block threshold.",
    )
    without: listed(str, 0) = value(["simulated"], _WITHOUT)


class EarlyTrigger(Block):
    """What makes a survey report an object: points above `snr` times their error, or called detections by its files."""

    detections: Count = value(2, "So many of them.")
    snr: Positive = value(5.0, "Least flux over its error.")


class EarlyRandom(Block):
    """Copies at random ages, beside those at `ages`, drawn for each object anew. Scores are told at `ages` alone."""

    days: whole(ge=0) = value(3, "Copies of each object 2^x days after its first detection.")
    shares: whole(ge=0) = value(2, "Copies of each object that hold a random share of its points from the trigger on.")
    exponents: Window = value([0.0, 11.0], "Between which x of `days` is drawn, evenly.")
    history: Literal["forced", "alerts"] | None = value(
        None, "As `early.history`, for these copies; null: the same. With both, models know young objects either way."
    )


class Early(Block):
    """Copies of the training objects as they were known at some ages: from them models learn to score young objects.

    The models of whole light curves score what is like these; young objects are scored by what learned from copies.
    """

    enabled: bool = value(False, "Whether they are made and learned from; a run takes about twice as long.")
    repeats: Count = value(1, "Of folds.repeats, the first ones that the submitted models are trained in on them.")
    ages: listed(NotNegative) = value(
        [2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0, 200.0],
        "Days since the trigger at which copies are made, beside the whole light curve.",
        "d",
    )
    random: EarlyRandom = block(EarlyRandom, EarlyRandom.__doc__)
    history: Literal["forced", "alerts"] = value(
        "forced", "What is known of the time before the first detection: all points, or the last non-detection alone."
    )
    trigger: EarlyTrigger = block(EarlyTrigger, EarlyTrigger.__doc__)
    include: listed(str, 0, distinct=False) = value(
        [f"{name}__*" for name in YOUNG_FAMILIES],
        "Patterns of training.exclude that do not hold for these models: what tells how old an object is.",
    )
    calibration: Literal["none", "platt", "isotonic", "age"] = value(
        "age", "Map of these probabilities, in place of calibration.method; age: a Platt map that changes with age."
    )
    passes: Window = value(
        [200.0, 400.0],
        "Days from the trigger to the last point between which the models of whole light curves take over, smoothly.",
        "d",
    )
    without: listed(str, 0) = value(["simulated"], _WITHOUT)


class Augmentations(Block):
    """Altered copies of the training objects: with photometric redshifts, with fewer points, without redshifts, as
    other surveys would have seen them, or as they were known at some ages."""

    photoz: Photoz = block(Photoz, "Copies that are scored, as if their redshifts were photometric.")
    jitter: Jitter = block(Jitter, "Copies that are trained on.")
    no_redshift: NoRedshift = block(NoRedshift, NoRedshift.__doc__)
    other_surveys: OtherSurveys = block(OtherSurveys, OtherSurveys.__doc__)
    early: Early = block(Early, Early.__doc__)


class EpochGrid(Block):
    """The grid of epochs on which the simulation sampled each event."""

    epochs: whole(ge=2) = value(1000, "Number of equally spaced epochs.")
    rounding: Positive = value(1.0e-4, "Unit of the last digit of the MJD.", "d")


class Folds(Block):
    """Parts for cross-validation, drawn once by two protocols: stratified by type, and grouped by event."""

    number: whole(ge=2, le=100) = value(5, "Parts in each repeat.")
    repeats: whole(ge=1, le=100) = value(3, "Times that folds are drawn.")
    rare: Count = value(10, "Types with fewer training objects are spread over the folds as if they were one.")
    grid: EpochGrid = block(EpochGrid, "The grid of epochs on which the simulation sampled each event.")


class PseudoLabels(Block):
    """Self-training: a second fit that also learns from unlabelled objects of which the first is sure."""

    enabled: bool = value(False, "Whether each model is fitted a second time; doubles the time of training.")
    confidence: Share = value(0.95, "Least probability of the most probable class of an object that is learned from.")
    weight: Positive = value(0.5, "Weight of such an object; a labelled one has 1.")


class Training(Block):
    """What every model is trained on."""

    log_columns: listed(Literal["Z", "EBV"], 0) = value(
        [],
        "Columns of the logs used as features: Z, EBV. Features are in the rest frame and de-reddened. Not Z_err, "
        "which only the test set has: it would tell training from test objects.",
    )
    exclude: listed(str, 0, distinct=False) = value(
        [*SAMPLING, *(f"{name}__*" for name in (*UNUSED_FAMILIES, *YOUNG_FAMILIES))],
        "Patterns (*, ?, [abc]) of feature columns that are left out. Errors, and how often and when an object was "
        "observed, tell the objects of one event apart, and scores do not miss them. Of eight families (statistics__* "
        "and so on) all is left out: scores of new events are higher without (docs/explanation/ablation.md). Of age, "
        "which tells how old an event is, models of young objects learn (augmentations.early.include). [] trains on "
        "all.",
    )
    classes: dict[str, listed(str)] = Field(
        default_factory=lambda: {
            "AGN": ["AGN"],
            "SN Ia": ["SN Ia", "SN Ia-91T-like", "SN Ia-91bg-like", "SN Ia-pec", "SN Iax[02cx-like]"],
            "SLSN and SN IIn": ["SLSN-I", "SLSN-II", "SN IIn"],
        },
        description="Classes beside the target of models with `classes: multiclass`: the SpecTypes of each. Yours "
        "replace all of these.",
    )
    other_class: str = value("other SN", "Class of the SpecTypes that stand in no class.")
    importance_weights: bool = value(
        False, "Whether training objects weigh as much as the test set looks like them (adversarial validation)."
    )
    oversample: Literal["none", "smote"] = value(
        "none",
        "What is added to each training part. smote: artificial objects of the rarer classes, each between two of one "
        "kind, until all have as many; needs the package imbalanced-learn.",
    )
    pseudo_labels: PseudoLabels = block(PseudoLabels, "Self-training with confident predictions of unlabelled objects.")


class Trainer(Block):
    """A learner with its parameters."""

    learner: str = value("lightgbm", _LEARNER)
    balance: Share = value(0.5, _BALANCE)
    params: dict[str, Parameter] = Field(default_factory=lambda: dict(RANKER_PARAMS), description=_PARAMS)


class Model(Block):
    """A model: a learner, its classes and its parameters."""

    enabled: bool = value(True, "Whether the model is trained and scored; false drops a shipped one.")
    learner: str = Field(description=_LEARNER)
    classes: Literal["binary", "multiclass"] = value(
        "multiclass",
        "binary: the target or not; multiclass: the target, those of training.classes, and the others.",
    )
    balance: Share = value(0.0, _BALANCE)
    event_balance: Share = value(0.0, _EVENT_BALANCE)
    pretrained: bool | Literal["unlabelled"] = value(
        False,
        "Whether the network learns from simulated objects first (block pretraining), once for the fits of all folds; "
        "of features beside the light curve it learns afterwards. unlabelled: it learns to fill in the light curves of "
        "the survey's unlabelled objects instead; siblings of held-out events are among them, so only a model that is "
        "not enabled can, and `snakemake networks` scores it on stratified folds alone.",
    )
    seeds: Count = value(1, "Members that are averaged; they differ in their random seed.")
    selection: bool = value(False, "Whether to train on the features that `selection` keeps in each training part.")
    tuned: bool = value(False, "Whether to train with the parameters that tuning finds; others of `params` hold.")
    params: dict[str, Parameter] = Field(default_factory=dict, description=_PARAMS)
    transforms: dict[str, dict[str, Parameter]] = Field(
        default_factory=dict,
        description="What is fitted to each training part before the learner, with its parameters; null takes "
        "a shipped one away. simulated_classes: what a model of simulated objects alone says of an object is in place "
        "of its features (docs/explanation/ablation.md). linear_start: boosting begins from a logistic model of all "
        "classes, of inverse penalty C. "
        "rocket, principal_components: docs/explanation/rocket.md. embedding: docs/explanation/networks.md.",
    )


PRETRAINING = {
    "AGN": 430,
    "SN Ia": 170,
    "SN Ia-91T-like": 12,
    "SN Ia-91bg-like": 12,
    "SN Ib": 20,
    "SN Ic": 20,
    "SN Ic-BL": 15,
    "SN IIb": 20,
    "SN II": 80,
    "SN IIP": 25,
    "SN IIn": 100,
    "SLSN-I": 70,
    "SLSN-II": 30,
    "TDE": 240,
}
"""Simulated events of each type that networks learn from first."""


class Pretraining(Block):
    """The simulated objects that networks learn from first, where their block of models says `pretrained: true`.

    What is not said here is as in `simulation`. No survey's label plays a part.
    """

    sources: dict[str, whole(ge=0)] = Field(
        default_factory=lambda: dict(PRETRAINING),
        description="Number of events of each type, as simulation.sources; yours replace all of these.",
    )
    population: Literal["simple", "diverse"] = value("diverse", "How events scatter, as simulation.population.")
    spectroscopic: Annotated[float, Field(ge=1)] = value(3.0, "Mean number of objects of an event, z being exact.")
    photometric: Annotated[float, Field(ge=1)] = value(1.0, "Further ones, with a photometric z; at least one each.")


class Selection(Block):
    """Stability selection of features, inside each training part."""

    rounds: Count = value(20, "Fits of the ranker to random parts.")
    fraction: Fraction = value(0.6, "Share of the events in each part.")
    top: Count = value(150, "Features counted in each round, the best by importance.")
    frequency: Share = value(0.5, "Share of the rounds in which a feature must count to be kept.")
    fewest: Count = value(50, "Features kept at least, the most frequent ones.")
    ranker: Trainer = block(Trainer, "What ranks the features.")


class Tuning(Block):
    """The search for better parameters: `snakemake tune`."""

    models: listed(str, 0) = value(
        [
            "lightgbm_multiclass",
            "xgboost_multiclass",
            "catboost_multiclass",
            "logistic_multiclass",
            "mlp_multiclass",
        ],
        "Models whose parameters are looked for.",
    )
    trials: Count = value(50, "Trials of each study; a larger number goes on from the trials that there are.")
    workers: Count = value(4, "Jobs that work on a study at a time.")
    metric: Literal["average_precision", "f1"] = value(
        "average_precision", "What is optimised, f1 at its best threshold; on folds that keep events together."
    )
