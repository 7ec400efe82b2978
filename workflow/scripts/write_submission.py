"""Write the submission and the probabilities of the test objects."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.decide.by_redshift import decided_by_redshift
from mallorn.decide.submission import in_submission_order, write_probabilities, write_submission
from mallorn.io.tables import read_columns
from mallorn.survey.lightcurves import redshift_kind


def main(metadata, decisions, submission, probabilities):
    """Write both CSV files, with objects in the order of the sample submission.

    metadata: path of the objects' table, whose column `submission_row` is that order. decisions: {"predictions",
    "threshold", "without", "without_threshold"}: paths of the test predictions of all repeats, which are averaged, and
    of the JSON files of choose_threshold; the last two are of models trained without redshifts, if there are any.
    """
    log = read_columns(metadata, ["object_id", "submission_row", "Z", "Z_err"])
    listed = np.flatnonzero(log["submission_row"] >= 0)
    rows = listed[np.argsort(log["submission_row"][listed])]
    object_id, kind = log["object_id"][rows], redshift_kind(log["Z"][rows], log["Z_err"][rows])
    found = decided_by_redshift(**decisions, unknown=set(object_id[kind == "none"]))
    probability, chosen = (
        in_submission_order(found.object_id, values, object_id) for values in (found.probability, found.chosen)
    )
    write_probabilities(probabilities, object_id, probability, found.names, {"redshift_kind": kind})
    write_submission(submission, object_id, chosen, np.isfinite(probability[:, 0]))
    decision = json.loads(Path(decisions["threshold"]).read_text(encoding="utf-8"))
    message = "%d of %d test objects have a probability of at least %.4f (rule %s)"
    logging.getLogger(__name__).info(message, chosen.sum(), len(object_id), decision["threshold"], decision["rule"])


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            {
                "predictions": snakemake.input.predictions,
                "threshold": snakemake.input.threshold,
                "without": snakemake.input.get("without", []),
                "without_threshold": "".join(snakemake.input.get("without_threshold", [])),
            },
            snakemake.output.submission,
            snakemake.output.probabilities,
        )
