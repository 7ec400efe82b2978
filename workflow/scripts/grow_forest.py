"""Grow the forest that tells which objects of one training set stand apart; no probability plays a part."""

import numpy as np

from mallorn.decide.outliers import grow_forest, write_forest
from mallorn.learning.tables import DatasetFiles, has_redshift, read_dataset
from mallorn.learning.training_sets import training_rows


def main(train, output, training, settings):
    """Write the `mallorn.decide.outliers.Forest` of the objects of a training set.

    train: path of their features. settings: {"seed", "training", "outliers"} of the configuration.
    """
    dataset = read_dataset(DatasetFiles(train), settings["training"], ("features",))
    known = has_redshift(train)
    rows, _ = training_rows(training, np.zeros(len(known), dtype=int), known)
    table = dataset.features.take(rows)
    forest = grow_forest(table.object_id, table.columns, table.values, settings["outliers"], settings["seed"])
    write_forest(output, forest)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input[0], snakemake.output[0], snakemake.wildcards.training, snakemake.params.settings)
