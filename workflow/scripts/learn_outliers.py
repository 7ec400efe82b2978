"""Learn to tell unusual objects, from the forest of one training set and the probabilities of its objects."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.decide.decision import decide_classes
from mallorn.decide.outliers import learn_outliers, outlier_scores, read_forest, write_detector
from mallorn.decide.predictions import mean_of_files
from mallorn.errors import DataError


def main(forest, out_of_fold, threshold, output):
    """Write the `mallorn.decide.outliers.Detector` of the objects that have out-of-fold predictions.

    forest: path of their `Forest`. out_of_fold: paths of the predictions of all repeats, which are averaged. threshold:
    path of the decision, which calibrates the probabilities.
    """
    object_id, probability, _ = mean_of_files(out_of_fold)
    probability, _ = decide_classes(json.loads(Path(threshold).read_text(encoding="utf-8")), probability)
    grown = read_forest(forest)
    if not np.array_equal(grown.object_id, object_id):
        raise DataError(f"{forest}: has other objects than {out_of_fold[0]}; delete results/predictions, run again")
    detector = learn_outliers(grown, probability)
    write_detector(output, detector)
    top = np.argsort(-outlier_scores(detector, grown.isolation, probability), kind="stable")[:5]
    told = ", ".join(str(object_id[k]) for k in top)
    logging.getLogger(__name__).info("%d objects, the most unusual ones: %s", len(object_id), told)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(given.forest, list(given.out_of_fold), given.threshold, snakemake.output[0])
