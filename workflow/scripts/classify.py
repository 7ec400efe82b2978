"""Score new objects with the model in results/model, without training anything."""

import logging

import pyarrow.parquet as pq

from mallorn.decide.bundle import check_product, installed, read_product, score
from mallorn.decide.submission import write_probabilities, write_submission
from mallorn.features.family import by_reason
from mallorn.io.tables import read_columns, read_notes
from mallorn.learning.training import feature_groups


def main(model, features, probabilities, predictions, state):
    """Write the CSV files object_id, probability and object_id, prediction, in the order of the log.

    model: folder of the model. features: path of the feature table. state: what features are made by here, see
    `mallorn.decide.bundle`.
    """
    manifest = read_product(model)
    check_product(model, manifest, state, installed(), pq.read_schema(features).names)
    tell_unknown(manifest["features"], read_notes(features))
    object_id = read_columns(features, ["object_id"])["object_id"]
    groups = (part.values for part in feature_groups(features, manifest["features"]))
    probability, chosen = score(model, manifest, groups)
    write_probabilities(probabilities, object_id, probability)
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
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.params.model,
            snakemake.input.features,
            snakemake.output.probabilities,
            snakemake.output.predictions,
            snakemake.params.state,
        )
