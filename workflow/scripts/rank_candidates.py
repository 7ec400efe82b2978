"""Rank all test objects by the probability of the class sought, with what an observer asks first."""

import logging

import numpy as np

from mallorn.decide.by_redshift import decided_by_redshift
from mallorn.io.tables import read_columns, write_table
from mallorn.report.candidates import candidate_table, write_candidates_csv, write_votable
from mallorn.report.store import Store


def main(store, decisions, features, table, text, votable):
    """Write the table of candidates as Parquet, CSV and VOTable. Objects that no model can score are not in it.

    store: `Store`. decisions: as of write_submission. The others are paths, `features` of the test objects.
    """
    log = read_columns(features, ["object_id", "Z"])
    found = decided_by_redshift(**decisions, unknown=set(log["object_id"][~np.isfinite(log["Z"])]))
    rows = np.flatnonzero(np.isfinite(found.probability[:, 0]))
    classes = dict(zip(found.names, found.probability[rows].T, strict=True))
    chosen = found.chosen[rows]
    ranked = candidate_table(store, found.object_id[rows], classes, found.spread[rows], chosen, features)
    write_table(table, ranked)
    write_candidates_csv(text, ranked)
    write_votable(votable, ranked)
    logging.getLogger(__name__).info("%d test objects ranked, %d chosen", len(rows), chosen.sum())


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(
            Store.of(snakemake.params.splits, given.lightcurves, given.objects, given.posterior, given.hypotheses),
            {
                "predictions": given.predictions,
                "threshold": given.threshold,
                "without": given.get("without", []),
                "without_threshold": "".join(given.get("without_threshold", [])),
            },
            given.features,
            snakemake.output.table,
            snakemake.output.csv,
            snakemake.output.votable,
        )
