"""A network: an encoder of the light curve, features beside it, and one head for the classes."""

from typing import NamedTuple

import torch
from torch import nn

from mallorn.learners.networks.layers import perceptron

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
    """

    def __init__(self, encoder, sizes, width, share):
        super().__init__()
        self.encoder = encoder
        widths = getattr(encoder, "widths", ())
        inside = sum(widths) if widths else encoder.width
        self.others = nn.ModuleList([nn.Linear(d, sizes.classes) for d in widths])
        self.norm = nn.LayerNorm(inside)
        beside = sizes.features if not getattr(encoder, "reads_features", False) else 0
        self.beside = perceptron(beside, width, width, share) if beside else None
        self.head = perceptron(inside + (width if beside else 0), width, sizes.classes, share)

    def forward(self, batch):
        """Return a list of logits (n, C) for a batch of n objects; the first ones predict."""
        code = self.encoder(batch)
        parts = code if isinstance(code, tuple) else ()
        code = self.norm(torch.cat(parts, dim=1) if parts else code)
        if self.beside is not None:
            code = torch.cat([code, self.beside(batch["features"])], dim=1)
        return [self.head(code), *(head(part) for head, part in zip(self.others, parts, strict=True))]
