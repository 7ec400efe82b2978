"""Choose the calibration and the threshold of the submission on out-of-fold predictions."""

import json
import logging

import numpy as np

from mallorn.augmentation.early import known_ages
from mallorn.decide.decision import make_decision
from mallorn.decide.predictions import read_out_of_fold
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.folds import fold_of
from mallorn.survey.as_of import Trigger
from mallorn.survey.copies import cuts_of


def main(out_of_fold, folds, output, settings, copies=None):
    """Write a JSON file with the decision (see `mallorn.decide.decision`) and its origin.

    Copies in several cuts have a further decision for each cut: "cuts", {name: decision}. Copies at ages have one
    decision for all ages.

    out_of_fold: paths of the predictions of all repeats of one model and protocol. folds, output: paths.
    settings: {"threshold", "calibration"}, blocks of the configuration. copies: {"points", "objects": path, "trigger"}
    of copies at ages, whose calibration may depend on the age; None for others.
    """
    table, parts, of_cuts = read_columns(folds), [], {}
    age = known_ages(copies["points"], copies["objects"], Trigger(**copies["trigger"])) if copies else None
    for path in out_of_fold:
        p = read_out_of_fold(path)
        parts.append((fold_of(table, p.protocol, p.repeat, p.object_id)["target"], p.probability, p.fold))
        if age:
            parts[-1] += (np.array([age[name] for name in p.object_id]),)
        cuts = cuts_of(p.object_id)
        for cut in dict.fromkeys(cuts):
            of_cuts.setdefault(cut, []).append(tuple(values[cuts == cut] for values in parts[-1]))
    decision = make_decision(settings, parts)
    if set(of_cuts) != {""} and not age:
        decision["cuts"] = {cut: make_decision(settings, of) for cut, of in of_cuts.items()}
    about = {"target": p.names[0], "model": p.model, "protocol": p.protocol, "repeats": len(out_of_fold)}
    write_text(output, json.dumps({**decision, **settings["threshold"], **about}, indent=2) + "\n")
    message = "threshold %.4f +- %.4f by the rule %s, calibration %s"
    values = (
        decision["threshold"],
        decision["spread"],
        settings["threshold"]["rule"],
        settings["calibration"]["method"],
    )
    logging.getLogger(__name__).info(message, *values)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.out_of_fold,
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.params.get("copies"),
        )
