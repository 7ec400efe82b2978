"""ATAT: a transformer over the points and one over the features, each with a head of its own.

Cabrera-Vives et al. 2024, A&A 689, A289.
"""

import torch
from torch import nn

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import Block
from mallorn.learners.networks.shared import LEVELS, NEEDS, RESUMES, SEARCH_SPACE, STARTS, TRANSFORMS
from mallorn.learners.networks.shared import PARAMETERS as SHARED

__all__ = [
    "DEFAULTS",
    "LEVELS",
    "NEEDS",
    "PARAMETERS",
    "READS",
    "RESOURCES",
    "RESUMES",
    "SEARCH_SPACE",
    "STARTS",
    "TRANSFORMS",
    "Encoder",
    "fit",
    "load",
    "predict",
    "save",
]

PARAMETERS = ("width", "layers", "heads", "harmonics", *SHARED)

RESOURCES = {"memory_mb": 2000}

READS = ("tokens", "slot", "seen")

DEFAULTS = {"width": 48, "layers": 3, "heads": 4, "harmonics": 16, "dropout": 0.1}


class Encoder(nn.Module):
    """A code of the light curve, and one of the features if there are any: `widths` of each."""

    reads_features = True

    def __init__(self, params, sizes):
        super().__init__()
        width, layers, heads, share = (params[name] for name in ("width", "layers", "heads", "dropout"))
        self.widths = (width, width) if sizes.features else (width,)
        self.modulation = nn.Parameter(0.1 * torch.randn(2, 2 * params["harmonics"] + 1, width))
        self.flux, self.slot = nn.Linear(3, width), nn.Embedding(6, width)
        self.summary = nn.Parameter(0.02 * torch.randn(2, 1, width))
        self.curve = nn.ModuleList([Block(width, heads, share) for _ in range(layers)])
        self.table = nn.ModuleList([Block(width, heads, share) for _ in range(layers if sizes.features else 0)])
        self.weights = nn.Parameter(0.1 * torch.randn(2, sizes.features, width))
        self.register_buffer("turns", torch.arange(1.0, params["harmonics"] + 1.0) / 8.0)

    def forward(self, batch):
        """Return a tuple of codes (n, width) of a batch: of the points, and of the features."""
        codes = [self._curve(batch["tokens"], batch["slot"], batch["seen"])]
        if len(self.widths) > 1:
            tokens = batch["features"][..., None] * self.weights[0] + self.weights[1]
            codes.append(_read(self.table, self.summary[1], tokens, None))
        return tuple(codes)

    def _curve(self, tokens, slot, seen):
        """Return (n, width): each point's flux times a Fourier series of its time, plus another such series."""
        angle = 2.0 * torch.pi * tokens[..., :1] * self.turns
        series = torch.cat([torch.ones_like(tokens[..., :1]), torch.sin(angle), torch.cos(angle)], dim=-1)
        scale, offset = series @ self.modulation[0], series @ self.modulation[1]
        values = self.flux(tokens[..., 1:]) * scale + offset + self.slot(slot)
        first = torch.ones_like(seen[:, :1])
        return _read(self.curve, self.summary[0], values, torch.cat([first, seen], dim=1))


def _read(blocks, summary, tokens, seen):
    """Put a summary token (1, d) before the tokens (n, L, d); return its value (n, d) after all blocks."""
    values = torch.cat([summary.expand(len(tokens), -1, -1), tokens], dim=1)
    for block in blocks:
        values = block(values, seen)
    return values[:, 0]


fit, predict, save, load = frame.functions_of(Encoder, DEFAULTS, READS)
