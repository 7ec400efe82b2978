"""Learn to tell unusual objects, from the objects of one training set and their probabilities."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.decide.decision import decide_classes
from mallorn.decide.outliers import find_outliers, learn_outliers, write_detector
from mallorn.decide.predictions import mean_of_files
from mallorn.errors import DataError
from mallorn.learning.tables import DatasetFiles, read_dataset, rows_of


def main(train, out_of_fold, threshold, output, settings):
    """Write the `mallorn.decide.outliers.Detector` of the objects that have out-of-fold predictions.

    train: path of their features. out_of_fold: paths of the predictions of all repeats, which are averaged. threshold:
    path of the decision, which calibrates the probabilities. settings: {"seed", "training", "outliers"} of the
    configuration.
    """
    object_id, probability, _ = mean_of_files(out_of_fold)
    probability, _ = decide_classes(json.loads(Path(threshold).read_text(encoding="utf-8")), probability)
    dataset = read_dataset(DatasetFiles(train), settings["training"], ("features",))
    rows = rows_of(object_id, dataset.object_id)
    if (rows < 0).any():
        raise DataError(f"{train}: lacks objects of {out_of_fold[0]}; delete results/predictions, run again")
    values = dataset.features.values[rows]
    detector = learn_outliers(dataset.features.columns, values, probability, settings["outliers"], settings["seed"])
    write_detector(output, detector)
    top = np.argsort(-find_outliers(detector, values, probability), kind="stable")[:5]
    told = ", ".join(str(object_id[k]) for k in top)
    logging.getLogger(__name__).info("%d objects, the most unusual ones: %s", len(object_id), told)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.train,
            list(snakemake.input.out_of_fold),
            snakemake.input.threshold,
            snakemake.output[0],
            snakemake.params.settings,
        )
