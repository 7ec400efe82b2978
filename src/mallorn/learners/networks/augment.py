"""Augmentation on the fly: a light curve is altered anew each time that the network learns from it."""

from typing import NamedTuple

import torch

__all__ = ["Alterations", "altered"]

_WINDOW = (-1.0, 3.0)
"""Phases of the grid, in units of 100 rest-frame days."""


class Alterations(NamedTuple):
    """How light curves are altered; 0 means not at all.

    drop: largest share of points that are left out; each object's share is drawn between 0 and this. bands: probability
    that a passband is left out. noise: standard deviation of the noise added to each flux, in its errors. shift:
    standard deviation of the shift of the phase, days. truncate: share of objects that are cut at a random time.
    """

    drop: float = 0.0
    bands: float = 0.0
    noise: float = 0.0
    shift: float = 0.0
    truncate: float = 0.0


def altered(batch, how, generator):
    """Return {name: tensor} of a batch with altered "grid", "tokens" and "seen"; the features stay.

    batch: as from `mallorn.learners.networks.views.arrays_of`, as tensors. how: `Alterations`. generator: torch's.
    """
    if not any(how):
        return batch
    n, device = len(batch["features"]), batch["features"].device

    def uniform(*shape):
        return torch.rand(shape, generator=generator, device=device)

    def normal(*shape):
        return torch.randn(shape, generator=generator, device=device)

    shift = how.shift * normal(n)
    cut = torch.where(
        uniform(n) < how.truncate,
        _WINDOW[0] + (_WINDOW[1] - _WINDOW[0]) * uniform(n),
        torch.full((n,), 1e9, device=device),
    )
    lost = uniform(n, 6) < how.bands
    found = dict(batch)
    if "grid" in batch:
        found["grid"] = _grid(batch["grid"], how, (shift, cut, lost), normal)
    if "tokens" in batch:
        tokens, seen, slot = batch["tokens"], batch["seen"], batch["slot"]
        length = seen.shape[1]
        seen = seen & (uniform(n, length) >= how.drop * uniform(n, 1)) & ~torch.gather(lost, 1, slot)
        seen = seen & (tokens[..., 0] <= cut[:, None])
        noise = how.noise * normal(n, length) * torch.exp(tokens[..., 3])
        flux = torch.arcsinh(torch.sinh(tokens[..., 2]) + noise)
        phase = tokens[..., 0] + shift[:, None] / 100.0
        found["tokens"] = torch.stack([phase, tokens[..., 1], flux, tokens[..., 3]], dim=-1)
        found["seen"] = seen
    return found


def _grid(grid, how, drawn, normal):
    """Return the grid (n, 2 S, G) moved, cut, without some slots, and with noise: one draw per slot times its error."""
    shift, cut, lost = drawn
    n, channels, phases = grid.shape
    slots = channels // 2
    mean, sd = grid[:, :slots], grid[:, slots:]
    mean = torch.arcsinh(torch.sinh(mean) + how.noise * sd * normal(n, slots, 1))
    grid = torch.cat([mean, sd], dim=1)
    place = torch.arange(phases, device=grid.device)
    step = (_WINDOW[1] - _WINDOW[0]) / (phases - 1)
    source = (place[None, :] - torch.round(shift / (100.0 * step)).long()[:, None]).clamp(0, phases - 1)
    grid = torch.gather(grid, 2, source[:, None, :].expand(-1, channels, -1))
    phase = place.to(grid.dtype) * step + _WINDOW[0]
    kept = (phase[None, :] <= cut[:, None])[:, None, :]
    if slots == lost.shape[1]:
        kept = kept & ~torch.cat([lost, lost], dim=1)[:, :, None]
    return grid * kept
