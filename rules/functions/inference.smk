# Needs of classifying: new objects, and a model that fits.

from functools import cache

from snakemake.settings.types import DeploymentMethod


def no_new_data(wildcards):
    """Say that there is nothing to classify."""
    raise WorkflowError("classify: expected new_data, a folder of new objects. Next step: --config new_data=FOLDER")


def model_that_fits(wildcards):
    """Return nothing. Raise an error that names every difference if results/model cannot score the features made here.

    So a model that does not fit is told before the first file is read. What only its golden inputs can tell is left to
    the job.
    """
    check_model()
    return []


@cache
def check_model():
    """See `model_that_fits`."""
    from mallorn.decide.bundle import check_settings, read_bundle

    try:
        check_settings(MODEL, read_bundle(MODEL), feature_state(NEW_SOURCE))
    except DataError as error:
        raise WorkflowError(f"classify: {error}") from None


def exported_code():
    """Return the names that the export of the model loads: its members, and all that makes features."""
    families, hypotheses = config["features"], config["fits"]["hypotheses"]["models"]
    used = {"features": FAMILIES, "hypotheses": [hypotheses, *(families[name] for name in FAMILIES)]}
    return {**loaded_by(*(config["models"][name] for name in SUBMITTED_MODELS)), **used}


def folders_of(training, repeats, fits=FITS):
    """Return, for each of `repeats`, {model: folder of its fits} of the submitted models of a training set."""
    about = {"training": training, "protocol": SUBMITTED}
    return [
        {model: fits.format(**about, repeat=repeat, model=model) for model in members_of(training)}
        for repeat in repeats
    ]


def trained(training):
    """Return the trained files of the submitted models for a training set, for the adapter export_model.

    {"folders": as of `folders_of`, "learned": files of what the ensemble has learned, none for a single model,
    "threshold": the file of its decision}.
    """
    repeats, fits = REPEATS if training == FINAL else REPEATS_OF_COPIES[training], FITS
    if config["export"]["trained"] == "once":
        repeats, fits = repeats[:1], FITTED_ONCE
    about = {"training": training, "protocol": SUBMITTED, "model": SUBMITTED_ENSEMBLE}
    return {
        "folders": folders_of(training, repeats, fits),
        "learned": expand(f"{PREDICTIONS}/learned.json", **about, repeat=repeats),
        "threshold": "results/threshold.json" if training == FINAL else f"results/threshold_{training}.json",
    }


def trained_files(training):
    """Return the paths of `trained` as a list."""
    made = trained(training)
    folders = [folder for of_repeat in made["folders"] for folder in of_repeat.values()]
    return [*folders, *made["learned"], made["threshold"]]
