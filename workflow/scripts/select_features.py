"""Say which features stability selection keeps on the whole training set."""

import logging

import numpy as np

from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.classes import encode_classes
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.tables import DatasetFiles, read_dataset
from mallorn.learning.transforms.selection import select_features, selection_frequency
from mallorn.seeds import derived_seed


def main(train, folds, output, settings):
    """Write a CSV file with feature, frequency and selected, the most frequent first.

    It is for people to read. Cross-validation chooses anew inside each training part and does not read it.

    train, folds, output: paths. settings: {"seed", "target", and the blocks "training", "selection" of the
    configuration}.
    """
    training, options = settings["training"], settings["selection"]
    dataset = read_dataset(DatasetFiles(train), training, ("features",))
    labels = fold_of(read_columns(folds), PROTOCOLS[0], 0, dataset.object_id)
    classes, names, _ = encode_classes(labels, "binary", training, settings["target"])
    seed = derived_seed(settings["seed"], "select_features")
    frequency = selection_frequency(Labelled.of(dataset, classes, len(names), labels["event"]), options, seed)
    selected = np.zeros(len(frequency), dtype=int)
    selected[select_features(frequency, options)] = 1
    order = np.argsort(-frequency, kind="stable")
    columns = np.array(dataset.features.columns, dtype=object)
    write_csv(output, {"feature": columns[order], "frequency": frequency[order], "selected": selected[order]})
    logging.getLogger(__name__).info("%d of %d features are selected", selected.sum(), len(selected))


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
        )
