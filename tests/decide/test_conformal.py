"""Conformal sets on a tree: bounds by hand, sets by hand, and the chance they state, over new events."""

import numpy as np
import pytest

from mallorn.decide.conformal import KINDS, calibrate, cross_fitted_sets, event_quantile, sets
from mallorn.errors import ConfigError
from mallorn.learning.tree import above, summed_up
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
LEAVES = np.array([2, 3, 4, 5])


def on_tree(leaves):
    stops = np.zeros((len(leaves), 6))
    stops[:, LEAVES] = leaves
    return summed_up(TREE, stops)


def drawn(rng, n_events, skill=1.0, siblings=(1, 2, 8)):
    """Return (probability, nodes, event): events of unequal numbers of objects, alike within an event."""
    kind = rng.integers(4, size=n_events)
    which = np.repeat(np.arange(n_events), rng.choice(siblings, size=n_events))
    margin = skill * (kind[:, None] == np.arange(4)) + rng.normal(size=(n_events, 4))
    margin = margin[which] + 0.3 * rng.normal(size=(len(which), 4))
    return on_tree(np.exp(margin) / np.exp(margin).sum(axis=1, keepdims=True)), LEAVES[kind[which]], which.astype(str)


def test_the_bound_of_single_objects_is_that_of_split_conformal_prediction():
    """With n objects it is the smallest score of rank (n + 1) (1 - alpha) or more; nine allow 90%, and not 91%."""
    rng = np.random.default_rng(0)
    for n in (9, 19, 40):
        score, event = rng.random(n), np.arange(n).astype(str)
        for level in (0.5, 0.8, 0.9):
            rank = int(np.ceil((n + 1) * level - 1e-9))
            assert event_quantile(score, event, level) == np.sort(score)[rank - 1]
    score, event = np.arange(9.0), np.arange(9).astype(str)
    assert event_quantile(score, event, 0.9) == 8.0
    assert event_quantile(score, event, 0.91) == np.inf
    assert event_quantile(score[:0], event[:0], 0.5) == np.inf


def test_sets_of_single_objects_are_those_of_crepes():
    """Each object an event of its own: the sets by class are those of Mondrian conformal classifiers, one per leaf."""
    crepes = pytest.importorskip("crepes", reason="the oracle of conformal sets is not installed: crepes")
    rng = np.random.default_rng(5)
    for n, level in ((60, 0.8), (400, 0.9), (399, 0.95)):
        old, nodes, event = drawn(rng, n, siblings=(1,))
        new, *_ = drawn(rng, 200, siblings=(1,))
        found = sets("by_class", TREE, calibrate("by_class", TREE, old, nodes, event, level), new).leaves
        score = 1.0 - old[np.arange(n), nodes]
        oracle = crepes.ConformalClassifier().fit(score, bins=nodes)
        for k, leaf in enumerate(LEAVES):
            p = oracle.predict_p(1.0 - new[:, [leaf]], bins=np.full(200, leaf), smoothing=False)[:, 0]
            assert np.array_equal(found[:, k], p > 1.0 - level + 1e-12)


def test_an_event_counts_once_however_many_objects_it_has():
    """Three events weigh 1/4 each: a has 1, 2, b has 3, c has 4, 5, 6; half the weight is reached at b."""
    score, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.array(list("aabccc"))
    expected = {0.12: 1.0, 0.25: 2.0, 0.26: 3.0, 0.5: 3.0, 0.58: 4.0, 0.6: 5.0, 0.75: 6.0, 0.76: np.inf}
    assert {level: event_quantile(score, event, level) for level in expected} == expected
    order = np.random.default_rng(1).permutation(6)
    assert event_quantile(score[order], event[order], 0.58) == 4.0


def test_sets_by_hand():
    p = on_tree([[0.6, 0.3, 0.05, 0.05], [0.4, 0.4, 0.1, 0.1], [0.3, 0.1, 0.4, 0.2], [0.1, 0.1, 0.1, 0.7]])
    for bound, names in (
        (0.0, ["Ia", "Ia", "Ia", "AGN"]),  # the third goes to SN first, with 0.4 as TDE has
        (0.5, ["Ia", "SN", "all", "AGN"]),
        (0.75, ["SN", "SN", "all", "all"]),
        (np.inf, ["all"] * 4),
    ):
        found = sets("marginal", TREE, {"all": bound}, p)
        assert [TREE.names[k] for k in found.node] == names
        assert found.leaves.tolist() == above(TREE)[found.node][:, LEAVES].tolist()
    bounds = {"Ia": 0.65, "II": 0.65, "TDE": 0.65, "AGN": 0.25}
    found = sets("by_class", TREE, bounds, p)
    assert found.leaves.astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert [TREE.names[k] for k in found.node] == ["Ia", "SN", "TDE", "AGN"]  # the last set is empty: it is atypical
    with pytest.raises(ConfigError, match="expected one of marginal, by_class, found 'x'"):
        sets("x", TREE, bounds, p)


def test_marginal_bounds_are_those_of_the_sets_they_make():
    """The bound is the smallest at which enough weight is covered, found by trying all."""
    rng = np.random.default_rng(4)
    p, nodes, event = drawn(rng, 30)
    bound = calibrate("marginal", TREE, p, nodes, event, 0.8)["all"]
    _, which, count = np.unique(event, return_inverse=True, return_counts=True)
    tried = np.unique(np.append(p, 0.0))
    covered = [
        above(TREE)[sets("marginal", TREE, {"all": b}, p).node, nodes] @ (1 / (31 * count[which])) for b in tried
    ]
    assert bound == tried[np.flatnonzero(np.array(covered) >= 0.8 - 1e-9)[0]]


@pytest.mark.parametrize("kind", KINDS)
def test_new_events_are_covered_as_stated(kind):
    """Over many draws of 60 events to calibrate on, one object of a new event is covered 80% of the time."""
    rng, hits, inside = np.random.default_rng(7), [], []
    for _ in range(150):
        p, nodes, event = drawn(rng, 90)
        old = event.astype(int) < 60
        found = sets(kind, TREE, calibrate(kind, TREE, p[old], nodes[old], event[old], 0.8), p[~old])
        _, first = np.unique(event[~old], return_index=True)  # one object of each event
        hits.append(np.mean(above(TREE)[found.node, nodes[~old]][first]))
        inside.append(np.mean(np.any(found.leaves & (nodes[~old][:, None] == LEAVES), axis=1)[first]))
    error = np.std(inside) / np.sqrt(150)
    assert np.mean(inside) >= 0.8 - 3 * error
    assert np.mean(inside) <= 0.86
    assert np.mean(hits) >= np.mean(inside)


def test_a_class_of_few_events_takes_the_bound_of_the_class_above():
    rng = np.random.default_rng(3)
    p, nodes, event = drawn(rng, 80, siblings=(1,))
    few = (nodes != 3) | (np.cumsum(nodes == 3) <= 4)  # four events of II
    p, nodes, event = p[few], nodes[few], event[few]
    bounds = calibrate("by_class", TREE, p, nodes, event, 0.9)
    sn = np.isin(nodes, (2, 3))
    expected = event_quantile(1.0 - p[sn, nodes[sn]], event[sn], 0.9)
    assert bounds["II"] == expected
    assert bounds["Ia"] == event_quantile(1.0 - p[nodes == 2, 2], event[nodes == 2], 0.9)
    assert calibrate("by_class", TREE, p, nodes, event, 0.99)["II"] == np.inf  # of no class are there events enough


def test_cross_fitted_sets_do_not_see_the_labels_of_their_fold():
    p, nodes, event = drawn(np.random.default_rng(5), 60)
    labels = {"nodes": nodes, "event": event, "fold": event.astype(int) % 3}
    mine = labels["fold"] == 1
    for kind in KINDS:
        before = cross_fitted_sets(kind, TREE, p, labels, 0.8)
        other = {**labels, "nodes": np.where(mine, 4, nodes)}
        after = cross_fitted_sets(kind, TREE, p, other, 0.8)
        assert np.array_equal(before.leaves[mine], after.leaves[mine])
        assert not np.array_equal(before.leaves[~mine], after.leaves[~mine])


def test_vague_labels_play_no_part():
    p, nodes, event = drawn(np.random.default_rng(6), 40)
    vague = nodes.copy()
    vague[:20] = 1
    for kind in KINDS:
        assert calibrate(kind, TREE, p, vague, event, 0.8) == calibrate(kind, TREE, p[20:], nodes[20:], event[20:], 0.8)
