"""Train a network on simulated objects, from which the fits of all folds begin."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError
from mallorn.io.tables import read_columns
from mallorn.learners.learner import learner
from mallorn.learners.networks.shared import FIRST_EPOCHS
from mallorn.learning.classes import encode_classes
from mallorn.learning.dataset import Dataset, Features, Labelled
from mallorn.learning.pipeline import fit_pipeline
from mallorn.learning.tables import read_grid, read_points
from mallorn.seeds import derived_seed
from mallorn.survey.taxonomy import Taxonomy


class Inputs(NamedTuple):
    """Paths: light curves, objects, posteriors and labels of the simulated objects."""

    lightcurves: str
    objects: str
    posterior: str
    labels: str


def main(inputs, output, model, settings):
    """Write the network to the folder `output`, as its learner does.

    model: its name. settings: {"seed", "target", the block "training", the block "model", and "taxonomy" for a loss on
    it}. Features beside the light curve are left out: simulated objects have none.
    """
    known = read_columns(inputs.labels)
    classes, names, _ = encode_classes(known, settings["model"]["classes"], settings["training"], settings["target"])
    if len(np.unique(classes)) < len(names):
        missing = next(name for k, name in enumerate(names) if k not in classes)
        fix = "add events of its types to pretraining.sources"
        raise ConfigError(f"pretraining: expected simulated objects of each class, found none of {missing!r}; {fix}")
    ids = known["object_id"]
    none = Features(ids, (), np.empty((len(ids), 0), dtype=np.float32))
    grid, points = read_grid([inputs.posterior], ids), read_points([inputs.lightcurves], [inputs.objects], ids)
    part = Labelled.of(Dataset(ids, features=none, grid=grid, points=points), classes, len(names), ids)
    if "taxonomy" in settings:
        part = part.on_tree(known["spec_type"], Taxonomy(settings["taxonomy"]))
    module, block = learner(settings["model"]["learner"]), settings["model"]
    params = {**block["params"], "beside": "", "epochs": block["params"].get("first_epochs", FIRST_EPOCHS)}
    spec = {**block, "params": params, "transforms": {}, "pretrained": False}
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder.with_name(f"{folder.name}.checkpoint")
    fitted = fit_pipeline(spec, part, derived_seed(settings["seed"], "pretrain", model), checkpoint=str(checkpoint))
    module.save(fitted.model, folder)
    logging.getLogger(__name__).info("%s: trained on %d simulated objects", model, len(ids))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            Inputs(**{name: snakemake.input[name] for name in Inputs._fields}),
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.params.settings,
        )
