"""A network: an encoder of the light curve, features beside it, and one head for the classes."""

from typing import NamedTuple

import torch
from torch import nn

from mallorn.learners.networks.layers import perceptron
from mallorn.learners.networks.views import SCALARS

__all__ = ["Network", "Sizes"]


class Sizes(NamedTuple):
    """Sizes that an encoder is built for: features beside the light curve, channels and phases of the grid, classes."""

    features: int
    channels: int
    phases: int
    classes: int


class Network(nn.Module):
    """An encoder with a head.

    The encoder is a module with `width` and forward(batch) -> (n, width). An encoder with several outputs, a tuple of
    (n, d), also has `widths`: each output gets a head of its own in training, and all together get the head that
    predicts.

    curve: 0 to 1. At 0 one head reads the code of the light curve and the features beside it. Above 0 the features have
    a perceptron of their own, `table`, and the light curve has only redshift and luminosity beside it. Each of the two
    learns by its own loss. The network predicts the mean of their log probabilities, in which the light curve has the
    weight `curve`.
    """

    def __init__(self, encoder, sizes, width, share, curve=0.0):  # size: what it is built of
        super().__init__()
        self.encoder, self.curve = encoder, curve
        widths = getattr(encoder, "widths", ())
        inside = sum(widths) if widths else encoder.width
        self.others = nn.ModuleList([nn.Linear(d, sizes.classes) for d in widths])
        self.norm = nn.LayerNorm(inside)
        beside = min(sizes.features, SCALARS) if curve else sizes.features
        beside = beside if not getattr(encoder, "reads_features", False) else 0
        self.beside = perceptron(beside, width, width, share) if beside else None
        self.head = perceptron(inside + (width if beside else 0), width, sizes.classes, share)
        self.table = perceptron(sizes.features, width, sizes.classes, 0.0) if curve else None

    def forward(self, batch):
        """Return a list of logits (n, C) for a batch of n objects; the first ones predict. In training, each has a
        loss."""
        code = self.encoder(batch)
        parts = code if isinstance(code, tuple) else ()
        code = self.norm(torch.cat(parts, dim=1) if parts else code)
        if self.beside is not None:
            read = batch["features"] if self.table is None else batch["features"][:, :SCALARS]
            code = torch.cat([code, self.beside(read)], dim=1)
        found = [self.head(code), *(head(part) for head, part in zip(self.others, parts, strict=True))]
        if self.table is None:
            return found
        table = self.table(batch["features"])
        if self.training:
            return [*found, table]
        both = [torch.log_softmax(logits.float(), dim=1) for logits in (table, found[0])]
        return [torch.lerp(*both, self.curve), *found, table]

    def penalized(self):
        """Return the sum of squared weights of `table`, 0 without one."""
        layers = [] if self.table is None else [layer for layer in self.table if isinstance(layer, nn.Linear)]
        return sum(layer.weight.square().sum() for layer in layers)
