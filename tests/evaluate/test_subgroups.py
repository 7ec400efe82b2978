import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from mallorn.evaluate.subgroups import (
    GROUP_COLUMNS,
    bin_groups,
    confusion,
    light_curve_properties,
    score_groups,
    type_groups,
)
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

OPTIONS = {"level": 0.9, "rounds": 60}


def survey(seed=2):
    rng = np.random.default_rng(seed)
    event = np.repeat(np.arange(120), 2)
    types = np.array(["TDE", "AGN", "AGN", "SN Ia"], dtype=object)[event % 4]
    target = (types == "TDE").astype(int)
    p = np.clip(rng.normal(0.2 + 0.4 * target, 0.2, (3, 240)), 0, 1)
    return types, target, event.astype(str), p


def test_scores_of_groups_are_those_of_their_objects():
    types, target, event, p = survey()
    z = np.random.default_rng(1).random(240)
    groups = type_groups(types) + bin_groups("redshift", z, [0.3, 0.6])
    rows = score_groups(groups, target, event, p, p > 0.5, OPTIONS, seed=4)
    assert [row["group"] for row in rows] == ["AGN", "SN Ia", "TDE", "< 0.3", "0.3 to 0.6", ">= 0.6"]
    assert set(rows[0]) == set(GROUP_COLUMNS)
    assert [row["objects"] for row in rows[:3]] == [120, 60, 60]
    assert [row["events"] for row in rows[:3]] == [60, 30, 30]
    chosen = (p > 0.5).mean(axis=0)
    for name, row in zip(("AGN", "SN Ia", "TDE"), rows[:3], strict=True):
        assert row["chosen_fraction"] == pytest.approx(chosen[types == name].mean())
        assert row["chosen"] == pytest.approx(chosen[types == name].sum())
        assert np.isnan([row["average_precision"], row["f1"], row["precision_low"]]).all()
    inside = (z >= 0.3) & (z < 0.6)
    row, y = rows[4], target[inside]
    assert (row["from"], row["to"], row["targets"]) == (0.3, 0.6, y.sum())
    for name, function in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
        assert row[name] == pytest.approx(np.mean([function(y, one[inside] > 0.5) for one in p]))
    assert row["average_precision"] == pytest.approx(np.mean([average_precision_score(y, one[inside]) for one in p]))
    for score in ("chosen_fraction", "average_precision", "f1"):
        assert row[f"{score}_low"] < row[score] < row[f"{score}_high"]


def test_bins_hold_their_lower_edge_and_leave_out_what_is_unknown():
    groups = bin_groups("snr", np.array([-1.0, 3.0, 5.0, np.nan, 99.0]), [3, 5])
    assert [group[1] for group in groups] == ["< 3", "3 to 5", ">= 5"]
    assert [np.flatnonzero(group[-1]).tolist() for group in groups] == [[0], [1], [2, 4]]
    assert score_groups(groups, np.ones(5, int), np.arange(5).astype(str), np.ones((1, 5)), np.ones((1, 5)), OPTIONS, 1)


def test_groups_without_objects_are_left_out():
    types, target, event, p = survey()
    groups = bin_groups("redshift", np.zeros(240), [0.5])
    assert [row["group"] for row in score_groups(groups, target, event, p, p > 0.5, OPTIONS, 1)] == ["< 0.5"]


def test_confusion_worked_by_hand():
    """Two repeats: the second SN Ia is decided to be a TDE in one of them, and is taken for an AGN in the other."""
    types = np.array(["SN Ia", "SN Ia", "TDE"], dtype=object)
    classes = np.array([[[0.1, 0.2, 0.7], [0.4, 0.3, 0.3], [0.9, 0.1, 0.0]]] * 2)
    decision = np.array([[False, True, True], [False, False, True]])
    rows = confusion(types, decision, classes, ["TDE", "AGN", "SN Ia"])
    counts = {(row["spec_type"], row["predicted"]): (row["objects"], row["fraction"]) for row in rows}
    assert counts["SN Ia", "TDE"] == (0.5, 0.25)
    assert counts["SN Ia", "AGN"] == (0.5, 0.25)
    assert counts["SN Ia", "SN Ia"] == (1.0, 0.5)
    assert counts["TDE", "TDE"] == (1.0, 1.0)
    assert counts["TDE", "AGN"] == (0.0, 0.0)


def test_properties_of_light_curves():
    flux, error = np.array([1.0, -9.0, 100.0]), np.array([1.0, 1.0, 2.0])
    same = {name: np.zeros(3) for name in ("redshift_err", "ebv", "luminosity_distance")}
    lc = LightCurves(
        *(np.array(list("abc")), np.array([0.1, 0.2, 0.3])),
        **same,
        start=np.array([0, 2, 2, 3]),
        mjd=np.arange(3.0),
        band=np.zeros(3, np.int8),
        flux=flux,
        flux_err=error,
        passbands=LSST,
    )
    properties = light_curve_properties(lc)
    assert properties["points"].tolist() == [2, 0, 1]
    np.testing.assert_array_equal(properties["snr"], [1.0, np.nan, 50.0])
    np.testing.assert_allclose(properties["magnitude"], [np.nan, np.nan, 18.9])
