"""Losses of networks: cross-entropy, focal and hierarchical loss, with weights of objects."""

import torch
from torch.nn import functional

__all__ = ["LOSSES", "loss"]

LOSSES = ("cross_entropy", "focal", "hierarchical")

_FADING = 0.5
"""Exponent by which each level of the tree counts less than the one above."""


def loss(logits, classes, weight, kind, gamma, levels=None):  # size: the two sides of the comparison, and its kind
    """Return the mean loss of logits (n, C) of objects with `classes` (n,) int and `weight` (n,).

    focal: cross-entropy times (1 - p)^gamma, where p is the probability of the true class (Lin et al. 2017, ICCV). Its
    alpha, the weight of a class, is in `weight`. hierarchical: -sum over levels d of exp(-d / 2) ln p(group at d |
    group at d - 1) (Shah et al. 2025, arXiv:2501.01496, eq. 4, whose class weights are in `weight`). levels: (D, C)
    int, the group of each class at each level of a tree; at the last level each class is alone. With one level it is
    cross-entropy.
    """
    if kind == "hierarchical":
        each = _down_the_tree(torch.log_softmax(logits.float(), dim=1), classes, levels)
    else:
        each = functional.cross_entropy(logits.float(), classes, reduction="none")
    if kind == "focal":
        each = each * (1.0 - torch.exp(-each)).pow(gamma)
    return (each * weight).sum() / weight.sum()


def _down_the_tree(share, classes, levels):
    """Return the hierarchical loss (n,) from log probabilities (n, C)."""
    same = levels[:, :, None] == levels[:, None, :]
    of_group = torch.logsumexp(share + torch.log(same[:, classes].to(share.dtype)), dim=2)
    steps = torch.diff(of_group, dim=0, prepend=torch.zeros_like(of_group[:1]))
    fading = torch.exp(-_FADING * torch.arange(len(levels), device=share.device, dtype=share.dtype))
    return -(fading[:, None] * steps).sum(dim=0)
