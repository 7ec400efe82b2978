"""Score how well unusual objects are told: leave out one type after another, and see how high its objects rank."""

from mallorn.errors import ConfigError
from mallorn.evaluate.outliers import held_out_types, rank_left_out
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import fold_of
from mallorn.learning.pipeline import needs_of
from mallorn.learning.tables import DatasetFiles, read_dataset


def main(train, folds, output, settings, threads):
    """Write the rows of `mallorn.evaluate.outliers.rank_left_out` as CSV; siblings of an event are in one fold.

    train, folds, output: paths. settings: {"seed", "target", "training", "outliers", "model" (a block of `models`)} of
    the configuration. Raises ConfigError if no type has enough objects.
    """
    dataset = read_dataset(DatasetFiles(train), settings["training"], needs_of(settings["model"]))
    labels = fold_of(read_columns(folds), "grouped", 0, dataset.object_id)
    kinds = held_out_types(labels["spec_type"], settings["outliers"]["fewest"])
    rows = [row for kind in kinds for row in rank_left_out(dataset, labels, kind, settings, settings["seed"], threads)]
    if not rows:
        raise ConfigError(f"outliers.fewest: no type has {settings['outliers']['fewest']} training objects")
    write_csv(output, {name: [row[name] for row in rows] for name in rows[0]}, digits=4)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.input.train,
            snakemake.input.folds,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.threads,
        )
