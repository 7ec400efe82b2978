# What is said where there is nothing to classify.


def no_new_data(wildcards):
    """Say that there is nothing to classify."""
    raise WorkflowError("classify: expected new_data, a folder of new objects. Next step: --config new_data=FOLDER")


def exported_code():
    """Return what the export of the model loads by name: its members, and all that makes features."""
    families, hypotheses = config["features"], config["fits"]["hypotheses"]["models"]
    used = {"features": FAMILIES, "hypotheses": [hypotheses, *(families[name] for name in FAMILIES)]}
    return {**loaded_by(*(config["models"][name] for name in SUBMITTED_MODELS)), **used}


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
