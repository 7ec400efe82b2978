"""A convolutional network over the points of each passband; the codes of all passbands are joined."""

import torch
from torch import nn
from torch.nn import functional

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import Dropout, by_band
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

PARAMETERS = ("width", "layers", "kernel", "longest", *SHARED)

RESOURCES = {"memory_mb": 2000}

READS = ("tokens", "slot", "seen")

DEFAULTS = {"width": 32, "layers": 4, "kernel": 5, "longest": 40, "dropout": 0.2}


class Encoder(nn.Module):
    """The same convolutions for all passbands, which are told the passband; highest and mean values are joined."""

    def __init__(self, params, sizes):
        super().__init__()
        width, kernel = params["width"], params["kernel"]
        self.longest, self.width = params["longest"], 2 * 6 * width
        self.slot, self.first = nn.Embedding(6, width), nn.Linear(6, width)
        self.layers = nn.ModuleList(
            [nn.Conv1d(width, width, kernel, padding=kernel // 2) for _ in range(params["layers"])]
        )
        self.norms = nn.ModuleList([nn.GroupNorm(1, width) for _ in self.layers])
        self.dropout = Dropout(params["dropout"])

    def forward(self, batch):
        """Return (n, width) of the points of a batch."""
        points, there = by_band(batch, self.longest)
        n, slots, length, _ = points.shape
        step = torch.diff(points[..., :1], dim=2, prepend=points[:, :, :1, :1]) * there[..., None]
        points = torch.cat([points, 10.0 * step, there[..., None].to(points.dtype)], dim=-1)
        values = self.first(points) + self.slot(torch.arange(slots, device=points.device))[None, :, None, :]
        keep = there.reshape(n * slots, 1, length).to(points.dtype)
        values = values.reshape(n * slots, length, -1).transpose(1, 2) * keep
        for layer, norm in zip(self.layers, self.norms, strict=True):
            values = (values + self.dropout(functional.gelu(layer(norm(values))))) * keep
        mean = values.sum(dim=2) / keep.sum(dim=2).clamp(min=1.0)
        highest = values.masked_fill(keep == 0, -1e4).amax(dim=2).clamp(min=-10.0)
        return torch.cat([mean, highest], dim=1).reshape(n, self.width)


fit, predict, save, load = frame.functions_of(Encoder, DEFAULTS, READS)
