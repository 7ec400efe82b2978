"""Train networks: a fixed number of epochs, averaged weights, and the same numbers for the same seed on one device.

On the CPU a fit runs on one thread: its bytes do not depend on the number of cores. On a CUDA device a step is recorded
once and replayed (a CUDA graph), since small networks spend most of their time starting its parts.
"""

import copy
import logging
import math
import time
from threading import Lock
from typing import NamedTuple

import numpy as np
import torch

from mallorn.learners.networks.augment import Alterations, altered
from mallorn.learners.networks.layers import give_generator
from mallorn.learners.networks.losses import loss
from mallorn.metrics import average_precision
from mallorn.seeds import derived_seed, generator

__all__ = ["Plan", "choose_device", "logits_of", "made", "probabilities_of", "train"]

log = logging.getLogger(__name__)

_BUILDING = Lock()
"""Layers draw their first weights from torch's single generator."""

_BATCH = 512
"""Number of objects that are predicted at a time."""

_LOGGED = 30.0
"""Least seconds between lines of progress."""


class Plan(NamedTuple):
    """The plan of a network's training.

    epochs: passes; each draws as many objects as there are. batch_size: objects in a step. learning_rate: the highest
    one, reached after a tenth of the steps; it then falls to 0 as a cosine. weight_decay: of AdamW. average: share of
    the weights' running mean that is kept at each step (EMA). clip: largest norm of a gradient. loss: one of
    `losses.LOSSES`; gamma: of the focal loss. sampling: exponent of (1 / size of the class) by which objects are drawn;
    0 takes each once.
    penalty: factor of half the squared weights of the features' perceptron in the loss (see `Network`).
    alterations: `Alterations`. levels: of the hierarchical loss, rows of groups of classes; see `losses.loss`.
    masked: share of each light curve that is hidden from a `filling.Filler`, whose own loss counts; 0 for a `Network`.
    """

    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    average: float = 0.99
    clip: float = 1.0
    loss: str = "cross_entropy"
    gamma: float = 2.0
    sampling: float = 0.0
    penalty: float = 0.016
    alterations: Alterations = Alterations()
    levels: tuple = ()
    masked: float = 0.0


def choose_device():
    """Return the device for training: the first of "cuda", "mps" and "cpu" that this machine has."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def made(build, seed):
    """Return the module that `build()` makes; `seed` alone draws its first weights."""
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "weights"))
        return build()


def train(
    network, arrays, classes, weight, plan, seed, device="cpu", checkpoint=None
):  # size: the objects, and the plan
    """Return (the network with averaged weights, [loss of each epoch]).

    network: a `Network`, which is changed. arrays: as from `views.arrays_of`, of n objects; classes (n,) int, weight
    (n,) of the objects. plan: `Plan`. checkpoint: the `Checkpoint` of the fit, or None.
    """
    torch.set_num_threads(1)
    fit = _Fit(network, arrays, classes, weight, plan, (seed, device))
    begun, history = time.monotonic(), []
    if checkpoint is not None and (kept := checkpoint.read()) is not None:
        history = fit.restore(kept)
    first, told = len(history), begun
    for epoch in range(first, plan.epochs):
        history.append(fit.epoch(epoch))
        now = time.monotonic()
        if now - told >= _LOGGED:
            left = (now - begun) / (epoch + 1 - first) * (plan.epochs - epoch - 1)
            message = "epoch %d of %d: loss %.4f%s, about %.0f s left"
            log.info(message, epoch + 1, plan.epochs, history[-1], fit.skill(), left)
            told = now
        if checkpoint is not None:
            checkpoint.write(lambda: fit.state(history), done=epoch + 1 == plan.epochs)
    return fit.averaged(), history


class _Fit:
    """A network, its training objects on its device, and all state that changes as it learns."""

    def __init__(self, network, arrays, classes, weight, plan, where):  # size: the arguments of `train`
        self.plan, (self.seed, self.device) = plan, where
        self.network = network.to(self.device)
        self.mean = copy.deepcopy(self.network).train(False)
        self.tensors = {name: torch.as_tensor(values, device=self.device) for name, values in arrays.items()}
        self.classes = torch.as_tensor(np.asarray(classes, dtype=np.int64), device=self.device)
        self.weight = torch.as_tensor(np.asarray(weight, dtype=np.float32), device=self.device)
        self.levels = torch.tensor(plan.levels, device=self.device) if plan.levels else None
        self.generator = torch.Generator(self.device)
        give_generator(self.network, self.generator)
        n, size = len(classes), min(plan.batch_size, len(classes))
        self.size, self.steps = size, math.ceil(n / size)
        counts = np.bincount(classes, minlength=int(np.max(classes)) + 1).astype(float)
        share = np.where(counts > 0, np.maximum(counts, 1.0), np.inf)[classes] ** -plan.sampling
        self.chance = share / share.sum()
        cuda = self.device == "cuda"
        rate = torch.tensor(0.0, device="cuda") if cuda else 0.0
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98), capturable=cuda
        )
        self.rows = torch.zeros(size, dtype=torch.long, device=self.device)
        self.taken = torch.zeros((), device=self.device)  # of the weights, into their mean
        self.total = torch.zeros((), device=self.device)
        self.replay = None

    def epoch(self, number):
        """Train for one epoch and return its mean loss."""
        drawn = generator(self.seed, "epoch", number)
        self.generator.manual_seed(derived_seed(self.seed, "alterations", number))
        n, wanted = len(self.chance), self.steps * self.size
        each = drawn.choice(n, wanted, p=self.chance) if self.plan.sampling else drawn.permutation(n)
        rows = np.resize(each, wanted)
        rows = torch.as_tensor(rows.astype(np.int64)).view(self.steps, self.size).to(self.device)
        self.network.train()
        self.total.zero_()
        for k in range(self.steps):
            self._set_rate(number * self.steps + k)
            self.taken.fill_(1.0 - min(self.plan.average, (number * self.steps + k) / (number * self.steps + k + 10)))
            self.rows.copy_(rows[k])
            self._step()
        return float(self.total) / self.steps

    def _set_rate(self, step):
        whole = self.plan.epochs * self.steps
        warm = max(whole // 10, 1)
        share = (step + 1) / warm if step < warm else 0.5 * (1.0 + math.cos(math.pi * (step - warm) / (whole - warm)))
        for group in self.optimizer.param_groups:
            if torch.is_tensor(group["lr"]):
                group["lr"].fill_(self.plan.learning_rate * share)
            else:
                group["lr"] = self.plan.learning_rate * share

    def _step(self):
        if self.device == "cuda" and self.replay is None:
            self._record()
        elif self.replay:
            self.replay.replay()
        else:
            self._learn()

    def _record(self):
        """Learn three steps directly, then record one; the recording learns nothing until it is replayed."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._learn()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.generator)
        try:
            with torch.cuda.graph(graph):
                self._learn()
        except RuntimeError as error:
            log.warning("steps are not recorded, which takes longer: %s", str(error)[:200])
            torch.cuda.synchronize()
            self.replay = False
        else:
            self.replay = graph

    def _learn(self):
        """Change the weights by one step on the objects `rows`, and update their running mean."""
        batch = {name: values[self.rows] for name, values in self.tensors.items()}
        self.optimizer.zero_grad(set_to_none=True)
        if self.plan.masked:
            found = self.network.loss(batch, self.plan.masked, self.generator)
        else:
            found = self._loss(altered(batch, self.plan.alterations, self.generator))
        found.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip, foreach=self.device == "cuda")
        self.optimizer.step()
        with torch.no_grad():
            for mean, now in zip(self.mean.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, self.taken)
        self.total += found.detach()

    def _loss(self, batch):
        """Return the loss of the classes of a batch of the objects `rows`."""
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device == "cuda", cache_enabled=False):
            outputs = self.network(batch)
        classes, weight = self.classes[self.rows], self.weight[self.rows]
        how = (self.plan.loss, self.plan.gamma, self.levels)
        found = sum(loss(one, classes, weight, *how) for one in outputs)
        return found + 0.5 * self.plan.penalty * self.network.penalized()

    def skill(self):
        """Return words on the average precision of class 0 on the training objects, with averaged weights.

        "" if the classes play no part.
        """
        if self.plan.masked:
            return ""
        network, found = self.mean.train(False), []
        with torch.inference_mode():
            for begin in range(0, len(self.classes), _BATCH):
                batch = {name: values[begin : begin + _BATCH] for name, values in self.tensors.items()}
                found.append(torch.softmax(network(batch)[0].float(), dim=1)[:, 0].cpu().numpy())
        ap = average_precision(self.classes.cpu().numpy() == 0, np.concatenate(found))
        return f", average precision {ap:.3f} of what it learns from"

    def averaged(self):
        """Return the network with averaged weights, on the CPU."""
        give_generator(self.mean, None)
        return self.mean.cpu().train(False)

    def state(self, history):
        """Return {name: tensor} of all state that changes."""
        found = {"history": torch.tensor(history, dtype=torch.float64)}
        for name, module in (("network", self.network), ("mean", self.mean)):
            found |= {f"{name}.{key}": value.detach().cpu() for key, value in module.state_dict().items()}
        for k, parameter in enumerate(self.network.parameters()):
            for key, value in self.optimizer.state[parameter].items():
                found[f"optimizer.{k}.{key}"] = value.detach().cpu()
        return found

    def restore(self, kept):
        """Restore the state of a fit; return the losses of its epochs."""
        for name, module in (("network", self.network), ("mean", self.mean)):
            begin = f"{name}."
            module.load_state_dict({key[len(begin) :]: v for key, v in kept.items() if key.startswith(begin)})
        for k, parameter in enumerate(self.network.parameters()):
            begin = f"optimizer.{k}."
            state = {key[len(begin) :]: value for key, value in kept.items() if key.startswith(begin)}
            self.optimizer.state[parameter] = {
                key: value if key == "step" and self.device != "cuda" else value.to(self.device)
                for key, value in state.items()
            }
        return kept["history"].tolist()


def logits_of(network, arrays, device="cpu"):
    """Return logits (n, C) float64 of the objects of `arrays`."""
    torch.set_num_threads(1)
    network = network.to(device).train(False)
    tensors = {name: torch.as_tensor(values) for name, values in arrays.items()}
    found = []
    with torch.inference_mode():
        for begin in range(0, len(tensors["features"]), _BATCH):
            batch = {name: values[begin : begin + _BATCH].to(device) for name, values in tensors.items()}
            found.append(network(batch)[0].double().cpu().numpy())
    return np.concatenate(found)


def probabilities_of(network, arrays, device="cpu"):
    """Return class probabilities (n, C) of the objects of `arrays`."""
    logits = logits_of(network, arrays, device)
    share = np.exp(logits - logits.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)
