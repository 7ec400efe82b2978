"""Rank the new objects by the probability of the class sought, with what an observer wants to know first."""

import logging

import numpy as np

from mallorn.decide.domain import read_domain
from mallorn.decide.submission import read_classified
from mallorn.io.tables import read_columns, write_table
from mallorn.report.candidates import candidate_table, write_candidates_csv
from mallorn.report.store import Store
from mallorn.report.votable import write_votable
from mallorn.runs.inputs import input_columns, line, read_input


def main(store, about, classified, features, outputs):
    """Write the table of the new objects that have a probability, as Parquet, CSV and VOTable.

    All three name their data.

    store: `Store` of the new objects. about: {"metadata", "source" (file of record_input), "domain" (of the model):
    path}. classified: paths of both files of classify. features: path. outputs: {"table", "csv", "votable": path}.
    """
    object_id, classes, chosen, outlier = read_classified(*classified)
    rows = np.flatnonzero(np.isfinite(next(iter(classes.values()))))
    ranked = {"object_id": object_id[rows], "classes": {name: p[rows] for name, p in classes.items()}}
    ranked |= {"spread": np.full(len(rows), np.nan), "chosen": chosen[rows], "outlier": outlier[rows]}
    table = candidate_table(store, read_columns(about["metadata"]), ranked, features, read_domain(about["domain"]))
    of = read_input(about["source"])
    write_table(outputs["table"], table, metadata={"input": of["data"], "input_sha256": of["sha256"]})
    write_candidates_csv(outputs["csv"], table | input_columns(about["source"], len(rows)))
    write_votable(outputs["votable"], table, next(iter(classes)), line(of))
    logging.getLogger(__name__).info("%d of %d new objects ranked", len(rows), len(object_id))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        given = snakemake.input
        main(
            Store.of(snakemake.params.splits, given.lightcurves, given.objects, given.posterior, given.hypotheses),
            {"metadata": given.metadata, "source": given.source, "domain": snakemake.params.domain},
            (given.probabilities, given.predictions),
            given.features,
            {name: snakemake.output[name] for name in ("table", "csv", "votable")},
        )
