"""What makes a learner of an encoder: it is fitted, predicts, and is written as numbers that run no code."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.io.received import read_json
from mallorn.learners.networks.augment import Alterations
from mallorn.learners.networks.checkpoints import Checkpoint, digest_of
from mallorn.learners.networks.losses import LOSSES
from mallorn.learners.networks.network import Network, Sizes
from mallorn.learners.networks.training import Plan, choose_device, made, probabilities_of, train
from mallorn.learners.networks.views import arrays_of, columns_beside

__all__ = ["COMMON", "Fitted", "build", "fit", "load", "plan_of", "predict", "save"]

_WEIGHTS, _ABOUT = "weights.safetensors", "network.json"

COMMON = {"beside": "", "hidden": 64, "dropout": 0.2}
"""Parameters of all networks, beside those of `Plan` and `Alterations`."""


class Fitted(NamedTuple):
    """A fitted `network`. about: {"params", "sizes", "beside" (numbers of its features), "reads", "history" (loss of
    each epoch)}, all of it JSON."""

    network: object
    about: dict


def plan_of(params):
    """Return the `Plan` of parameters. Raises ConfigError for a loss that there is not."""
    if params.get("loss", LOSSES[0]) not in LOSSES:
        raise ConfigError(f"models: loss: expected one of {', '.join(LOSSES)}, found {params['loss']!r}")
    how = Alterations(**{name: float(params[name]) for name in Alterations._fields if name in params})
    return Plan(alterations=how, **{name: params[name] for name in Plan._fields if name in params})


def build(encoder, params, sizes, seed=0):
    """Return the `Network` of the class `encoder`, built for `Sizes`, its first weights drawn by `seed`."""
    return made(lambda: Network(encoder(params, sizes), sizes, params["hidden"], params["dropout"]), seed)


def fit(encoder, defaults, reads, objects, params, seed, checkpoint=None):
    """Return the `Fitted` network of a class of encoders.

    encoder: encoder(params, `Sizes`) is a module, see `Network`. defaults: of the encoder's own parameters. reads:
    arrays that it reads, see `views.arrays_of`. objects: (dataset, classes, weight, n_classes) of
    `mallorn.learners.learner`. checkpoint: path of a file for the state of the fit while it is under way, or None.
    """
    dataset, classes, weight, n_classes = objects
    params = {**COMMON, **defaults, **params}
    beside = columns_beside(dataset.features.columns, params["beside"])
    arrays = arrays_of(dataset, beside, reads)
    shape = arrays["grid"].shape[1:] if "grid" in arrays else (0, 0)
    sizes = Sizes(arrays["features"].shape[1], *shape, n_classes)
    network = build(encoder, params, sizes, seed)
    device = choose_device()
    keeper = None
    if checkpoint is not None:
        known = {"params": params, "seed": seed, "device": device, "encoder": encoder.__module__, "sizes": list(sizes)}
        given = {**arrays, "classes": np.asarray(classes), "weight": np.asarray(weight)}
        keeper = Checkpoint(checkpoint, digest_of(known, given))
    network, history = train(network, arrays, classes, weight, plan_of(params), seed, device, keeper)
    about = {"params": params, "sizes": list(sizes), "beside": beside.tolist(), "reads": list(reads)}
    return Fitted(network, {**about, "history": history})


def predict(model, dataset):
    """Return class probabilities (n, C) of a `Fitted` network, computed on the CPU."""
    beside = np.array(model.about["beside"], dtype=int)
    return probabilities_of(model.network, arrays_of(dataset, beside, model.about["reads"]))


def save(model, folder):
    """Write the weights as safetensors and what the network is as JSON."""
    from safetensors.torch import save_file

    weights = {name: values.contiguous() for name, values in model.network.state_dict().items()}
    save_file(weights, str(Path(folder, _WEIGHTS)))
    Path(folder, _ABOUT).write_text(json.dumps(model.about) + "\n", encoding="utf-8")


def load(encoder, folder):
    """Return the `Fitted` network that `save` wrote. Raises DataError for weights that do not fit the network."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    about = read_json(Path(folder, _ABOUT))
    path = Path(folder, _WEIGHTS)
    try:
        network = build(encoder, about["params"], Sizes(*about["sizes"]))
        network.load_state_dict(load_file(str(path)))
    except (SafetensorError, RuntimeError, KeyError, TypeError) as error:
        fix = "get the file again, or make it anew"
        raise DataError.at(path, expected="weights of a network", found=str(error)[:200], fix=fix) from None
    return Fitted(network.train(False), about)
