"""Write the submission and the probabilities of the test objects."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.decide.decision import decide
from mallorn.decide.predictions import mean_probability
from mallorn.decide.submission import in_submission_order, write_probabilities, write_submission
from mallorn.io.tables import read_columns


def main(logs, predictions, threshold, submission, probabilities):
    """Write both CSV files, with the objects of the sample submission in its order.

    logs: path of the logs, whose column `submission_row` is that order. predictions: paths of the test predictions of
    all repeats, which are averaged. threshold: path of the JSON file of choose_threshold.
    """
    log = read_columns(logs, ["object_id", "submission_row"])
    listed = np.flatnonzero(log["submission_row"] >= 0)
    object_id = log["object_id"][listed[np.argsort(log["submission_row"][listed])]]
    probability = in_submission_order(*mean_probability(predictions), object_id)
    decision = json.loads(Path(threshold).read_text(encoding="utf-8"))
    calibrated, chosen = decide(decision, probability)
    write_probabilities(probabilities, object_id, calibrated)
    write_submission(submission, object_id, chosen)
    message = "%d of %d test objects have a probability of at least %.4f (rule %s)"
    logging.getLogger(__name__).info(message, chosen.sum(), len(object_id), decision["threshold"], decision["rule"])


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.logs,
            snakemake.input.predictions,
            snakemake.input.threshold,
            snakemake.output.submission,
            snakemake.output.probabilities,
        )
