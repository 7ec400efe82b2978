"""Train the network from which the fits of all folds begin: on simulated objects, or on unlabelled ones."""

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
from mallorn.learning.pipeline import fit_pipeline, forget_states
from mallorn.learning.tables import read_grid, read_points
from mallorn.seeds import derived_seed
from mallorn.survey.taxonomy import Taxonomy


class Inputs(NamedTuple):
    """Paths: light curves, objects and posteriors, of all parts each; labels of the simulated objects.

    metadata: the log of the survey, from whose unlabelled objects the network learns instead; labels is "" then.
    """

    lightcurves: list
    objects: list
    posterior: list
    labels: str = ""
    metadata: str = ""


def main(inputs, output, model, settings):
    """Write the network to the folder `output`, as its learner does.

    model: its name. settings: {"seed", "target", the block "training", the block "model", and "taxonomy" for a loss on
    it}. Features beside the light curve are left out: simulated objects have none.
    """
    block, module = settings["model"], learner(settings["model"]["learner"])
    seed, folder = derived_seed(settings["seed"], "pretrain", model), Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = str(folder.with_name(f"{folder.name}.checkpoint"))
    if inputs.metadata:
        fitted, kind = _filled(inputs, module, block["params"], seed, checkpoint), "unlabelled"
    else:
        part = _simulated(inputs, settings)
        given = block["params"]
        params = {**given, "beside": "", "epochs": given.get("first_epochs", FIRST_EPOCHS)}
        params["masked_epochs"] = given.get("first_masked_epochs", 0)
        spec = {**block, "params": params, "transforms": {}, "pretrained": False}
        fitted, kind = fit_pipeline(spec, part, seed, checkpoint=checkpoint).model, "simulated"
    module.save(fitted, folder)
    forget_states(checkpoint)
    logging.getLogger(__name__).info("%s: trained on %s objects", model, kind)


def _simulated(inputs, settings):
    """Return the simulated objects as `Labelled`."""
    known = read_columns(inputs.labels)
    classes, names, _ = encode_classes(known, settings["model"]["classes"], settings["training"], settings["target"])
    if len(np.unique(classes)) < len(names):
        missing = next(name for k, name in enumerate(names) if k not in classes)
        fix = "add events of its types to pretraining.sources"
        raise ConfigError(f"pretraining: expected simulated objects of each class, found none of {missing!r}; {fix}")
    ids = known["object_id"]
    part = Labelled.of(_dataset(inputs, ids), classes, len(names), ids)
    return part.on_tree(known["spec_type"], Taxonomy(settings["taxonomy"])) if "taxonomy" in settings else part


def _filled(inputs, module, given, seed, checkpoint):
    """Return the fitted network that has learned to fill in light curves of unlabelled objects, and no class."""
    log = read_columns(inputs.metadata, ["object_id", "set"])
    ids = log["object_id"][log["set"] == "test"]
    if not len(ids):
        fix = "set `pretrained` to true or false"
        raise ConfigError(f"models: pretrained: the survey has no unlabelled objects to learn from. Next step: {fix}.")
    params = {**given, "beside": "", "epochs": 0, "masked_epochs": given.get("first_masked_epochs", FIRST_EPOCHS)}
    none, equal = np.zeros(len(ids), dtype=int), np.ones(len(ids))
    return module.fit(_dataset(inputs, ids), none, equal, 1, params, seed, 1, checkpoint=checkpoint)


def _dataset(inputs, ids):
    """Return the `Dataset` of the objects `ids`, without features."""
    none = Features(ids, (), np.empty((len(ids), 0), dtype=np.float32))
    points = read_points(inputs.lightcurves, inputs.objects, ids)
    return Dataset(ids, features=none, grid=read_grid(inputs.posterior, ids), points=points)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            Inputs(*(snakemake.input.get(name, "") for name in Inputs._fields)),
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.params.settings,
        )
