"""Write the submission and the probabilities of the test objects."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.decide.decision import decide_classes
from mallorn.decide.predictions import mean_of_files
from mallorn.decide.submission import in_submission_order, write_probabilities, write_submission
from mallorn.io.tables import read_columns


def main(metadata, predictions, threshold, submission, probabilities):
    """Write both CSV files, with the objects of the sample submission in its order.

    metadata: path of the objects' table, whose column `submission_row` is that order. predictions: paths of the
    test predictions of all repeats, which are averaged. threshold: path of the JSON file of choose_threshold.
    """
    log = read_columns(metadata, ["object_id", "submission_row"])
    listed = np.flatnonzero(log["submission_row"] >= 0)
    object_id = log["object_id"][listed[np.argsort(log["submission_row"][listed])]]
    ids, mean, names = mean_of_files(predictions)
    probability = in_submission_order(ids, mean, object_id)
    decision = json.loads(Path(threshold).read_text(encoding="utf-8"))
    calibrated, chosen = decide_classes(decision, probability)
    write_probabilities(probabilities, object_id, calibrated, names)
    write_submission(submission, object_id, chosen)
    message = "%d of %d test objects have a probability of at least %.4f (rule %s)"
    logging.getLogger(__name__).info(message, chosen.sum(), len(object_id), decision["threshold"], decision["rule"])


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.input.predictions,
            snakemake.input.threshold,
            snakemake.output.submission,
            snakemake.output.probabilities,
        )
