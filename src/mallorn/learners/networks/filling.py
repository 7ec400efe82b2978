"""Learn to fill in what is hidden of light curves. No class plays a part, so any objects will do.

A stretch of time is hidden in all passbands, and some passbands at all times. The encoder reads the rest, and a small
decoder must tell the hidden fluxes from its code alone (much as in Zerveas et al. 2021, KDD).
"""

from typing import NamedTuple

import torch
from torch import nn

from mallorn.errors import ConfigError
from mallorn.learners.networks.augment import Alterations
from mallorn.learners.networks.layers import FourierTime
from mallorn.learners.networks.training import made, train
from mallorn.seeds import derived_seed

__all__ = ["Filler", "Values", "fill", "hidden_loss", "hide", "values_of"]

_BEGIN, _LENGTH = -1.0, 4.0
"""Where the window of phases begins and its length, in units of 100 rest-frame days."""

_LEAST_ERROR = 0.1
"""Added in quadrature to errors of arsinh(flux / scale), lest the brightest points alone count."""


class Values(NamedTuple):
    """The fluxes of a batch, of points or of the grid, each (n, P); the first three (1, P) for the grid.

    phase: in units of 100 days. color: ln(rest wavelength / 4500 angstrom), 0 for the grid. slot: int. flux:
    arsinh(flux / scale), and error: its error. there: bool.
    """

    phase: torch.Tensor
    color: torch.Tensor
    slot: torch.Tensor
    flux: torch.Tensor
    error: torch.Tensor
    there: torch.Tensor


class Filler(nn.Module):
    """An encoder (see `network.Network`) with a decoder: what was the flux at a phase in a passband?"""

    def __init__(self, encoder, slots, width):
        super().__init__()
        inside = sum(getattr(encoder, "widths", ())) or encoder.width
        self.encoder, self.norm = encoder, nn.LayerNorm(inside)
        self.time, self.slot = FourierTime(16), nn.Embedding(slots, 8)
        self.code, self.asked = nn.Linear(inside, width), nn.Linear(2 + 32 + 8, width)
        self.decoder = nn.Sequential(nn.GELU(), nn.Linear(width, 1))

    def forward(self, batch, values):
        """Return the fluxes (n, P) of `Values`, of which only place and time are read, from what the batch shows."""
        code = self.encoder(batch)
        code = self.code(self.norm(torch.cat(code, dim=1) if isinstance(code, tuple) else code))
        place = torch.stack([values.phase, values.color], dim=-1)
        asked = self.asked(torch.cat([place, self.time(values.phase), self.slot(values.slot)], dim=-1))
        return self.decoder(code[:, None, :] + asked).squeeze(-1)

    def loss(self, batch, share, generator):
        """Return the `hidden_loss` of a batch of which a share is hidden; `generator` draws what."""
        values = values_of(batch)
        shown, hidden = hide(batch, values, share, generator)
        with torch.autocast("cuda", torch.bfloat16, enabled=values.flux.is_cuda, cache_enabled=False):
            found = self(shown, values)
        return hidden_loss(found.float(), values, hidden)


def values_of(batch):
    """Return the `Values` of a batch: its points, or the grid if it has no points."""
    if "tokens" in batch:
        tokens = batch["tokens"]
        error = torch.exp(tokens[..., 3]) / torch.cosh(tokens[..., 2])
        return Values(tokens[..., 0], tokens[..., 1], batch["slot"], tokens[..., 2], error, batch["seen"])
    mean, sd = batch["grid"].chunk(2, dim=1)
    n, slots, phases = mean.shape
    phase = torch.linspace(_BEGIN, _BEGIN + _LENGTH, phases, device=mean.device).repeat(slots)[None]
    slot = torch.arange(slots, device=mean.device).repeat_interleave(phases)[None]
    rest = (one.reshape(n, slots * phases) for one in (mean, sd / torch.cosh(mean), sd > 0))
    return Values(phase, torch.zeros_like(phase), slot, *rest)


def hide(batch, values, share, generator):
    """Return (the batch without what is hidden, hidden (n, P) bool).

    Hidden are the values of a stretch of time, `share` of the window, about one that is there; and the whole of each
    passband, with a chance of `share`.
    """
    n, device = len(values.there), values.there.device

    def uniform(*shape):
        return torch.rand(shape, generator=generator, device=device)

    one = torch.argmax(uniform(*values.there.shape) * values.there, dim=1, keepdim=True)
    middle = torch.gather(values.phase.expand_as(values.there), 1, one) + share * _LENGTH * (uniform(n, 1) - 0.5)
    slots = batch["grid"].shape[1] // 2 if "grid" in batch else 6
    whole = torch.gather(uniform(n, slots) < share, 1, values.slot.expand_as(values.there))
    hidden = values.there & (whole | ((values.phase - middle).abs() <= 0.5 * share * _LENGTH))
    if "tokens" in batch:
        place, flux = batch["tokens"].split(2, dim=2)  # time and wavelength are asked for, so they are no secret
        tokens = torch.cat([place, flux * ~hidden[..., None]], dim=2)
        return {**batch, "tokens": tokens, "seen": batch["seen"] & ~hidden}, hidden
    shown = (~hidden).view(n, slots, -1)
    return {**batch, "grid": batch["grid"] * torch.cat([shown, shown], dim=1)}, hidden


def hidden_loss(found, values, hidden):
    """Return the mean squared difference of fluxes `found` (n, P) and `Values` where hidden, weighted by errors."""
    weight = hidden / (values.error**2 + _LEAST_ERROR**2)
    return (weight * (found - values.flux) ** 2).sum() / weight.sum().clamp(min=1e-6)


def fill(network, arrays, params, plan, seed, device, keeper):  # size: the arguments of `train`
    """Let the encoder of a `Network` learn for `masked_epochs`; return the loss of each epoch.

    arrays, plan, device: as for `train`; the plan's loss, alterations and sampling are for classes. params:
    `masked_epochs`, `masked_share` and `hidden` count. keeper: `Checkpoint` of this part, or None. Raises ConfigError
    for arrays that have not one light curve (with both, one would show what is hidden of the other), and for a share
    that is not between 0 and 1.
    """
    share = params["masked_share"]
    if not 0 < share < 1:
        raise ConfigError(f"models: masked_share: expected above 0 and below 1, found {share}")
    if ("tokens" in arrays) == ("grid" in arrays):
        found = "both" if "grid" in arrays else "neither"
        fix = "set masked_epochs to 0"
        raise ConfigError(f"models: masked_epochs: expected a network of points or of the grid, found {found}; {fix}")
    slots = arrays["grid"].shape[1] // 2 if "grid" in arrays else 6
    seed = derived_seed(seed, "filling")
    filler = made(lambda: Filler(network.encoder, slots, params["hidden"]), seed)
    plan = plan._replace(epochs=params["masked_epochs"], masked=share, sampling=0.0, alterations=Alterations())
    classes = [0] * len(arrays["features"])
    filler, history = train(filler, arrays, classes, classes, plan, seed, device, keeper)
    network.encoder.load_state_dict(filler.encoder.state_dict())
    return history
