"""SHAP values of one model: of the most probable test objects, and on the mean over a sample of all."""

import logging

import numpy as np

from mallorn.decide.predictions import mean_of_files
from mallorn.io.tables import write_table
from mallorn.learning.dataset import Dataset
from mallorn.learning.explanations import candidate_table, explained_rows, global_table
from mallorn.learning.model_files import mean_contributions, read_fits
from mallorn.learning.tables import has_redshift, read_feature_columns


def main(models, test, held_out, candidates, everywhere, settings):
    """Write the tables `candidates` (see `candidate_table`) and `everywhere` (see `global_table`).

    models: folders of the fits of all repeats. test: path of the feature table of the test objects, of which those
    without redshift are left out; held_out: paths of their probabilities in all repeats. settings: {"seed",
    "explanations"} of the configuration.
    """
    options = settings["explanations"]
    object_id, probability, names = mean_of_files(held_out)
    known = np.flatnonzero(has_redshift(test))  # others are scored by other models
    numbers = options["candidates"], options["sample"], settings["seed"]
    best, drawn = (known[rows] for rows in explained_rows(probability[known, 0], *numbers))
    rows = np.concatenate([best, drawn])
    fits = [read_fits(folder) for folder in models]
    table = read_feature_columns(test, fits[0].columns, rows)
    dataset = Dataset(table.object_id, features=table)
    shap = np.mean([mean_contributions(one, dataset) for one in fits], axis=0)
    n = len(best)
    write_table(
        candidates,
        candidate_table(table.object_id[:n], table.columns, table.values[:n], shap[:n], options["features"]),
        metadata={"scale": f"margin of the class {names[0]}, mean over fits"},
    )
    write_table(everywhere, global_table(table.columns, shap[n:]))
    logging.getLogger(__name__).info("%d candidates and %d other objects explained", n, len(drawn))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.input.models,
            snakemake.input.test,
            snakemake.input.held_out,
            snakemake.output.candidates,
            snakemake.output.everywhere,
            snakemake.params.settings,
        )
