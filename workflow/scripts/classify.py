"""Score new objects with the model in results/model, without training anything."""

import logging

import pyarrow.parquet as pq

from mallorn.decide.bundle import check_product, installed, read_product, score
from mallorn.decide.submission import write_probabilities, write_submission
from mallorn.io.tables import read_columns
from mallorn.learning.training import feature_groups


def main(model, features, probabilities, predictions, state):
    """Write the CSV files object_id, probability and object_id, prediction, in the order of the log.

    model: folder of the model. features: path of the feature table. state: what features are made by here, see
    `mallorn.decide.bundle`.
    """
    manifest = read_product(model)
    check_product(model, manifest, state, installed(), pq.read_schema(features).names)
    object_id = read_columns(features, ["object_id"])["object_id"]
    groups = (part.values for part in feature_groups(features, manifest["features"]))
    probability, chosen = score(model, manifest, groups)
    write_probabilities(probabilities, object_id, probability)
    write_submission(predictions, object_id, chosen)
    message = "%d of %d objects have a probability of at least %.4f"
    logging.getLogger(__name__).info(message, chosen.sum(), len(chosen), manifest["decision"]["threshold"])


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.params.model,
            snakemake.input.features,
            snakemake.output.probabilities,
            snakemake.output.predictions,
            snakemake.params.state,
        )
