"""A tree that agrees with the submitted model: sums, proportions, shared leaves, and who is left as it is."""

import numpy as np
import pytest

from mallorn.decide.predictions import OutOfFold
from mallorn.decide.refined import refined_predictions, refinement
from mallorn.decide.tree_files import TreePredictions
from mallorn.errors import ConfigError, DataError
from mallorn.learning.tree import nodes_of, summed_up
from mallorn.survey.taxonomy import Taxonomy

TREE = Taxonomy(
    {
        "all": {},
        "SN": {"parent": "all"},
        "SN Ia": {"parent": "SN"},
        "SN II": {"parent": "SN", "labels": ["SN IIP"]},
        "SN IIn": {"parent": "SN"},
        "long": {"parent": "all"},
        "SLSN": {"parent": "long"},
        "TDE": {"parent": "long"},
    }
)
TRAINING = {"classes": {"SN Ia": ["SN Ia"], "bright": ["SLSN", "SN IIn"]}, "other_class": "other SN"}
NAMES = ("TDE", "SN Ia", "bright", "other SN")
SETTINGS = {
    **{"kept": "classes", "target": "TDE", "training": TRAINING, "calibration": {"method": "none"}},
    "threshold": {"rule": "maximum_f1", "fraction": None, "precision": 0.9, "ratio": 1.0},
}
TYPES = np.array(["TDE", "SN Ia", "SN II", "SN IIn", "SLSN", "SN"], dtype=object)
N = 60


def labels(types=TYPES):
    spec_type = np.resize(types, N)
    return {"spec_type": spec_type, "target": (spec_type == "TDE").astype(int)}


def place(*names):
    return [TREE.names.index(name) for name in names]


@pytest.fixture
def own():
    rng = np.random.default_rng(3)
    stops = np.zeros((N, len(TREE)))
    stops[:, place(*TREE.leaves)] = rng.dirichlet(np.full(5, 0.4), size=N)
    return summed_up(TREE, stops)


@pytest.fixture
def given():
    return np.random.default_rng(4).dirichlet(np.full(4, 0.5), size=N)


def test_each_class_keeps_its_probability_and_leaves_their_proportions(own, given):
    p = refinement("classes", TREE, labels(), NAMES, SETTINGS).apply(own, given)
    for k, leaves in enumerate((["TDE"], ["SN Ia"], ["SLSN", "SN IIn"], ["SN II"])):
        assert p[:, place(*leaves)].sum(axis=1) == pytest.approx(given[:, k], abs=1e-12)
    slsn, iin = place("SLSN", "SN IIn")
    assert p[:, slsn] * own[:, iin] == pytest.approx(p[:, iin] * own[:, slsn], abs=1e-12)
    assert p == pytest.approx(summed_up(TREE, np.where(np.isin(np.arange(8), place(*TREE.leaves)), p, 0.0)))
    assert p[:, 0] == pytest.approx(1.0)


def test_of_the_class_sought_alone_all_others_share_the_rest(own, given):
    p = refinement("target", TREE, labels(), NAMES, SETTINGS).apply(own, given)
    assert p[:, place("TDE")[0]] == pytest.approx(given[:, 0], abs=1e-12)
    rest = (1.0 - given[:, 0]) / (1.0 - own[:, place("TDE")[0]])
    for leaf in ("SN Ia", "SN II", "SN IIn", "SLSN"):
        assert p[:, place(leaf)[0]] == pytest.approx(own[:, place(leaf)[0]] * rest, abs=1e-12)


def test_what_the_submitted_model_does_not_score_stays_and_a_tree_without_a_share_shares_equally(own, given):
    how = refinement("classes", TREE, labels(), NAMES, SETTINGS)
    given[:2], own[2] = np.nan, 0.0
    own[2, place("SN Ia", "SN", "all")] = 1.0
    p = how.apply(own, given)
    assert np.array_equal(p[:2], own[:2])
    assert p[2, place("SLSN", "SN IIn")] == pytest.approx(np.full(2, 0.5 * given[2, 2]))


def test_classes_that_share_a_leaf_are_taken_together_and_one_without_a_leaf_goes_to_the_others(own, given):
    training = {"classes": {"plateau": ["SN IIP"], "SN Ia": ["SN Ia"], "odd": ["ILOT"]}, "other_class": "rest"}
    settings, names = {**SETTINGS, "training": training}, ("TDE", "plateau", "SN Ia", "odd", "rest")
    types = np.array([*TYPES[:5], "SN IIP"], dtype=object)  # plateau and rest are both SN II, rest is more
    how = refinement("classes", TREE, labels(types), names, settings)
    assert how.of_class[1] == how.of_class[4]
    assert how.of_class[3] == -1
    five = np.random.default_rng(5).dirichlet(np.ones(5), size=N)
    p = how.apply(own, five)
    assert p[:, place("TDE")[0]] == pytest.approx(five[:, 0], abs=1e-12)
    left = (1.0 - five[:, 0]) / (1.0 - five[:, 0] - five[:, 3])
    assert p[:, place("SN Ia")[0]] == pytest.approx(five[:, 2] * left, abs=1e-12)


def test_without_a_leaf_of_the_class_sought_alone_nothing_is_kept(caplog):
    shared = {**SETTINGS, "target": "SN IIP"}
    types = np.array(["SN IIP", "SN II", "SN Ia", "SLSN"], dtype=object)
    found = {"spec_type": np.resize(types, N), "target": (np.resize(types, N) == "SN IIP").astype(int)}
    assert refinement("classes", TREE, found, ("SN IIP", *NAMES[1:]), shared) is None
    assert "no leaf that is of SN IIP alone" in caplog.text
    assert refinement("none", TREE, labels(), NAMES, SETTINGS) is None
    with pytest.raises(ConfigError, match="expected one of classes, target, none, found 'all'"):
        refinement("all", TREE, labels(), NAMES, SETTINGS)


def test_predictions_are_refined_on_the_same_folds_by_calibrated_probabilities(own, given):
    ids, fold = np.arange(N).astype(str).astype(object), np.arange(N) // 6 % 3
    found = TreePredictions("one", "grouped", 0, TREE, ids, fold, {"flat": own, "conditional": own})
    submitted = OutOfFold(
        "mean", "final", "grouped", 0, ids[:50][::-1], fold[:50][::-1], given[:, 0], NAMES, given[:50]
    )
    p, how = refined_predictions(found, submitted, labels(), SETTINGS)
    tde = place("TDE")[0]
    assert p.probability["flat"][:50] == pytest.approx(how.apply(own[:50], given[:50][::-1]), abs=1e-12)
    assert np.array_equal(p.probability["flat"], p.probability["conditional"])
    assert np.array_equal(p.probability["flat"][50:], own[50:])  # that the submitted model does not score
    platt = {**SETTINGS, "calibration": {"method": "platt"}}
    mapped = refined_predictions(found, submitted, labels(), platt)[0].probability["flat"][:50, tde]
    assert np.abs(mapped - p.probability["flat"][:50, tde]).max() > 0.01
    assert refined_predictions(found, submitted, labels(), {**SETTINGS, "kept": "none"}) == (found, None)
    with pytest.raises(DataError, match="expected the folds of mean, grouped, repeat 0"):
        refined_predictions(found._replace(fold=(fold + 1) % 3), submitted, labels(), SETTINGS)


def test_every_leaf_of_a_label_below_it_counts():
    assert nodes_of(TREE, ["SN IIP"])[0] == place("SN II")[0]
    how = refinement("target", TREE, labels(), ("TDE", "other"), SETTINGS)  # of a model of two classes
    assert how.of_class.tolist() == [0, 1]
    assert how.of_leaf[TREE.leaves.index("TDE")] == 0
    assert how.of_leaf.sum() == 4
