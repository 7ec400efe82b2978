"""A temporal convolutional network on the posterior light curves (Bai, Kolter & Koltun 2018, arXiv:1803.01271)."""

from torch import nn
from torch.nn import functional

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import Dropout
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

PARAMETERS = ("width", "depth", "kernel", *SHARED)

RESOURCES = {"memory_mb": 1500}

READS = ("grid",)

DEFAULTS = {"width": 32, "depth": 5, "kernel": 3, "dropout": 0.2}


class Encoder(nn.Module):
    """Residual blocks of two causal convolutions, each block with twice the dilation; the mean over phases."""

    def __init__(self, params, sizes):
        super().__init__()
        self.width = params["width"]
        self.first = nn.Conv1d(sizes.channels, self.width, 1)
        self.blocks = nn.ModuleList(
            [_Residual(self.width, params["kernel"], 2**k, params["dropout"]) for k in range(params["depth"])]
        )

    def forward(self, batch):
        """Return (n, width) of the grid of a batch."""
        values = self.first(batch["grid"])
        for block in self.blocks:
            values = block(values)
        return values.mean(dim=2)


class _Residual(nn.Module):
    def __init__(self, width, kernel, dilation, share):
        super().__init__()
        self.reach = (kernel - 1) * dilation
        self.norms = nn.ModuleList([nn.GroupNorm(1, width), nn.GroupNorm(1, width)])
        self.layers = nn.ModuleList([nn.Conv1d(width, width, kernel, dilation=dilation) for _ in range(2)])
        self.dropout = Dropout(share)

    def forward(self, values):
        found = values
        for norm, layer in zip(self.norms, self.layers, strict=True):
            found = self.dropout(functional.gelu(layer(functional.pad(norm(found), (self.reach, 0)))))
        return values + found


fit, predict, save, load = frame.functions_of(Encoder, DEFAULTS, READS)
