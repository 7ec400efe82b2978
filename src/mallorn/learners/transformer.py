"""A transformer (Vaswani et al. 2017) over the points: attention inside each passband, then across all of them."""

import torch
from torch import nn

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import AttentionPool, Block, FourierTime
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

PARAMETERS = ("width", "layers", "inside", "heads", *SHARED)

RESOURCES = {"memory_mb": 2000}

READS = ("tokens", "slot", "seen")

DEFAULTS = {"width": 64, "layers": 3, "inside": 1, "heads": 4, "dropout": 0.1}


class Encoder(nn.Module):
    """Points as tokens. The first `inside` layers look at points of the same passband, the others at all points."""

    def __init__(self, params, sizes):
        super().__init__()
        self.width, self.inside = params["width"], params["inside"]
        self.time, self.slot = FourierTime(16), nn.Embedding(6, self.width)
        self.first = nn.Linear(4 + 32, self.width)
        self.blocks = nn.ModuleList(
            [Block(self.width, params["heads"], params["dropout"]) for _ in range(params["layers"])]
        )
        self.pool = AttentionPool(self.width)

    def forward(self, batch):
        """Return (n, width) of the points of a batch."""
        tokens, seen, slot = batch["tokens"], batch["seen"], batch["slot"]
        values = self.first(torch.cat([tokens, self.time(tokens[..., 0])], dim=-1)) + self.slot(slot)
        oneself = torch.eye(seen.shape[1], dtype=torch.bool, device=seen.device)
        everywhere = (seen[:, None, None, :] | oneself).expand(-1, 1, -1, -1)
        same = everywhere & ((slot[:, None, :, None] == slot[:, None, None, :]) | oneself)
        for k, block in enumerate(self.blocks):
            values = block(values, same if k < self.inside else everywhere)
        return self.pool(values, seen)


fit, predict, save, load = frame.functions_of(Encoder, DEFAULTS, READS)
