"""Adversarial validation: how test objects differ from training objects, and weights that correct for it."""

from mallorn.evaluate.audits.shift import TEST_OBJECTS, adversarial_validation, audit_shift, importance_weights
from mallorn.evaluate.audits.verdict import write_verdict
from mallorn.io.tables import write_table
from mallorn.learning.tables import read_features
from mallorn.seeds import derived_seed


def main(train, test, output, weights, settings, threads):
    """Write the verdict of `mallorn.evaluate.audits.shift`, and a table of the training objects: object_id and weight.

    train, test: paths of the feature tables; output, weights: paths of the verdict and of the table.
    settings: {"seed", "folds", "training", "audits"} of the configuration. threads: fits at a time.
    """
    training, audits = settings["training"], settings["audits"]
    inside, outside = read_features(train, training), read_features(test, training, TEST_OBJECTS, settings["seed"])
    seed, number, n_train = derived_seed(settings["seed"], "shift"), settings["folds"]["number"], len(inside.object_id)
    probability, importance = adversarial_validation(
        inside.values, outside.values, audits["model"], number, seed, threads
    )
    weight = importance_weights(probability, n_train, audits["largest_weight"])
    write_table(weights, {"object_id": inside.object_id, "weight": weight})
    write_verdict(output, audit_shift(inside.columns, probability, importance, n_train, audits["shift"]))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.input.train,
            snakemake.input.test,
            snakemake.output.verdict,
            snakemake.output.weights,
            snakemake.params.settings,
            snakemake.threads,
        )
