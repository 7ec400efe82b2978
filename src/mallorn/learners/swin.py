"""Shifted windows on small images of the posterior light curves (Swin: Liu et al. 2021, ICCV)."""

import torch
from torch import nn
from torch.nn import functional

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

PARAMETERS = ("width", "heads", "side", *SHARED)

RESOURCES = {"memory_mb": 2000}

READS = ("grid",)

DEFAULTS = {"width": 32, "heads": 4, "side": 32, "dropout": 0.1}

_PATCH, _WINDOW = 4, 4
_LEVELS = (-0.6, 1.4)
"""Lowest and highest value of arsinh(flux / scale) in an image."""


class Encoder(nn.Module):
    """Two stages of windows of 4 x 4 patches; the second has half the resolution and twice the width."""

    def __init__(self, params, sizes):
        super().__init__()
        width, self.side = params["width"], params["side"]
        self.width, cells = 2 * width, params["side"] // _PATCH
        self.register_buffer("levels", torch.linspace(*_LEVELS, self.side))
        self.patches = nn.Conv2d(sizes.channels // 2, width, _PATCH, stride=_PATCH)
        self.places = nn.Parameter(0.02 * torch.randn(1, cells, cells, width))
        self.fine = nn.ModuleList([Block(width, params["heads"], params["dropout"]) for _ in range(2)])
        self.merge = nn.Linear(4 * width, 2 * width)
        self.coarse = nn.ModuleList([Block(2 * width, params["heads"], params["dropout"]) for _ in range(2)])

    def forward(self, batch):
        """Return (n, width) of the grid of a batch."""
        values = self.patches(self.images(batch["grid"])).permute(0, 2, 3, 1) + self.places
        for shift, block in zip((0, _WINDOW // 2), self.fine, strict=True):
            values = _windowed(values, block, shift)
        n, rows, columns, width = values.shape
        values = values.view(n, rows // 2, 2, columns // 2, 2, width).permute(0, 1, 3, 2, 4, 5)
        values = self.merge(values.reshape(n, rows // 2, columns // 2, 4 * width))
        for shift, block in zip((0, _WINDOW // 2), self.coarse, strict=True):
            values = _windowed(values, block, shift if values.shape[1] > _WINDOW else 0)
        return values.mean(dim=(1, 2))

    def images(self, grid):
        """Return (n, S, side, side): for each slot and phase (column), how near each level is to the light curve.

        A column's profile is a normal about the mean; its width is the error plus half a level.
        """
        grid = functional.interpolate(grid, size=self.side, mode="linear", align_corners=True)
        mean, sd = grid.chunk(2, dim=1)
        blur = sd + (_LEVELS[1] - _LEVELS[0]) / self.side
        return torch.exp(-0.5 * ((self.levels[:, None] - mean[:, :, None, :]) / blur[:, :, None, :]) ** 2)


def _windowed(values, block, shift):
    """Return values (n, R, C, d) after a block in each window of 4 x 4; windows are moved by `shift` positions.

    A window that crosses the edge joins two sides of the image; positions of one side see only that side.
    """
    n, rows, columns, width = values.shape
    if shift:
        values = torch.roll(values, (-shift, -shift), dims=(1, 2))
    parts = _parts(values)
    allowed = None
    if shift:
        side = torch.zeros(1, rows, columns, 1, device=values.device)
        side[:, -shift:] += 1.0
        side[:, :, -shift:] += 2.0
        side = _parts(side)[..., 0]
        allowed = (side[:, None, :, None] == side[:, None, None, :]).repeat(n, 1, 1, 1)
    parts = block(parts, allowed)
    values = parts.view(n, rows // _WINDOW, columns // _WINDOW, _WINDOW, _WINDOW, width)
    values = values.permute(0, 1, 3, 2, 4, 5).reshape(n, rows, columns, width)
    return torch.roll(values, (shift, shift), dims=(1, 2)) if shift else values


def _parts(values):
    """Return (n windows, 16, d) of values (n, R, C, d)."""
    n, rows, columns, width = values.shape
    parts = values.view(n, rows // _WINDOW, _WINDOW, columns // _WINDOW, _WINDOW, width)
    return parts.permute(0, 1, 3, 2, 4, 5).reshape(-1, _WINDOW * _WINDOW, width)


fit, predict, save, load = frame.functions_of(Encoder, DEFAULTS, READS)
