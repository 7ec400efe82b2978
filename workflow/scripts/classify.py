"""Score new objects with the model in results/model, without training anything."""

import logging

import pyarrow.parquet as pq

from mallorn.decide.bundle import check_bundle, installed, read_bundle, read_members, score
from mallorn.decide.submission import write_probabilities, write_submission
from mallorn.families.family import by_reason
from mallorn.ingest.positions import known_of
from mallorn.io.tables import read_columns, read_notes
from mallorn.learning.tables import DatasetFiles, dataset_groups


def main(model, metadata, files, probabilities, predictions, state):
    """Write the CSV files object_id, probability(ies) and object_id, prediction, in the order of the log.

    Beside the probabilities stand what is known of the objects: redshift, position and host.

    model: folder of the model. metadata: path. files: `DatasetFiles` of the new objects. state: what features are made
    by here, see `mallorn.decide.bundle`.
    """
    manifest = read_bundle(model)
    check_bundle(model, manifest, state, installed(), pq.read_schema(files.features).names)
    tell_unknown(manifest["features"], read_notes(files.features))
    object_id = read_columns(files.features, ["object_id"])["object_id"]
    parts = dataset_groups(files, manifest["features"], manifest["needs"])
    probability, chosen = score(manifest, read_members(model, manifest), parts)
    known = known_of(read_columns(metadata), object_id)
    write_probabilities(probabilities, object_id, probability, manifest["classes"], known)
    write_submission(predictions, object_id, chosen)
    message = "%d of %d objects have a probability of at least %.4f"
    logging.getLogger(__name__).info(message, chosen.sum(), len(chosen), manifest["decision"]["threshold"])


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
