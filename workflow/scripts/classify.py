"""Score new objects with the model in results/model, without training anything."""

import logging

import numpy as np
import pyarrow.parquet as pq

from mallorn.decide.bundle import check_bundle, decide_scores, ensemble_scores, installed, read_bundle, read_scorers
from mallorn.decide.by_redshift import tell_not_scored
from mallorn.decide.submission import write_probabilities, write_submission
from mallorn.families.family import by_reason
from mallorn.ingest.positions import known_of
from mallorn.io.tables import read_columns, read_notes
from mallorn.learning.tables import DatasetFiles, dataset_groups
from mallorn.survey.lightcurves import redshift_kind


def main(model, metadata, files, probabilities, predictions, state):
    """Write the CSV files of probabilities and of predictions, with redshift_kind, in the order of the log.

    An object without redshift is scored by the models that were trained so; its cells are empty if the model has none.

    Beside the probabilities stand what is known of the objects: redshift, position and host.

    model: folder of the model. metadata: path. files: `DatasetFiles` of the new objects. state: what features are made
    by here, see `mallorn.decide.bundle`.
    """
    manifest = read_bundle(model)
    check_bundle(model, manifest, state, installed(), pq.read_schema(files.features).names)
    tell_unknown(manifest["features"], read_notes(files.features))
    log = read_columns(files.features, ["object_id", "Z", "Z_err"])
    object_id, kind = log["object_id"], redshift_kind(log["Z"], log["Z_err"])
    known, scorers, classes = kind != "none", read_scorers(model, manifest), manifest["classes"]
    raw = _scores(scorers, files, manifest, known)
    probability, chosen = decide_scores(scorers, raw, known)
    tell_not_scored(probability)
    about = known_of(read_columns(metadata), object_id)
    write_probabilities(probabilities, object_id, probability, classes, about)
    write_submission(predictions, object_id, chosen, np.isfinite(probability[:, 0]), redshift_kind=kind)
    message = "%d of %d objects have a probability of at least the threshold, %.4f with a redshift"
    logging.getLogger(__name__).info(message, chosen.sum(), len(chosen), scorers[True].decision["threshold"])


def _scores(scorers, files, manifest, known):
    """Return the probabilities (n, C) of all objects of `files`, a group of which is in memory at a time."""
    found, begin = [np.empty((0, len(manifest["classes"])))], 0
    for part in dataset_groups(files, manifest["features"], manifest["needs"]):
        here = known[begin : begin + len(part)]
        found.append(ensemble_scores(scorers, part, here, len(manifest["classes"])))
        begin += len(part)
    return np.concatenate(found)


def tell_unknown(wanted, unknown):
    """Log which of the model's features `wanted` the new objects' survey cannot have, and why."""
    lacking = {column: unknown[column] for column in wanted if column in unknown}
    log = logging.getLogger(__name__)
    if lacking:
        log.warning("%d of the model's %d features are unknown for all new objects", len(lacking), len(wanted))
    for why, columns in by_reason(lacking).items():
        log.warning("%d of them, such as %s: %s", len(columns), columns[0], why)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(
            snakemake.params.model,
            given.metadata,
            DatasetFiles(given.features, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            snakemake.output.probabilities,
            snakemake.output.predictions,
            snakemake.params.state,
        )
