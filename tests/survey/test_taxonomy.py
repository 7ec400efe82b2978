"""The tree of classes: what it answers, the trees that are shipped, and what is refused."""

import os
import random
import subprocess
import sys

import pytest
import yaml

from mallorn.errors import ConfigError
from mallorn.plugins import SOURCE
from mallorn.simulate.types import TYPES
from mallorn.survey.taxonomy import SHIPPED, Taxonomy, read_taxonomy
from mallorn.watch.messages import TAXONOMY

SMALL = {
    "all": {},
    "SN": {"parent": "all", "labels": ["supernova"]},
    "Ia": {"parent": "SN"},
    "Iax": {"parent": "SN", "labels": ["02cx"]},
    "AGN": {"parent": "all"},
    "long": {"parent": "all"},
    "TDE": {"parent": "long"},
    "SLSN": {"parent": "long"},
}
ELASTICC = [
    "SNIa-SALT3",
    "SNIa-91bg",
    "SNIax",
    "SNIb-Templates",
    "SNIb+HostXT_V19",
    "SNIc-Templates",
    "SNIc+HostXT_V19",
    "SNIcBL+HostXT_V19",
    "SNII-NMF",
    "SNII-Templates",
    "SNII+HostXT_V19",
    "SNIIn-MOSFIT",
    "SNIIn+HostXT_V19",
    "SNIIb+HostXT_V19",
    "SLSN-I+host",
    "SLSN-I_no_host",
    "TDE",
    "ILOT",
    "CART",
    "PISN",
    "KN_K17",
    "KN_B19",
    "CLAGN",
    "RRL",
    "Mdwarf-flare",
    "EB",
    "dwarf-nova",
    "Cepheid",
    "d-Sct",
    "uLens-Single_PyLIMA",
    "uLens-Single-GenLens",
    "uLens-Binary",
]


def random_tree(seed, size=14):
    """Return a tree of `size` classes whose parents are drawn among those before."""
    rng = random.Random(seed)
    return Taxonomy({f"c{k}": {"parent": f"c{rng.randrange(k)}"} if k else {} for k in range(size)})


def test_a_small_tree():
    tree = Taxonomy(SMALL)
    assert tree.names == ("all", "SN", "Ia", "Iax", "AGN", "long", "TDE", "SLSN")
    assert tree.leaves == ("Ia", "Iax", "AGN", "TDE", "SLSN")
    assert tree.parents == ("all", "SN", "long")
    assert tree.path("Iax") == ("all", "SN", "Iax")
    assert (tree.level("AGN"), tree.depth, len(tree)) == (1, 2, 8)
    assert tree.frontier(1) == ("SN", "AGN", "long")
    assert tree.frontier(2) == ("Ia", "Iax", "AGN", "TDE", "SLSN")
    assert (tree.common(["Ia", "Iax"]), tree.common(["Ia", "AGN"]), tree.common(["TDE"])) == ("SN", "all", "TDE")
    assert [tree.node_of(name) for name in ("02cx", "supernova", "TDE", "?")] == ["Iax", "SN", "TDE", None]


def test_classes_that_are_too_small_fall_back_to_their_parent():
    """Of Iax and SLSN too little is left, so their labels stand above. `long`, with one child left, says no more."""
    events = {"all": 100, "SN": 60, "Ia": 55, "Iax": 3, "AGN": 30, "long": 9, "TDE": 7, "SLSN": 2}
    tree = Taxonomy(SMALL).supported(events, 5)
    assert tree.names == ("all", "Ia", "AGN", "TDE")
    assert [tree.node_of(name) for name in ("02cx", "supernova", "SLSN", "long")] == ["all"] * 4
    events["Iax"] = 5
    tree = Taxonomy(SMALL).supported(events, 5)
    assert tree.names == ("all", "SN", "Ia", "Iax", "AGN", "TDE")
    assert tree.node_of("SLSN") == "all"
    both_small = Taxonomy(SMALL).supported({**events, "TDE": 4, "SLSN": 4}, 5)
    assert both_small.leaves == ("Ia", "Iax", "AGN", "long")
    assert [both_small.node_of(name) for name in ("TDE", "SLSN")] == ["long", "long"]


@pytest.mark.parametrize("seed", range(20))
def test_a_random_tree_holds_together(seed):
    tree = random_tree(seed)
    rng = random.Random(seed)
    for name in tree.names:
        assert tree.path(name)[0] == tree.root
        assert set(tree.below(name)) == {other for other in tree.names if name in tree.path(other)}
    for level in range(tree.depth + 1):
        leaves = [leaf for name in tree.frontier(level) for leaf in tree.below(name) if leaf in tree.leaves]
        assert sorted(leaves) == sorted(tree.leaves)
    assert Taxonomy(tree.as_given()).names == tree.names
    chosen = rng.sample(tree.names, 5)
    kept = tree.kept(chosen)
    assert set(chosen) <= set(kept.names) <= set(tree.names)
    assert all(len(kept.children(name)) != 1 or name in (kept.root, *chosen) for name in kept.names)
    for label in tree.names:  # a label stands where it stood, or above
        assert kept.node_of(label) in tree.path(label)


def test_the_shipped_trees_know_all_types():
    mallorn, elasticc = map(read_taxonomy, SHIPPED)
    assert len(elasticc.leaves) == 19
    assert len(ELASTICC) == 32
    assert {elasticc.node_of(name) for name in ELASTICC} == set(elasticc.leaves)
    for tree in (mallorn, elasticc):
        assert all(tree.node_of(name) in tree.leaves for name in TYPES), tree
        assert tree.depth == 3
        assert all(tree[name].broker_id for name in tree.names)
        assert all(len(tree.children(name)) > 1 for name in tree.parents)


def test_the_shipped_trees_agree_with_messages_on_broker_ids():
    """A parent's id is that of its children with the last digits 0, as DESC's taxonomy has it."""
    for tree in map(read_taxonomy, SHIPPED):
        named = {name: number for name, number in TAXONOMY.items() if tree.node_of(name) == name}
        assert len(named) >= 6
        assert {name: tree[name].broker_id for name in named} == named
        for name in tree.names[1:]:
            number, digit = tree[name].broker_id, 10 ** (3 - tree.level(name))
            parent = tree[tree[name].parent].broker_id
            assert number // (10 * digit) * (10 * digit) == parent // (10 * digit) * (10 * digit)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "expected classes"),
        ([1], "expected classes"),
        ({"a": {"parent": "b"}}, "has the parent 'b', which is no class"),
        ({"a": {}, "b": {}}, "expected one class without a parent, the root, found 'a', 'b'"),
        ({"a": {"parent": "b"}, "b": {"parent": "a"}}, "found none"),
        ({"r": {}, "a": {"parent": "b"}, "b": {"parent": "a"}}, "'a' is its own ancestor"),
        ({"r": {"labels": ["x"]}, "a": {"parent": "r", "labels": ["x"]}}, "'x' stands at both 'r' and 'a'"),
        ({"r": {"labels": ["a"]}, "a": {"parent": "r"}}, "'a' stands at both"),
        ({"r": {"color": "red"}}, "unknown key 'color'; expected parent"),
        ({"r": {"labels": "x"}}, "labels must be of the type list"),
        ({"r": {"labels": [1]}}, "labels must be text, found 1"),
        ({"r": {"broker_id": True}}, "broker_id must be of the type int"),
        ({"r": "x"}, "expected {parent, labels, ...}, found 'x'"),
    ],
)
def test_what_is_no_tree_is_refused(given, message):
    with pytest.raises(ConfigError, match=f"(?s)mine.*{message}"):
        Taxonomy(given, "mine")


def test_a_tree_of_ones_own_is_a_file(tmp_path):
    path = tmp_path / "tree.yaml"
    path.write_text(yaml.safe_dump(SMALL, sort_keys=False))
    assert read_taxonomy(str(path)).names == Taxonomy(SMALL).names
    for text, message in (("a: {}\na: {}\n", "'a' stands there twice"), ("a: [", "expected YAML")):
        path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            read_taxonomy(path)
    with pytest.raises(ConfigError, match="expected mallorn or elasticc, or the path of a YAML file, found 'oracle'"):
        read_taxonomy("oracle")


def test_the_tree_is_read_without_numpy():
    code = "import sys; from mallorn.survey import taxonomy as t; t.read_taxonomy('mallorn')"
    code += "\nassert 'numpy' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
