"""Score a model without each feature family, and with each alone."""

from mallorn.evaluate.ablation import ablate, summarise, variants
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.pipeline import needs_of
from mallorn.learning.tables import DatasetFiles, read_dataset


def main(train, folds, output, settings, threads):
    """Write the table of `mallorn.evaluate.ablation.summarise` as CSV.

    train, folds, output: paths. settings: {"seed", "target", "threshold", "training", "ablation", "model" (the one
    to train, a block of `models`)} of the configuration.
    """
    options = settings["ablation"]
    dataset = read_dataset(DatasetFiles(train), settings["training"], needs_of(settings["model"]))
    folds = read_columns(folds)
    rows = []
    for protocol in PROTOCOLS:
        repeats = [fold_of(folds, protocol, repeat, dataset.object_id) for repeat in range(options["repeats"])]
        seed = (settings["seed"], protocol)
        predictions = ablate(dataset, variants(dataset.features.columns), repeats, settings, seed, threads)
        rows += summarise(protocol, predictions, repeats, settings["threshold"], options["rounds"], seed)
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
