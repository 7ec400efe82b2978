"""A worker that looks for better parameters of a model, beside others."""

from pathlib import Path

from mallorn.io.tables import read_columns, write_table
from mallorn.learners.learner import learner
from mallorn.learning.classes import encode_classes
from mallorn.learning.dataset import Labelled
from mallorn.learning.pipeline import needs_of, with_selection
from mallorn.learning.tables import DatasetFiles, read_dataset
from mallorn.learning.training_sets import study_of
from mallorn.learning.tuning import cross_validated, study_name, trial_table, tune, tuning_folds
from mallorn.seeds import derived_seed


def main(files, folds, output, about, settings, budget, code):
    """Work on a study until it has all its trials; write the trials of this worker.

    files: `DatasetFiles` of the training objects. folds, output: paths; the journal that all workers share is beside
    the output. about: {"study", "model", "worker"}. settings: {"seed", "target", "metric", and the blocks "training",
    "selection" and "model" of the configuration}; budget: number of trials in the study. code: digest of the code; each
    state of the code has a study of its own.
    """
    training, model = settings["training"], settings["model"]
    dataset = read_dataset(files, training, needs_of(model))
    rows, labels = tuning_folds(about["study"], read_columns(folds), dataset.object_id)
    classes, names, kinds = encode_classes(labels, model["classes"], training, settings["target"])
    objects = Labelled.of(dataset.take(rows), classes, len(names), labels["event"], kinds)
    seed = derived_seed(settings["seed"], "tune", about["study"], about["model"])
    spec = with_selection(model, settings["selection"])
    objective = cross_validated(objects, labels, spec, settings["metric"], seed)
    space = learner(model["learner"], model["params"]).SEARCH_SPACE
    paths = map(Path, (files.features, *files.lightcurves, *files.posteriors, folds))
    name = study_name(*paths, code, repr(settings), repr(about["study"]))
    journal = Path(output).parent / "journal.log"
    trials = tune(journal, name, space, model["params"], objective, budget, int(about["worker"]), seed)
    write_table(output, trial_table(trials, space))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        wildcards = snakemake.wildcards
        study = study_of(wildcards.training, wildcards.protocol, wildcards.repeat)
        main(
            DatasetFiles(given.train, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            given.folds,
            snakemake.output[0],
            {"study": study, "model": wildcards.model, "worker": wildcards.worker},
            snakemake.params.settings,
            snakemake.params.budget["trials"],
            snakemake.params.code,
        )
