"""Probabilities on a tree of classes: they sum up, learn from labels at any level, and see no label of their fold."""

import numpy as np
import pytest
from learning_data import PARAMS, SPEC, labelled, survey

from mallorn.errors import ConfigError, DataError
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.hierarchy import WAYS, cross_validate_tree, fit_tree
from mallorn.learning.tree import above, node_weights, nodes_of, product_down, summed_up, supported_tree
from mallorn.metrics import roc_auc
from mallorn.survey.taxonomy import Taxonomy

TREE = Taxonomy(
    {
        "all": {},
        "transient": {"parent": "all"},
        "SN": {"parent": "transient"},
        "SN Ia": {"parent": "SN"},
        "SN II": {"parent": "SN"},
        "TDE": {"parent": "transient"},
        "AGN": {"parent": "all"},
    }
)
OPTIONS = {"balance": None, "depth": 1.0}


def random_tree(rng, size=12):
    return Taxonomy({f"c{k}": {"parent": f"c{rng.integers(k)}"} if k else {} for k in range(size)})


def assert_coherent(tree, probability):
    place = {name: k for k, name in enumerate(tree.names)}
    assert np.all((probability >= 0.0) & (probability <= 1.0 + 1e-12))
    np.testing.assert_allclose(probability[:, 0], 1.0)
    for name in tree.parents:
        children = [place[child] for child in tree.children(name)]
        np.testing.assert_allclose(probability[:, children].sum(axis=1), probability[:, place[name]], atol=1e-12)


@pytest.fixture(scope="module")
def data():
    """Objects, every sixth of the supernovae known as such and no more; folds hold whole events."""
    _, types, _, event, values = survey()
    vague = np.isin(types, ("SN Ia", "SN II")) & (np.arange(len(types)) % 6 == 0)
    labels = np.where(vague, "SN", types)
    objects = labelled(values, nodes_of(TREE, labels), len(TREE), event)
    return objects, np.unique(event, return_inverse=True)[1] // 5 % 4


@pytest.mark.parametrize("seed", range(10))
def test_children_sum_to_their_parent_in_random_trees(seed):
    rng = np.random.default_rng(seed)
    tree = random_tree(rng)
    stops = rng.dirichlet(np.full(len(tree), 0.3), size=20)
    stops[:5] = 0.0
    stops[np.arange(5), rng.integers(len(tree), size=5)] = 1.0  # in branches without an object, all is shared equally
    probability = summed_up(tree, stops)
    assert_coherent(tree, probability)
    leaves = [k for k, name in enumerate(tree.names) if name in tree.leaves]
    assert np.all(probability[:, leaves] >= stops[:, leaves] - 1e-12)
    place = {name: k for k, name in enumerate(tree.names)}
    shares = {p: [place[c] for c in tree.children(p)] for p in tree.parents}
    drawn = {p: (which, rng.dirichlet(np.ones(len(which)), size=7)) for p, which in shares.items()}
    assert_coherent(tree, product_down(tree, drawn, 7))


def test_a_sum_and_a_product_by_hand():
    """all: transient (SN (SN Ia, SN II), TDE), AGN. Of what stops at SN, 0.1, three quarters go to SN Ia."""
    stops = np.array([[0.0, 0.0, 0.1, 0.3, 0.1, 0.3, 0.2]])
    np.testing.assert_allclose(summed_up(TREE, stops), [[1.0, 0.8, 0.5, 0.375, 0.125, 0.3, 0.2]])
    shares = {"all": ([1, 6], [[0.8, 0.2]]), "transient": ([2, 5], [[0.5, 0.5]]), "SN": ([3], [[1.0]])}
    shares = {name: (which, np.array(share)) for name, (which, share) in shares.items()}
    np.testing.assert_allclose(product_down(TREE, shares, 1), [[1.0, 0.8, 0.4, 0.4, 0.0, 0.4, 0.2]])
    assert above(TREE).sum() == 1 + 2 + 3 + 4 + 4 + 3 + 2


def test_weights_even_out_classes_level_by_level():
    nodes = np.array([6] * 6 + [5] + [3, 3] + [2])  # 6 AGN, a TDE, 2 SNe Ia, a vague SN
    full = node_weights(TREE, nodes, 1.0, 1.0)
    weight = [10 / (2 * 6), 10 / (2 * 4) * 4 / 2, 10 / (2 * 4) * 4 / (2 * 3), 10 / (2 * 4) * 4 / (2 * 3)]
    expected = np.repeat(weight, [6, 1, 2, 1])
    np.testing.assert_allclose(full, expected / expected.mean())
    np.testing.assert_array_equal(node_weights(TREE, nodes, 0.0, 1.0), np.ones(10))
    top = node_weights(TREE, nodes, 1.0, 0.0)  # the first level alone
    assert np.allclose([top[:6].sum(), top[6:].sum()], 5.0)


@pytest.mark.parametrize("way", WAYS)
def test_out_of_fold_probabilities_tell_classes_of_all_levels(data, way):
    objects, fold = data
    probability = cross_validate_tree(way, TREE, objects, fold, SPEC, OPTIONS, 1, 2)
    assert_coherent(TREE, probability)
    place = {name: k for k, name in enumerate(TREE.names)}
    over = above(TREE)
    for name, least in (("TDE", 0.85), ("SN Ia", 0.75), ("transient", 0.55)):
        assert roc_auc(over[place[name]][objects.classes], probability[:, place[name]]) > least
    again = cross_validate_tree(way, TREE, objects, fold, SPEC, OPTIONS, 1, 1)
    assert np.array_equal(probability, again)
    shuffled = objects.classes.copy()
    shuffled[fold == 1] = np.random.default_rng(0).permutation(shuffled[fold == 1])
    other = cross_validate_tree(way, TREE, objects._replace(classes=shuffled), fold, SPEC, OPTIONS, 1, 2)
    assert np.array_equal(probability[fold == 1], other[fold == 1])
    assert not np.array_equal(probability[fold != 1], other[fold != 1])


def test_the_two_ways_are_one_where_all_classes_are_below_the_root(data):
    """With one decision to take, both are the model that `cross_validate` fits, but for its seed."""
    objects, fold = data
    tree = Taxonomy({"all": {}, **{name: {"parent": "all"} for name in ("SN", "TDE", "AGN")}})
    of_tree = {"SN": 1, "SN Ia": 1, "SN II": 1, "TDE": 2, "AGN": 3}
    classes = np.array([of_tree[TREE.names[k]] for k in objects.classes])
    spec = {**SPEC, "learner": "ridge", "params": PARAMS["ridge"]}  # draws nothing
    same = objects._replace(classes=classes)
    flat, conditional = (cross_validate_tree(way, tree, same, fold, spec, OPTIONS, 1, 1) for way in WAYS)
    np.testing.assert_allclose(flat, conditional, atol=1e-12)
    plain = cross_validate(objects._replace(classes=classes - 1, n_classes=3, kinds=classes - 1), fold, spec, 1, 1)
    np.testing.assert_allclose(flat[:, 1:], plain.inside, atol=1e-12)


def test_vague_labels_teach_what_is_above_them_and_classes_without_objects_are_alike():
    values = np.random.default_rng(2).normal(size=(60, 3)).astype(np.float32)
    nodes = np.repeat([2, 5, 6, 0], [20, 20, 15, 5])  # supernovae of no known kind, TDEs, AGN, and unknown objects
    values[:, 0] += 3.0 * nodes
    for way in WAYS:
        model = fit_tree(way, TREE, labelled(values, nodes, len(TREE)), SPEC, {"balance": 0.5, "depth": 0.5}, 3)
        probability = model.predict(labelled(values, nodes, len(TREE)).dataset)
        assert_coherent(TREE, probability)
        np.testing.assert_allclose(probability[:, 3], probability[:, 4])
        assert probability[:20, 2].mean() > 0.6
    with pytest.raises(ConfigError, match="expected one of flat, conditional, found 'steep'"):
        fit_tree("steep", TREE, labelled(values, nodes, len(TREE)), SPEC, OPTIONS, 3)
    with pytest.raises(DataError, match="no object of a class below the root"):
        fit_tree("flat", TREE, labelled(values[55:], nodes[55:], len(TREE)), SPEC, OPTIONS, 3)


def test_classes_of_too_few_events_are_left_out_whatever_the_number_of_objects():
    labels = np.array(["TDE"] * 4 + ["AGN"] * 4 + ["SN Ia"] * 8 + ["SN II"] * 3 + ["?"], dtype=object)
    event = np.array([*"aabb", *"ccdd", *"eeeeeeee", *"fgh", "i"], dtype=object)
    tree = supported_tree(TREE, labels, event, 2)
    assert tree.leaves == ("SN II", "TDE", "AGN")  # SN Ia is one event of eight objects
    assert nodes_of(tree, ["SN Ia", "SN II", "?", None]).tolist() == [1, 2, 0, 0]
    assert tree.names[1] == "transient"
    with pytest.raises(DataError, match="expected two classes with 4 events or more"):
        supported_tree(TREE, labels, event, 4)
