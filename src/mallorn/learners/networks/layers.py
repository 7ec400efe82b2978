"""Layers of networks. Random numbers come from the network's own generator: fits that run side by side agree."""

import math

import torch
from torch import nn
from torch.nn import functional

__all__ = ["AttentionPool", "Block", "Dropout", "FourierTime", "by_band", "give_generator", "perceptron"]


class Dropout(nn.Module):
    """Dropout with the generator from `give_generator`; without one, values pass unchanged."""

    def __init__(self, share):
        super().__init__()
        self.share, self.generator = share, None

    def forward(self, values):
        """Return the values (any shape). In training a share of them is set to 0, and the others grow accordingly."""
        if not self.training or self.share <= 0 or self.generator is None:
            return values
        drawn = torch.rand(values.shape, generator=self.generator, device=values.device)
        return values * (drawn >= self.share).to(values.dtype) / (1.0 - self.share)


def give_generator(network, generator):
    """Make all `Dropout` layers of a network draw from `generator`."""
    for layer in network.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator


def perceptron(inputs, width, outputs, share):
    """Return a perceptron with one hidden layer of `width` units and dropout of this `share`."""
    return nn.Sequential(nn.Linear(inputs, width), nn.GELU(), Dropout(share), nn.Linear(width, outputs))


class Block(nn.Module):
    """A block of a transformer, normalised before each part (Vaswani et al. 2017; Xiong et al. 2020)."""

    def __init__(self, width, heads, share):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dropout, self.hidden = Dropout(share), perceptron(width, 2 * width, width, share)

    def forward(self, values, allowed=None):
        """Return (n, L, d) of values (n, L, d).

        allowed: positions that attention may look at: (n, L) bool, or bool that broadcasts to (n, heads, L, L).
        """
        n, length, width = values.shape
        mask = allowed[:, None, None, :] if allowed is not None and allowed.dim() == 2 else allowed
        mixed = self.mixed(self.norms[0](values)).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        values = values + self.dropout(self.out(found.transpose(1, 2).reshape(n, length, width)))
        return values + self.dropout(self.hidden(self.norms[1](values)))


class AttentionPool(nn.Module):
    """The mean over positions, weighted by a learned score of each."""

    def __init__(self, width):
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, values, seen):
        """Return (n, d) from values (n, L, d) at the positions `seen` (n, L) bool; 0 if there are none."""
        score = self.score(values).squeeze(-1).masked_fill(~seen, -1e4)
        return torch.einsum("nl,nld->nd", torch.softmax(score, dim=1) * seen, values)


class FourierTime(nn.Module):
    """Sines and cosines of time with learned frequencies, from a period of a few days to the whole window."""

    def __init__(self, number):
        super().__init__()
        self.frequency = nn.Parameter(torch.logspace(math.log10(0.25), math.log10(25.0), number))

    def forward(self, time):
        """Return (n, L, 2 number) of times (n, L) in units of 100 days."""
        turns = 2.0 * math.pi * time[..., None] * self.frequency
        return torch.cat([torch.sin(turns), torch.cos(turns)], dim=-1)


def by_band(batch, longest):
    """Return (points (n, 6, longest, 4), there (n, 6, longest) bool) of the "tokens" of a batch, by their slots.

    Points of one slot stay in order; those beyond the `longest` number are left out.
    """
    tokens, seen, slot = batch["tokens"], batch["seen"], batch["slot"]
    mine = ((slot[..., None] == torch.arange(6, device=slot.device)) & seen[..., None]).long()
    rank = torch.gather(torch.cumsum(mine, dim=1), 2, slot[..., None])[..., 0] - 1
    kept = seen & (rank < longest)
    place = torch.where(kept, slot * longest + rank, 6 * longest)
    n, width = len(tokens), tokens.shape[2]
    points = torch.zeros(n, 6 * longest + 1, width, device=tokens.device, dtype=tokens.dtype)
    points = points.scatter(1, place[..., None].expand(-1, -1, width), tokens)
    there = torch.zeros(n, 6 * longest + 1, dtype=torch.bool, device=tokens.device).scatter(1, place, kept)
    return points[:, :-1].view(n, 6, longest, width), there[:, :-1].view(n, 6, longest)
