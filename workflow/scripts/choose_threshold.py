"""Choose the threshold of the submission on out-of-fold predictions."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.folds import fold_of
from mallorn.predictions import read_out_of_fold
from mallorn.tables import read_columns
from mallorn.thresholds import crossed_thresholds


def main(out_of_fold, folds, output, settings):
    """Write a JSON file with the threshold: the mean of the crossed thresholds of all folds and repeats.

    One threshold rests on a few objects near it; the mean over folds and repeats scatters less.

    out_of_fold: paths of the predictions of all repeats of one model and protocol. folds, output: paths.
    settings: {"threshold": block of the configuration}.
    """
    table, options = read_columns(folds), settings["threshold"]
    thresholds = []
    for path in out_of_fold:
        p = read_out_of_fold(path)
        target = fold_of(table, p.protocol, p.repeat, p.object_id)["target"]
        of_object = crossed_thresholds(options, target, p.probability, p.fold)
        thresholds += [float(of_object[p.fold == k][0]) for k in np.unique(p.fold)]
    chosen = {
        "threshold": float(np.mean(thresholds)),
        "spread": float(np.std(thresholds)),
        **options,
        "model": p.model,
        "protocol": p.protocol,
        "repeats": len(out_of_fold),
    }
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    Path(output).write_text(json.dumps(chosen, indent=2) + "\n", encoding="utf-8")
    message = "threshold %.4f +- %.4f by the rule %s"
    logging.getLogger(__name__).info(message, chosen["threshold"], chosen["spread"], options["rule"])


if "snakemake" in globals():
    from mallorn.logs import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
        )
