"""SHAP values of one model: of the most probable test objects, and their mean over a sample of all."""

import logging

import numpy as np

from mallorn.decide.predictions import mean_of_files
from mallorn.io.tables import write_table
from mallorn.learning.explanations import candidate_table, explained_rows, global_table
from mallorn.learning.model_files import mean_contributions, read_fits
from mallorn.learning.tables import DatasetFiles, has_redshift, read_objects


def main(models, files, held_out, candidates, everywhere, settings):
    """Write the tables `candidates` (see `candidate_table`) and `everywhere` (see `global_table`).

    models: folders of the fits of all repeats. files: `DatasetFiles` of the test objects; those without redshift are
    left out. held_out: paths of their probabilities in all repeats. settings: {"seed", "explanations"} of the
    configuration.
    """
    options = settings["explanations"]
    object_id, probability, names = mean_of_files(held_out)
    known = np.flatnonzero(has_redshift(files.features))  # other models score the others
    numbers = options["candidates"], options["sample"], settings["seed"]
    best, drawn = (known[rows] for rows in explained_rows(probability[known, 0], *numbers))
    rows = np.concatenate([best, drawn])
    fits = [read_fits(folder) for folder in models]
    dataset = read_objects(files, fits[0].columns, rows, {"features", *fits[0].needs})
    table = dataset.features
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
        given = snakemake.input
        main(
            given.models,
            DatasetFiles(given.test, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            given.held_out,
            snakemake.output.candidates,
            snakemake.output.everywhere,
            snakemake.params.settings,
        )
