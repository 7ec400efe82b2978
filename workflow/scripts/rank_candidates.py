"""Rank all test objects by the probability of the class sought, with what an observer wants to know first."""

import logging
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mallorn.decide.by_redshift import decided_by_redshift
from mallorn.decide.domain import of_training_sets, read_domain
from mallorn.decide.outliers import Detectors
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.tables import feature_columns, feature_groups, rows_of
from mallorn.learning.training_sets import FINAL, WITHOUT_REDSHIFT
from mallorn.report.candidates import candidate_table, write_candidates_csv
from mallorn.report.on_tree import on_tree_columns
from mallorn.report.store import Store
from mallorn.report.votable import write_votable
from mallorn.runs.inputs import line, read_input


def main(store, about, decisions, features, outputs, training):
    """Write the table of candidates as Parquet, CSV and VOTable, without objects that no model can score.

    store: `Store`. about: {"metadata", "source" (file of record_input), "domain" (of the training sets): path,
    "outliers": paths of the detectors of training sets, "tree": path of the table of the objects on the tree of
    classes, or None}. decisions: as for write_submission. features: path, of the test objects. outputs: {"table",
    "csv", "votable": path}. training: that block of the configuration.
    """
    log = read_columns(features, ["object_id", "Z"])
    found = decided_by_redshift(**decisions, unknown=set(log["object_id"][~np.isfinite(log["Z"])]))
    rows = np.flatnonzero(np.isfinite(found.probability[:, 0]))
    classes = dict(zip(found.names, found.probability[rows].T, strict=True))
    ranked = {"object_id": found.object_id[rows], "classes": classes}
    ranked |= {"spread": found.spread[rows], "chosen": found.chosen[rows]}
    ranked["outlier"] = _outliers(about["outliers"], features, training, log, found)[rows]
    domain = of_training_sets(read_domain(about["domain"]), FINAL, WITHOUT_REDSHIFT)
    table = candidate_table(store, read_columns(about["metadata"]), ranked, features, domain)
    table |= on_tree_columns(about["tree"], table["object_id"])
    write_table(outputs["table"], table)
    write_candidates_csv(outputs["csv"], table)
    write_votable(outputs["votable"], table, found.names[0], line(read_input(about["source"])))
    logging.getLogger(__name__).info("%d test objects ranked, %d chosen", len(rows), found.chosen[rows].sum())


def _outliers(paths, features, training, log, found):
    """Return how unusual each of the objects `found` is, (n,); the table of features is read group by group."""
    columns = feature_columns(pq.read_schema(features).names, training)
    place = rows_of(log["object_id"], found.object_id)
    scorer = np.where(np.isfinite(log["Z"]), FINAL, WITHOUT_REDSHIFT)
    detectors, unusual, begin = Detectors({Path(path).stem: path for path in paths}), np.full(len(place), np.nan), 0
    for part in feature_groups(features, columns):
        end = begin + len(part.object_id)
        rows = place[begin:end]
        unusual[rows] = detectors.judge(scorer[begin:end], columns, part.values, found.probability[rows])
        begin = end
    return unusual


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(
            Store.of(snakemake.params.splits, given.lightcurves, given.objects, given.posterior, given.hypotheses),
            {
                **{name: given[name] for name in ("metadata", "source", "domain", "outliers")},
                "tree": next(iter(snakemake.params.tree), None),
            },
            {
                "predictions": given.predictions,
                "threshold": given.threshold,
                "without": given.get("without", []),
                "without_threshold": "".join(given.get("without_threshold", [])),
            },
            given.features,
            {name: snakemake.output[name] for name in ("table", "csv", "votable")},
            snakemake.params.settings,
        )
