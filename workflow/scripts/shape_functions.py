"""Find what the values of single features add to each class: results/evaluation/shapes.csv."""

import logging

from mallorn.io.csv_tables import write_csv
from mallorn.learning.model_files import read_fits
from mallorn.learning.shapes import SHAPE_COLUMNS, shape_functions
from mallorn.learning.tables import read_feature_columns
from mallorn.report.drivers import mean_importance
from mallorn.seeds import derived_seed


def main(models, train, importance, output, settings):
    """Write the rows of `mallorn.learning.shapes.shape_functions` for the most important features as CSV, model first.

    models: folders of the fits of all repeats. train: path of the feature table. importance: paths, of the same model.
    settings: {"seed", "shapes" of the block `explanations`}.
    """
    options = settings["shapes"]
    fits = [read_fits(folder) for folder in models]
    names, _, _ = mean_importance(importance)
    names = names[: options["features"]]
    features = read_feature_columns(train, fits[0].columns)
    rows = shape_functions(fits, features, names, options, derived_seed(settings["seed"], "shape_functions"))
    columns = {"model": [options["model"]] * len(rows)} | {name: [row[name] for row in rows] for name in SHAPE_COLUMNS}
    write_csv(output, columns, digits=5)
    worst = max((row["interaction"] for row in rows), default=0.0)
    logging.getLogger(__name__).info("%d features; largest interaction %.2g", len(names), worst)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        main(given.models, given.train, given.importance, snakemake.output[0], snakemake.params.settings)
