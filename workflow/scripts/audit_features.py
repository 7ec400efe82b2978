"""Audit single features: constant, missing by class or by set, or too good alone."""

from mallorn.evaluate.audits.features import audit_features, describe_features
from mallorn.evaluate.audits.shift import TEST_OBJECTS
from mallorn.evaluate.audits.verdict import write_verdict
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import fold_of
from mallorn.learning.tables import read_features


def main(train, test, folds, output, features, settings):
    """Write the verdict of `mallorn.evaluate.audits.features`, and the numbers for each feature as CSV.

    train, test, folds: paths of the inputs; output, features: paths of the verdict and of the CSV file.
    settings: {"training", "audits"} of the configuration.
    """
    training, audits = settings["training"], settings["audits"]
    inside, outside = read_features(train, training), read_features(test, training, TEST_OBJECTS)
    labels = fold_of(read_columns(folds), "grouped", 0, inside.object_id)
    rows = describe_features(inside.columns, inside.values, outside.values, labels["target"])
    events = len(set(labels["event"][labels["target"] == 1]))
    write_csv(features, {name: [row[name] for row in rows] for name in rows[0]}, digits=4)
    write_verdict(output, audit_features(rows, events, audits["separation"], audits["missing"]))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.input.train,
            snakemake.input.test,
            snakemake.input.folds,
            snakemake.output.verdict,
            snakemake.output.features,
            snakemake.params.settings,
        )
