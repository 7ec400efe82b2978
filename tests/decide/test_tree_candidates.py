"""What is said of new objects on a tree, and the lists of each class."""

import numpy as np
import pytest

from mallorn.decide.class_calibration import fit, intervals
from mallorn.decide.tree_candidates import class_table, first_of_class, list_names
from mallorn.learning.tree import summed_up
from mallorn.survey.taxonomy import Taxonomy

TREE = Taxonomy(
    {
        "all": {},
        "SN": {"parent": "all"},
        "SN Ib/c": {"parent": "SN"},
        "SN II": {"parent": "SN"},
        "TDE": {"parent": "all"},
    }
)
LEAVES = np.array([2, 3, 4])


def on_tree(p):
    stops = np.zeros((len(p), 5))
    stops[:, LEAVES] = p
    return summed_up(TREE, stops)


@pytest.fixture(scope="module")
def known():
    rng = np.random.default_rng(2)
    p = rng.dirichlet([0.5, 0.5, 0.5], size=200)
    nodes = LEAVES[np.argmax(np.cumsum(p, axis=1) > rng.random((200, 1)), axis=1)]
    nodes[:10] = 1  # supernovae of no known kind
    return {"probability": on_tree(p), "nodes": nodes, "event": np.arange(200).astype(str)}


def test_the_table_says_path_sets_and_intervals_of_each_object(known):
    p = on_tree([[0.97, 0.02, 0.01], [0.3, 0.3, 0.4], [0.0, 0.0, 1.0]])
    ids = np.array(["b", "a", "c"], dtype=object)
    table = class_table(TREE, ids, p, known, 0.8)
    assert table["path"].tolist() == ["SN > SN Ib/c", "SN > SN Ib/c", "TDE"]
    assert table["marginal"][0] == "SN Ib/c"
    assert table["marginal"][1] == "SN"  # SN Ib/c is the most probable below it, but not by enough
    assert table["leaves"][0] == "SN Ib/c"
    assert table["probability__SN"].tolist() == pytest.approx([0.99, 0.6, 0.0])
    rows = known["nodes"] > 1
    of_leaf = fit("venn_abers", known["probability"][rows][:, LEAVES], known["nodes"][rows] - 2)
    low, high = intervals(of_leaf, p[:, LEAVES])
    for k, name in enumerate(TREE.leaves):
        assert np.array_equal(table[f"low__{name}"], low[:, k])
        assert np.array_equal(table[f"high__{name}"], high[:, k])
    first = first_of_class(table, "SN", 2)
    assert (first["object_id"].tolist(), first["rank"].tolist()) == (["b", "a"], [1, 2])
    assert "low" not in first
    assert first_of_class(table, "TDE", 9)["low"].tolist() == low[[2, 1, 0], 2].tolist()


def test_names_of_lists_are_files_and_differ():
    tree = Taxonomy({"r": {}, **{name: {"parent": "r"} for name in ("SN Ib/c", "SN Ib c", "../x", "//")}})
    assert list(list_names(tree.names[1:]).values()) == ["SN_Ib_c", "SN_Ib_c_2", "x", "class"]
