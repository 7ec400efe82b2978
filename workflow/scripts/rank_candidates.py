"""Rank all test objects by the probability of the class sought, with what an observer asks first."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.decide.decision import decide, decide_classes
from mallorn.decide.predictions import read_held_out
from mallorn.io.tables import read_columns, write_table
from mallorn.report.candidates import candidate_table, write_candidates_csv
from mallorn.report.store import Store
from mallorn.report.votable import write_votable


def main(store, metadata, predictions, threshold, features, outputs):
    """Write the table of candidates as Parquet, CSV and VOTable.

    store: `Store`. outputs: {"table", "csv", "votable": path}. The others are paths, predictions one for each repeat.
    """
    decision = json.loads(Path(threshold).read_text(encoding="utf-8"))
    repeats = [read_held_out(path) for path in predictions]
    object_id = repeats[0].object_id
    place = [{name: k for k, name in enumerate(r.object_id)} for r in repeats]
    probability = np.stack([r.classes[[of[name] for name in object_id]] for r, of in zip(repeats, place, strict=True)])
    calibrated = np.stack([decide(decision, p[:, 0])[0] for p in probability])
    mean, chosen = decide_classes(decision, probability.mean(axis=0))
    classes = dict(zip(repeats[0].names, mean.T, strict=True))
    ranked = {"object_id": object_id, "classes": classes, "spread": calibrated.std(axis=0), "chosen": chosen}
    table = candidate_table(store, read_columns(metadata), ranked, features)
    write_table(outputs["table"], table)
    write_candidates_csv(outputs["csv"], table)
    write_votable(outputs["votable"], table, decision["target"])
    logging.getLogger(__name__).info("%d test objects ranked, %d chosen", len(object_id), chosen.sum())


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(
            Store.of(snakemake.params.splits, given.lightcurves, given.objects, given.posterior, given.hypotheses),
            given.metadata,
            given.predictions,
            given.threshold,
            given.features,
            {name: snakemake.output[name] for name in ("table", "csv", "votable")},
        )
