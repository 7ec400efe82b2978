"""Log the training of each network to MLflow: parameters, the loss of each epoch, its curve, the fits, the score."""

import json
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from mallorn.decide.predictions import read_out_of_fold
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learners.networks.files import histories
from mallorn.learning.folds import fold_of
from mallorn.metrics import average_precision
from mallorn.plots.networks import plot_losses
from mallorn.runs.tracking import track_network


def main(networks, folds, output, settings):
    """Log one run for each network; write {name: id of the run} as JSON to `output`.

    networks: {(model, protocol, repeat): (folder of its fits, path of its out-of-fold predictions)}. folds: path.
    settings: block "tracking" of the configuration.
    """
    table, logged = read_columns(folds), {}
    for (model, protocol, repeat), (folder, path) in networks.items():
        abouts, p = histories(folder), read_out_of_fold(path)
        losses = {f"fit_{fit}": about["history"] for fit, about in abouts.items()}
        target = fold_of(table, protocol, repeat, p.object_id)["target"]
        name = f"{model}, {protocol} folds, repeat {repeat}"
        about = {"model": model, "protocol": protocol, "repeat": str(repeat)}
        params = {**about, **next(iter(abouts.values()))["params"]}
        score = {"average_precision": average_precision(target, p.probability)}
        with TemporaryDirectory() as scratch:
            plot_losses({name: list(losses.values())}, Path(scratch, "loss"))
            files = {"figures": Path(scratch), "model": folder}
            logged[name] = track_network(settings, name, (about, params), losses, score, files)
    write_text(output, json.dumps({"uri": settings["uri"], "runs": logged}, indent=1) + "\n")
    logging.getLogger(__name__).info("%d networks logged to %s", len(logged), settings["uri"])


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        names = map(tuple, snakemake.params.names)
        paths = zip(snakemake.input.models, snakemake.input.out_of_fold, strict=True)
        main(
            dict(zip(names, paths, strict=True)), snakemake.input.folds, snakemake.output[0], snakemake.params.settings
        )
