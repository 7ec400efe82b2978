"""Gather the trials of all workers of a study; write the best parameters and figures of the search."""

import logging
from pathlib import Path

import numpy as np

from mallorn.io.tables import read_columns, write_table
from mallorn.learners.learner import learner
from mallorn.learning.parameters import write_best
from mallorn.learning.training_sets import study_of
from mallorn.learning.tuning import best_parameters, importances
from mallorn.plots.tuning import plot_history, plot_importance
from mallorn.seeds import derived_seed


def main(workers, trials, best, figures, about, settings):
    """Write the table of all trials, the best parameters as YAML, and the figures.

    workers: paths of the trials of each worker. trials, best: paths; figures: {"history", "importance"}: paths of PNG
    files; SVGs are written beside them. about: {"study", "model"}. settings: {"seed", "metric", "model"}.
    """
    model = settings["model"]
    space = learner(model["learner"], model["params"]).SEARCH_SPACE
    parts = [read_columns(path) for path in workers]
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(table["number"], kind="stable")
    table = {name: values[order] for name, values in table.items()}
    params, value = best_parameters(table, space, model["params"])
    shares = importances(table, space, derived_seed(settings["seed"], "choose_parameters"))
    write_table(trials, table)
    plot_history(table, settings["metric"], Path(figures["history"]).with_suffix(""))
    plot_importance(shares, Path(figures["importance"]).with_suffix(""))
    write_best(best, about["model"], about["study"], params, value, len(order), shares)
    logging.getLogger(__name__).info(
        "%s: %s %.4f after %d trials", about["model"], settings["metric"], value, len(order)
    )


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        wildcards = snakemake.wildcards
        study = study_of(wildcards.training, wildcards.protocol, wildcards.repeat)
        main(
            snakemake.input,
            snakemake.output.trials,
            snakemake.output.best,
            {name: snakemake.output[name] for name in ("history", "importance")},
            {"study": study, "model": wildcards.model},
            snakemake.params.settings,
        )
