"""Intervals of the score of a new sample of events, and how often they hold it: results/evaluation/new_samples.csv."""

from mallorn.evaluate.predictive import PREDICTIVE_COLUMNS, found_in_splits, model_shifts, predictive_rows
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import fold_of, strata
from mallorn.learning.pipeline import needs_of, with_selection
from mallorn.learning.tables import DatasetFiles, has_redshift, read_dataset
from mallorn.learning.training_sets import FINAL, training_rows
from mallorn.seeds import derived_seed


def main(files, folds, output, settings, threads):
    """Write the rows of `mallorn.evaluate.predictive.predictive_rows` as CSV, on grouped folds of the first repeat.

    files: `DatasetFiles` of the training objects. folds, output: paths. settings: {"seed", "target", "level" and
    "rounds" of the block `evaluation`, and the blocks "training", "selection", "folds", "predictive" (of `evaluation`)
    and "model" of the configuration}.
    """
    training, options, seed = settings["training"], settings["predictive"], settings["seed"]
    spec = with_selection(settings["model"], settings["selection"])
    dataset = read_dataset(files, training, needs_of(spec))
    labels = fold_of(read_columns(folds), "grouped", 0, dataset.object_id)
    rows, _ = training_rows(FINAL, labels["fold"], has_redshift(files.features))
    dataset, labels = dataset.take(rows), {name: values[rows] for name, values in labels.items()}
    classes, names, kinds = encode_classes(labels, spec["classes"], training, settings["target"])
    objects = Labelled.of(dataset, classes, len(names), labels["event"], kinds)
    probability = cross_validate(objects, labels["fold"], spec, derived_seed(seed, "new_samples"), threads).inside[:, 0]
    stratum = strata(labels["spec_type"], labels["target"], settings["folds"]["rare"])
    shifts = model_shifts(objects, stratum, labels["fold"], spec, options, seed, threads)
    how = {"level": settings["level"], "rounds": settings["rounds"]}
    split = {**how, **options, "folds": settings["folds"]["number"]}
    found = found_in_splits(objects, stratum, spec, shifts, split, seed, threads)
    sizes = [options[name] for name in ("target_events", "other_events")]
    known = [len(set(labels["event"][labels["target"] == target])) for target in (1, 0)]
    sample = [size or count for size, count in zip(sizes, known, strict=True)]
    rows = predictive_rows(labels, probability, sample, shifts, found, how, seed)
    write_csv(output, {name: [row[name] for row in rows] for name in PREDICTIVE_COLUMNS})


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(
            DatasetFiles(given.train, *(given.get(name, []) for name in ("lightcurves", "objects", "posterior"))),
            given.folds,
            snakemake.output[0],
            snakemake.params.settings,
            snakemake.threads,
        )
