"""A recurrent network over the points: a GRU (Cho et al. 2014) with attention over its states."""

import torch
from torch import nn

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import AttentionPool, Dropout
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

PARAMETERS = ("width", "layers", *SHARED)

RESOURCES = {"memory_mb": 2000}

READS = ("tokens", "slot", "seen")

DEFAULTS = {"width": 64, "layers": 2, "dropout": 0.2}


class Encoder(nn.Module):
    """Layers of GRU over the points in the order of time; the mean of their states, weighted by attention."""

    def __init__(self, params, sizes):
        super().__init__()
        self.width = params["width"]
        self.slot = nn.Embedding(6, 8)
        sizes_in = [6 + 8] + [self.width] * (params["layers"] - 1)
        self.layers = nn.ModuleList([nn.GRU(one, self.width, batch_first=True) for one in sizes_in])
        self.norms = nn.ModuleList([nn.LayerNorm(self.width) for _ in self.layers])
        self.dropout, self.pool = Dropout(params["dropout"]), AttentionPool(self.width)

    def forward(self, batch):
        """Return (n, width) of the points of a batch."""
        tokens, seen = batch["tokens"], batch["seen"]
        step = torch.diff(tokens[..., :1], dim=1, prepend=tokens[:, :1, :1])
        values = torch.cat([tokens, 10.0 * step, seen[..., None].to(tokens.dtype)], dim=-1) * seen[..., None]
        values = torch.cat([values, self.slot(batch["slot"])], dim=-1)
        with torch.autocast(values.device.type, enabled=False):  # its recurrence is in float32
            for layer, norm in zip(self.layers, self.norms, strict=True):
                values = self.dropout(norm(layer(values.float())[0]))
        return self.pool(values, seen)


fit, predict, save, load = frame.functions_of(Encoder, DEFAULTS, READS)
