"""Turn an encoder into a learner: it can be fitted, predict, and be written as numbers that run no code."""

import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.io.received import read_json
from mallorn.learners.networks.augment import Alterations
from mallorn.learners.networks.checkpoints import Checkpoint, digest_of
from mallorn.learners.networks.files import ABOUT, WEIGHTS
from mallorn.learners.networks.filling import fill
from mallorn.learners.networks.losses import LOSSES
from mallorn.learners.networks.network import Network, Sizes
from mallorn.learners.networks.training import Plan, choose_device, made, probabilities_of, train
from mallorn.learners.networks.views import arrays_of, columns_beside

__all__ = ["COMMON", "Fitted", "build", "fit", "functions_of", "load", "plan_of", "predict", "save"]

COMMON = {"beside": "", "hidden": 64, "dropout": 0.2, "fine_rate": 0.25, "curve": 0.0}
COMMON |= {"masked_epochs": 0, "masked_share": 0.3}
"""Parameters of all networks, beside those of `Plan` and `Alterations`. fine_rate: factor of the learning rate for a
network that has learned from other objects before. `first_epochs`: epochs on these. masked_epochs: epochs in which the
encoder first learns to fill in hidden parts of its training objects, masked_share: how much is hidden, see `filling`;
`first_masked_epochs`: the same on the other objects. curve: weight of the light curve beside a perceptron of the
features, see `Network`; 0: one head reads both."""


class Fitted(NamedTuple):
    """A fitted `network`. about: {"params", "sizes", "beside" (numbers of its features), "reads", "history" (loss of
    each epoch), and with `masked_epochs` "masked_history"}, all of it JSON."""

    network: object
    about: dict


def plan_of(params, levels=None):
    """Return the `Plan` for these parameters. levels: (D, C) of the hierarchical loss, None if there is no tree.

    Raises ConfigError for an unknown loss, and for the hierarchical one without `levels`.
    """
    kind = params.get("loss", LOSSES[0])
    if kind not in LOSSES:
        raise ConfigError(f"models: loss: expected one of {', '.join(LOSSES)}, found {kind!r}")
    if kind == "hierarchical" and levels is None:
        fix = "name another model, or give it another loss"
        raise ConfigError(f"models: loss: this job knows no tree of classes for 'hierarchical'. Next step: {fix}.")
    how = Alterations(**{name: float(params[name]) for name in Alterations._fields if name in params})
    given = {name: params[name] for name in Plan._fields if name in params}
    tree = tuple(map(tuple, np.asarray(levels).tolist())) if kind == "hierarchical" else ()
    return Plan(alterations=how, levels=tree, **given)


def build(encoder, params, sizes, seed=0):
    """Return the `Network` of the class `encoder`, built for `Sizes`, with first weights drawn by `seed`."""
    how = (params["hidden"], params["dropout"], params.get("curve", 0.0))  # models written before have no `curve`
    if not 0 <= how[2] <= 1:
        raise ConfigError(f"models: curve: expected 0 to 1, found {how[2]}")
    return made(lambda: Network(encoder(params, sizes), sizes, *how), seed)


def functions_of(encoder, defaults, reads):
    """Return the functions (fit, predict, save, load) of the learner of an encoder; see `mallorn.learners.learner`.

    encoder: encoder(params, `Sizes`) is a module, see `Network`. defaults: values of the encoder's own parameters.
    reads: arrays that it reads, see `views.arrays_of`.
    """

    # size: the arguments of all learners, and those of networks alone
    def of_learner(
        dataset, classes, weight, n_classes, params, seed, threads, checkpoint=None, levels=None, start=None
    ):
        objects = (dataset, classes, weight, n_classes)
        return fit((encoder, defaults, reads), objects, params, seed, checkpoint, levels, start)

    return of_learner, predict, save, partial(load, encoder)


def fit(kind, objects, params, seed, checkpoint=None, levels=None, start=None):
    """Return the `Fitted` network of a kind of encoder: (encoder, defaults, reads) of `functions_of`.

    objects: (dataset, classes, weight, n_classes) of `mallorn.learners.learner`, as is checkpoint, the path of a file
    for the state of the fit, or None. levels: (D, C), of the hierarchical loss, or None. start: folder of a fitted
    network of the same kind from whose weights the fit begins, or None.
    """
    (encoder, defaults, reads), (dataset, classes, weight, n_classes) = kind, objects
    params = {**COMMON, **defaults, **params}
    beside = columns_beside(dataset.features.columns, params["beside"])
    arrays = arrays_of(dataset, beside, reads)
    shape = arrays["grid"].shape[1:] if "grid" in arrays else (0, 0)
    sizes = Sizes(arrays["features"].shape[1], *shape, n_classes)
    network, plan = build(encoder, params, sizes, seed), plan_of(params, levels)
    taken = "" if start is None else _begin_from(network, load(encoder, start), sizes)
    if taken:
        plan = plan._replace(learning_rate=plan.learning_rate * params["fine_rate"])
    device = choose_device()
    keeper = filling = None
    if checkpoint is not None:
        known = {"params": params, "seed": seed, "device": device, "encoder": encoder.__module__, "sizes": list(sizes)}
        known |= {"levels": plan.levels, "start": taken}
        given = {**arrays, "classes": np.asarray(classes), "weight": np.asarray(weight)}
        keeper = Checkpoint(checkpoint, digest_of(known, given))
        filling = Checkpoint(f"{checkpoint}.masked", keeper.digest)
    about = {"params": params, "sizes": list(sizes), "beside": beside.tolist(), "reads": list(reads)}
    if params["masked_epochs"]:
        about["masked_history"] = fill(network, arrays, params, plan, seed, device, filling)
    network, about["history"] = train(network, arrays, classes, weight, plan, seed, device, keeper)
    return Fitted(network, about)


def _begin_from(network, model, sizes):
    """Give a network the weights of a `Fitted` one to begin from; return their digest.

    If the features beside the light curve differ, only the encoder is taken. The last layer is taken only if the number
    of classes is the same. Raises ConfigError if the encoders differ.
    """
    theirs, ours = model.network.state_dict(), network.state_dict()
    whole = list(model.about["sizes"]) == list(sizes)
    taken = {name: values for name, values in theirs.items() if whole or name.startswith("encoder.")}
    differing = [name for name, values in taken.items() if name not in ours or ours[name].shape != values.shape]
    if differing:
        fix = "train it on simulated objects anew, by the same parameters"
        raise ConfigError(f"models: pretrained: the encoders differ in {differing[0]}. Next step: {fix}.")
    network.load_state_dict({**ours, **taken})
    return digest_of(sorted(taken), {name: values.numpy() for name, values in taken.items()})


def predict(model, dataset):
    """Return class probabilities (n, C) of a `Fitted` network, computed on the CPU."""
    beside = np.array(model.about["beside"], dtype=int)
    return probabilities_of(model.network, arrays_of(dataset, beside, model.about["reads"]))


def save(model, folder):
    """Write the weights as safetensors and the description of the network as JSON."""
    from safetensors.torch import save_file

    weights = {name: values.contiguous() for name, values in model.network.state_dict().items()}
    save_file(weights, str(Path(folder, WEIGHTS)))
    Path(folder, ABOUT).write_text(json.dumps(model.about) + "\n", encoding="utf-8")


def load(encoder, folder):
    """Return the `Fitted` network that `save` wrote. Raises DataError for weights that do not fit the network."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    about = read_json(Path(folder, ABOUT))
    path = Path(folder, WEIGHTS)
    try:
        network = build(encoder, about["params"], Sizes(*about["sizes"]))
        network.load_state_dict(load_file(str(path)))
    except (SafetensorError, RuntimeError, KeyError, TypeError) as error:
        fix = "get the file again, or make it anew"
        raise DataError.at(path, expected="weights of a network", found=str(error)[:200], fix=fix) from None
    return Fitted(network.train(False), about)
