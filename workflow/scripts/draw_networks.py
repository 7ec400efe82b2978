"""Draw how the networks learned, and write the loss of each epoch."""

import numpy as np

from mallorn.io.csv_tables import write_csv
from mallorn.learners.networks.files import histories
from mallorn.plots.networks import plot_losses

COLUMNS = ("model", "protocol", "repeat", "fit", "epoch", "loss")


def main(folders, table, figure):
    """Write the table and the figure; lines are means over all folds and repeats.

    folders: {(model, protocol, repeat): folder of its fits}. table: path. figure: path without its ending.
    """
    rows, losses = [], {}
    for (model, protocol, repeat), folder in folders.items():
        for fit, about in histories(folder).items():
            rows += [(model, protocol, repeat, fit, k + 1, loss) for k, loss in enumerate(about["history"])]
            losses.setdefault(f"{model}, {protocol}", []).append(about["history"])
    write_csv(table, dict(zip(COLUMNS, map(np.array, zip(*rows, strict=True)), strict=True)))
    plot_losses(losses, figure)


if "snakemake" in globals():
    from pathlib import Path

    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        named = zip(map(tuple, snakemake.params.names), snakemake.input, strict=True)
        main(dict(named), snakemake.output.table, Path(snakemake.output.png).with_suffix(""))
