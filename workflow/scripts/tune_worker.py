"""One of the workers that look for better parameters of a model."""

from pathlib import Path

from mallorn.io.tables import read_columns, write_table
from mallorn.learners.learner import learner
from mallorn.learning.training import classify, read_features
from mallorn.learning.training_sets import study_of
from mallorn.learning.tuning import cross_validated, study_name, trial_table, tune, tuning_folds
from mallorn.seeds import derived_seed


def main(train, folds, output, about, settings, budget, code):
    """Work on a study until it has its trials; write those of this worker.

    train, folds, output: paths; the journal that all workers of the study share lies beside the output.
    about: {"study", "model", "worker"}. settings: {"seed", "metric", and the blocks "training", "selection" and "model"
    of the configuration}; budget: trials of the study. code: digest of the code: its trials are a study of their own.
    """
    training, model = settings["training"], settings["model"]
    table, folds_table = read_features(train, training), read_columns(folds)
    rows, labels = tuning_folds(about["study"], folds_table, table.object_id)
    table = table.rows(rows)
    classes, names, kinds = classify(labels, model["classes"], training)
    seed = derived_seed(settings["seed"], "tune", about["study"], about["model"])
    objective = cross_validated(
        *(table.values, classes, len(names), labels, model, settings["metric"], seed),
        selection=settings["selection"] if model["selection"] else None,
        kinds=kinds,
    )
    space = learner(model["learner"], model["params"]).SEARCH_SPACE
    name = study_name(Path(train), Path(folds), code, repr(settings), repr(about["study"]))
    journal = Path(output).parent / "journal.log"
    trials = tune(journal, name, space, model["params"], objective, budget, int(about["worker"]), seed)
    write_table(output, trial_table(trials, space))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        wildcards = snakemake.wildcards
        study = study_of(wildcards.training, wildcards.protocol, wildcards.repeat)
        main(
            snakemake.input.train,
            snakemake.input.folds,
            snakemake.output[0],
            {"study": study, "model": wildcards.model, "worker": wildcards.worker},
            snakemake.params.settings,
            snakemake.params.budget["trials"],
            snakemake.params.code,
        )
