"""Groups of classes on a tree, and the loss on them."""

import numpy as np
import pytest

from mallorn.learning.tree import class_levels
from mallorn.survey.taxonomy import read_taxonomy

TYPES = [["TDE"], ["AGN"], ["SN Ia", "SN Ia-91T-like"], ["SLSN-I", "SN IIn"], ["SN II", "SN Ic"]]


def test_classes_part_level_by_level_where_their_types_do():
    """AGN recur; the others are transients, of which SNe Ia and other SNe are supernovae."""
    levels = class_levels(TYPES, read_taxonomy("mallorn"))
    assert levels.tolist() == [[0, 1, 0, 0, 0], [0, 1, 2, 3, 2], [0, 1, 2, 3, 4]]
    assert class_levels([["TDE"], ["AGN", "SN Ia"]], read_taxonomy("mallorn")).tolist() == [[0, 1]]
    assert class_levels([["no such"], [], ["TDE"]], read_taxonomy("mallorn")).tolist() == [[0, 1, 2]]


def test_the_hierarchical_loss_is_the_sum_over_levels_and_of_one_level_cross_entropy():
    torch = pytest.importorskip("torch", reason="networks need torch: make install-neural")
    from mallorn.learners.networks.losses import loss

    p = np.array([[0.5, 0.2, 0.1, 0.15, 0.05], [0.1, 0.2, 0.4, 0.1, 0.2]])
    logits, classes = torch.log(torch.tensor(p)), torch.tensor([0, 4])
    levels = torch.tensor(class_levels(TYPES, read_taxonomy("mallorn")))
    weight = torch.tensor([1.0, 3.0])
    fading = np.exp(-0.5 * np.arange(3))
    # transient, then TDE among its groups; transient, then supernova, then other SN
    first = -fading[0] * np.log(0.8) - fading[1] * np.log(0.5 / 0.8)
    second = -fading @ np.log([0.8, 0.6 / 0.8, 0.2 / 0.6])
    found = loss(logits, classes, weight, "hierarchical", 2.0, levels)
    assert float(found) == pytest.approx((first + 3 * second) / 4, rel=1e-5)
    flat = loss(logits, classes, weight, "hierarchical", 2.0, levels[-1:])
    assert float(flat) == pytest.approx(float(loss(logits, classes, weight, "cross_entropy", 2.0)), rel=1e-5)
