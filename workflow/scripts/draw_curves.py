"""Draw precision against recall and the ROC curve of all models."""

from pathlib import Path

from mallorn.decide.predictions import pooled_by_model
from mallorn.io.tables import read_columns
from mallorn.plots.evaluation import plot_precision_recall, plot_roc


def main(out_of_fold, folds, figures):
    """Write precision_recall and roc to the folder `figures`, .png and .svg each.

    out_of_fold: paths of the predictions of all models. folds: path.
    """
    curves = pooled_by_model(out_of_fold, read_columns(folds))
    plot_precision_recall(curves, Path(figures, "precision_recall"))
    plot_roc(curves, Path(figures, "roc"))


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input.out_of_fold, snakemake.input.folds, Path(snakemake.output[0]).parent)
