"""Many networks of one architecture that learn at once: their weights are stacked, and one step changes all of them.

A small network keeps a GPU waiting; fifty of them, of different folds and seeds, take hardly longer than one. What is
learned is as in `mallorn.learners.networks.training` (the same plan, averaged weights and augmentation), with other
random numbers. Layers that cannot be stacked as they are get equal ones here: `prepare`.
"""

import copy
import math
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional

from mallorn.learners.networks import layers
from mallorn.learners.networks.augment import altered
from mallorn.learners.networks.losses import loss

__all__ = ["Stack", "prepare"]

_PREDICTED = 256


def prepare():
    """Let layers of networks be stacked: convolutions by matrix products, plain attention, dropout of torch's own."""
    nn.Conv1d._conv_forward = _by_taps
    layers.functional = SimpleNamespace(scaled_dot_product_attention=_attention)
    layers.Dropout.forward = lambda self, values: functional.dropout(values, self.share, self.training)
    nn.GRU.forward = _recurrence


def _by_taps(self, values, weight, bias):
    pad, step, taps = self.padding[0], self.dilation[0], self.kernel_size[0]
    values = functional.pad(values, (pad, pad)) if pad else values
    length = values.shape[-1] - step * (taps - 1)
    found = sum(weight[:, :, k] @ values[..., k * step : k * step + length] for k in range(taps))
    return found + bias[:, None]


def _attention(query, key, value, attn_mask=None):
    score = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if attn_mask is not None:
        score = score.masked_fill(~attn_mask, -1e4)
    return torch.softmax(score, dim=-1) @ value


def _recurrence(self, values):
    """Return ((n, L, d), None) as one layer of GRU does."""
    inside = values @ self.weight_ih_l0.T + self.bias_ih_l0
    state, states = torch.zeros_like(inside[:, 0, : self.hidden_size]), []
    for k in range(values.shape[1]):
        given = inside[:, k].chunk(3, dim=-1)
        kept = (state @ self.weight_hh_l0.T + self.bias_hh_l0).chunk(3, dim=-1)
        reset, update = torch.sigmoid(given[0] + kept[0]), torch.sigmoid(given[1] + kept[1])
        state = (1 - update) * torch.tanh(given[2] + reset * kept[2]) + update * state
        states.append(state)
    return torch.stack(states, dim=1), None


class Stack:
    """K networks of one architecture.

    networks: K modules. arrays: {name: (N, ...)} that all of them read, on the device. features: (K, N, p), or
    (1, N, p) for the same of all. classes (N,) int. device: of torch.
    """

    def __init__(self, networks, arrays, features, classes, device):
        self.device, self.arrays, self.features = device, arrays, features
        self.classes = torch.as_tensor(classes, device=device)
        networks = [network.to(device) for network in networks]
        params, buffers = stack_module_state(networks)
        self.params = {name: value.detach().clone().requires_grad_() for name, value in params.items()}
        self.buffers = dict(buffers)
        self.mean = {name: value.detach().clone() for name, value in self.params.items()}
        self.base = copy.deepcopy(networks[0]).to("meta")
        self.number = len(networks)
        self.which = torch.arange(self.number, device=device)[:, None] if len(features) > 1 else 0

    def begin_from(self, weights):
        """Take other first weights, {name: (K, ...)}."""
        with torch.no_grad():
            for name, value in weights.items():
                self.params[name].copy_(value)
                self.mean[name].copy_(value)

    def _batch(self, rows, how=None):
        """Return {name: (K, B, ...)} of the objects rows (K, B)."""
        flat = {name: values[rows.flatten()] for name, values in self.arrays.items()}
        flat["features"] = self.features[self.which, rows].flatten(0, 1)
        if how is not None and any(how):
            generator = torch.cuda.default_generators[0] if self.device == "cuda" else torch.default_generator
            flat = altered(flat, how, generator)
        return {name: values.unflatten(0, rows.shape) for name, values in flat.items()}

    def _outputs(self, params, batch, train):
        self.base.train(train)

        def one(params, buffers, batch):
            return functional_call(self.base, (params, buffers), (batch,))

        with torch.autocast("cuda", torch.bfloat16, enabled=self.device == "cuda", cache_enabled=False):
            return vmap(one, randomness="different")(params, self.buffers, batch)

    def train(self, plan, pools, weight, seed, levels=None):
        """Train all of them by a `Plan`.

        pools: K arrays of the numbers of the objects that each learns from. weight: (K, N) or (1, N) of objects in the
        loss. levels: of the hierarchical loss.
        """
        drawn = np.random.default_rng(seed)
        torch.manual_seed(seed)
        weight = torch.as_tensor(np.asarray(weight, dtype=np.float32), device=self.device)
        size = min(plan.batch_size, min(map(len, pools)))
        steps = math.ceil(max(map(len, pools)) / size)
        cuda = self.device == "cuda"
        rate = torch.tensor(0.0, device=self.device)
        given = list(self.params.values())
        optimizer = torch.optim.AdamW(
            given,
            lr=rate if cuda else 0.0,
            weight_decay=plan.weight_decay,
            betas=(0.9, 0.98),
            capturable=cuda,
            foreach=cuda,
        )
        rows = torch.zeros(self.number, size, dtype=torch.long, device=self.device)
        taken, total = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        one = torch.arange(self.number, device=self.device)[:, None] if len(weight) > 1 else 0

        def learn():
            batch = self._batch(rows, plan.alterations)
            optimizer.zero_grad(set_to_none=True)
            outputs = self._outputs(self.params, batch, True)
            about = (self.classes[rows], weight[one, rows])
            found = sum(_each(output, *about, plan, levels) for output in outputs)
            found.sum().backward()
            with torch.no_grad():
                norm = torch.sqrt(sum(p.grad.flatten(1).pow(2).sum(1) for p in given))
                share = (plan.clip / (norm + 1e-6)).clamp(max=1.0)
                for p in given:
                    p.grad.mul_(share.view(-1, *[1] * (p.dim() - 1)))
            optimizer.step()
            with torch.no_grad():
                for mean, now in zip(self.mean.values(), given, strict=True):
                    mean.lerp_(now, taken)
                total.add_(found.detach().mean())

        step, history = _Step(learn, cuda), []
        for epoch in range(plan.epochs):
            total.zero_()
            chosen = np.stack([np.resize(drawn.permutation(pool), steps * size) for pool in pools])
            chosen = torch.as_tensor(chosen.reshape(self.number, steps, size), device=self.device)
            for k in range(steps):
                place, whole = epoch * steps + k, plan.epochs * steps
                rate.fill_(plan.learning_rate * _schedule(place, whole))
                if not cuda:
                    optimizer.param_groups[0]["lr"] = float(rate)
                taken.fill_(1.0 - min(plan.average, place / (place + 10)))
                rows.copy_(chosen[:, k])
                step()
            history.append(float(total) / steps)
        return history

    def predict(self, rows):
        """Return probabilities (K, m, C) of the objects rows (m,), by averaged weights."""
        found = []
        with torch.no_grad():
            for begin in range(0, len(rows), _PREDICTED):
                part = torch.as_tensor(rows[begin : begin + _PREDICTED], device=self.device)
                batch = self._batch(part.expand(self.number, -1))
                found.append(torch.softmax(self._outputs(self.mean, batch, False)[0].float(), dim=-1).cpu().numpy())
        return np.concatenate(found, axis=1)


class _Step:
    """A step that is recorded and replayed on CUDA, after it was done three times as it is."""

    def __init__(self, learn, record):
        self.learn, self.record, self.replay = learn, record, None

    def __call__(self):
        if self.replay is not None:
            self.replay.replay()
        elif self.record:
            self.record = False
            self._record()
        else:
            self.learn()

    def _record(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.learn()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self.learn()
        except RuntimeError as error:
            print(f"steps are not recorded: {str(error)[:300]}", flush=True)
            torch.cuda.synchronize()
        else:
            self.replay = graph


def _schedule(step, whole):
    warm = max(whole // 10, 1)
    return (step + 1) / warm if step < warm else 0.5 * (1.0 + math.cos(math.pi * (step - warm) / (whole - warm)))


def _each(logits, classes, weight, plan, levels):
    """Return the loss (K,) of logits (K, B, C)."""
    more = {} if levels is None else {"levels": levels}
    return vmap(lambda *given: loss(*given, plan.loss, plan.gamma, **more))(logits, classes, weight)
