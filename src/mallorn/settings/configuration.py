"""The whole configuration: every block in its order."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from mallorn.settings.decisions import (
    METHODS,
    Calibration,
    Domain,
    Ensemble,
    Export,
    Outliers,
    PhotozDraws,
    Submission,
    Threshold,
)
from mallorn.settings.evaluation import Ablation, Audits, Evaluation, Explanations, Fresh, Rocket
from mallorn.settings.features import Features
from mallorn.settings.fetch import Alerce
from mallorn.settings.fields import Block, FilePath, Name, block, listed, value, whole
from mallorn.settings.fits import Fits, GaussianProcesses, Posterior
from mallorn.settings.learning import Augmentations, Folds, Model, Pretraining, Selection, Training, Tuning
from mallorn.settings.report import Benchmark, Report, Tracking
from mallorn.settings.shipped import ENSEMBLES, MODELS
from mallorn.settings.survey import Ingest, Passbands, Simulation

__all__ = ["Configuration"]


def _models():
    return {name: Model(**given) for name, given in MODELS.items()}


def _ensembles():
    return {name: METHODS[given["method"]](**given) for name, given in ENSEMBLES.items()}


class Configuration(Block):
    """Configuration of the mallorn workflow. Every key may be left out; it then has its default."""

    model_config = ConfigDict(defer_build=False, title="mallorn")

    data_dir: FilePath | None = value(
        None,
        "Folder with train_log.csv, test_log.csv, sample_submission.csv and split_*/; null: simulate a survey.",
    )
    new_data: FilePath | None = value(
        None, "Folder of new objects for `snakemake classify`: test_log.csv, split_*/test_full_lightcurves.csv."
    )
    target: Annotated[str, Field(min_length=1)] = value(
        "TDE", "The class to look for: a SpecType, or a class of training.classes."
    )
    taxonomy: FilePath = value(
        "mallorn",
        "The tree of classes: mallorn or elasticc, which are shipped, or the path of a YAML file of your own.",
    )
    survey: str | listed(str) | None = value(
        None,
        "The survey whose passbands data_dir has: a shipped one, one of `surveys`, or a list of such, whose passbands "
        "are called SURVEY.NAME then; null: the usual one of the source, lsst for kaggle.",
    )
    surveys: dict[str, Passbands] = Field(
        default_factory=dict, description="Surveys of your own: {name: {passband: block}}."
    )
    new_survey: str | listed(str) | None = value(
        None, "The survey or surveys of new_data; null: those of `survey`, or the usual ones of another `new_source`."
    )
    source: str = value(
        "kaggle",
        "The reader of data_dir: a source or format of mallorn.sources (docs/howto/sources.md), or of a plug-in.",
    )
    new_source: str | None = value(None, "The reader of new_data; null: that of `source`.")
    readers: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Settings of formats, {format: {setting: value}}; docs/howto/sources.md says which each has.",
    )
    plugins: listed(str, 0) = value(
        [], "Python files with feature families, learners, hypotheses or sources of your own."
    )
    seed: whole(ge=0) = value(20261121, "Every random generator of the workflow derives from it.")
    ingest: Ingest = block(Ingest, Ingest.__doc__)
    alerce: Alerce = block(Alerce, Alerce.__doc__)
    simulation: Simulation = block(Simulation, Simulation.__doc__)
    gp: GaussianProcesses = block(GaussianProcesses, "How Gaussian processes are computed.")
    fits: Fits = block(Fits, "Models fitted to the light curves of every object.")
    posterior: Posterior = block(Posterior, Posterior.__doc__)
    features: Features = block(Features, "One block for each feature family.")
    augmentations: Augmentations = block(Augmentations, Augmentations.__doc__)
    folds: Folds = block(Folds, Folds.__doc__)
    training: Training = block(Training, "What every model is trained on.")
    pretraining: Pretraining = block(Pretraining, Pretraining.__doc__)
    models: dict[Name, Model] = Field(
        default_factory=_models, description="One block for each model, under a name of your choice."
    )
    ensembles: dict[Name, Ensemble] = Field(
        default_factory=_ensembles,
        description="One block for each ensemble of models, under a name of your choice. All is learned out of fold.",
    )
    threshold: Threshold = block(Threshold, Threshold.__doc__)
    calibration: Calibration = block(Calibration, Calibration.__doc__)
    submission: Submission = block(Submission, "What the test set is predicted with.")
    export: Export = block(Export, Export.__doc__)
    domain: Domain = block(Domain, Domain.__doc__)
    outliers: Outliers = block(Outliers, Outliers.__doc__)
    photoz_draws: PhotozDraws = block(PhotozDraws, PhotozDraws.__doc__.splitlines()[0])
    selection: Selection = block(Selection, Selection.__doc__)
    evaluation: Evaluation = block(Evaluation, "Scores, their intervals, and what they depend on.")
    tuning: Tuning = block(Tuning, Tuning.__doc__)
    audits: Audits = block(Audits, Audits.__doc__)
    explanations: Explanations = block(Explanations, Explanations.__doc__)
    ablation: Ablation = block(Ablation, "Scores without each feature family, and with each alone.")
    fresh: Fresh = block(Fresh, Fresh.__doc__)
    rocket: Rocket = block(Rocket, Rocket.__doc__)
    report: Report = block(Report, Report.__doc__)
    tracking: Tracking = block(Tracking, Tracking.__doc__)
    benchmark: Benchmark = block(Benchmark, Benchmark.__doc__)
