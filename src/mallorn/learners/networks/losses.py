"""Losses of networks: cross-entropy and focal loss, of objects with weights."""

import torch
from torch.nn import functional

__all__ = ["LOSSES", "loss"]

LOSSES = ("cross_entropy", "focal")


def loss(logits, classes, weight, kind, gamma):
    """Return the mean loss of logits (n, C) of objects with `classes` (n,) int and `weight` (n,).

    focal: cross-entropy times (1 - p)^gamma, p being the probability of the true class (Lin et al. 2017, ICCV). Its
    alpha, the weight of a class, is in `weight`.
    """
    each = functional.cross_entropy(logits.float(), classes, reduction="none")
    if kind == "focal":
        each = each * (1.0 - torch.exp(-each)).pow(gamma)
    return (each * weight).sum() / weight.sum()
