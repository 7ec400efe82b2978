"""Classes left out of training: what is said of their objects, and that no label of theirs is used."""

import numpy as np
import pytest
from learning_data import SPEC, labelled

from mallorn.evaluate.unknown import UNKNOWN_COLUMNS, left_out
from mallorn.learning.tree import nodes_of
from mallorn.survey.taxonomy import Taxonomy

TREE = Taxonomy(
    {
        "all": {},
        "SN": {"parent": "all"},
        "Ia": {"parent": "SN"},
        "II": {"parent": "SN"},
        "TDE": {"parent": "all"},
        "AGN": {"parent": "all"},
    }
)
OPTIONS = {"balance": None, "depth": 1.0, "coverage": 0.8, "confident": 0.6, "outliers": {"trees": 20, "sample": 64}}
CENTRES = {"Ia": (0, 0), "II": (3, 0), "TDE": (3.2, 0.3), "AGN": (0, 4)}


@pytest.fixture(scope="module")
def strange():
    """Forty events of each class, of two objects; TDEs lie among the SNe II."""
    rng = np.random.default_rng(1)
    names = np.repeat(np.array(list(CENTRES), dtype=object), 80)
    event = np.repeat(np.arange(160), 2)
    values = (np.array([CENTRES[name] for name in names]) + 0.7 * rng.normal(size=(320, 2))).astype(np.float32)
    spec = {**SPEC, "balance": 0.0, "learner": "logistic", "params": {"C": 1.0, "max_iter": 100}}
    return labelled(values, nodes_of(TREE, names), len(TREE), event.astype(str)), event % 4, spec


def test_what_lies_among_a_known_class_is_taken_for_it(strange):
    objects, fold, spec = strange
    row = left_out(TREE, objects, fold, TREE.names.index("TDE"), spec, OPTIONS, 1)
    assert tuple(row) == UNKNOWN_COLUMNS
    assert (row["class"], row["objects"], row["events"], row["taken_for"]) == ("TDE", 80, 40, "II")
    assert row["taken_for_share"] > 0.9
    assert row["confident"] > 0.8
    assert row["single"] + row["several"] + row["empty"] == pytest.approx(1.0)
    assert row["confident_and_single"] <= min(row["confident"], row["single"])
    assert 0.5 < row["usual"] < 1.0
    assert row["confident_single_and_usual"] <= min(row["confident_and_single"], row["confident_and_usual"])
    assert row["holds"] < 0.2  # what holds both SNe II and TDEs is the root


def test_labels_of_the_class_left_out_are_not_used(strange):
    """Its objects may stand at whatever class is left out: the models of the others are the same."""
    objects, fold, spec = strange
    leaf = TREE.names.index("TDE")
    before = left_out(TREE, objects, fold, leaf, spec, OPTIONS, 1)
    mine = objects.classes == leaf
    moved = np.where(mine, np.where(np.arange(320) % 2 == 0, leaf, 0), objects.classes)
    after = left_out(TREE, objects._replace(classes=moved), fold, leaf, spec, OPTIONS, 1)
    assert after["objects"] == 40
    assert after["taken_for"] == before["taken_for"]
    assert after["taken_for_share"] == pytest.approx(before["taken_for_share"], abs=0.1)
