# What classifying needs: new objects, and a model that fits.

from functools import cache

from snakemake.settings.types import DeploymentMethod


def no_new_data(wildcards):
    """Say that there is nothing to classify."""
    raise WorkflowError("classify: expected new_data, a folder of new objects. Next step: --config new_data=FOLDER")


def model_that_fits(wildcards):
    """Return nothing: raise an error that names every difference if results/model cannot score what is made here.

    So a model that does not fit is told before the first file is read. Packages are compared by the job alone where the
    jobs have an environment of their own.
    """
    check_model()
    return []


@cache
def check_model():
    """See `model_that_fits`."""
    from mallorn.decide.bundle import check_bundle, installed, read_bundle

    elsewhere = workflow.deployment_settings.deployment_method & {DeploymentMethod.CONDA, DeploymentMethod.APPTAINER}
    try:
        manifest = read_bundle(MODEL)
        check_bundle(MODEL, manifest, feature_state(), {} if elsewhere else installed(), None)
    except DataError as error:
        raise WorkflowError(f"classify: {error}") from None


def folders_of(training, repeats):
    """Return, for each of `repeats`, {model: folder of its fits} of the submitted models of a training set."""
    about = {"training": training, "protocol": SUBMITTED}
    return [
        {model: FITS.format(**about, repeat=repeat, model=model) for model in SUBMITTED_MODELS} for repeat in repeats
    ]


def fits_of(training, repeats):
    """Return the folders of `folders_of` as a list."""
    return [folder for folders in folders_of(training, repeats) for folder in folders.values()]


def learned_of(training, repeats):
    """Return the files of what the submitted ensemble of a training set has learned, none for a single model."""
    about = {"training": training, "protocol": SUBMITTED, "model": SUBMITTED_ENSEMBLE}
    return expand(f"{PREDICTIONS}/learned.json", **about, repeat=repeats)
