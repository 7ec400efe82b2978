"""Scores by age: by hand, and the copy by which an object is known at an age."""

import numpy as np
import pytest

from mallorn.evaluate.early import (
    chosen_by_fold,
    found_about_peak,
    gains_by_age,
    known_by,
    mapped_by_fold,
    mean_gain,
    of_own_fold,
    passed_at,
    scores_by_age,
    shared,
)
from mallorn.metrics import average_precision
from mallorn.settings.resolve import defaults

OPTIONS = {"rounds": 40, "level": 0.9}


@pytest.fixture
def labels():
    target = np.tile([1, 0, 0, 1], 10)
    kinds = np.where(target == 1, "TDE", "other").astype(object)
    return {"target": target, "class": kinds, "event": np.array([f"e{k // 2}" for k in range(40)])}


def test_an_object_keeps_the_copy_of_a_younger_age():
    names, cuts = np.array(["a", "b", "a", "b"]), np.array(["5 d", "5 d", "20 d", "all"])
    rows, age = known_by(names, cuts, ["5 d", "20 d", "all"])
    assert rows.tolist() == [0, 1, 2, 1, 2, 3]
    assert age.tolist() == ["5 d", "5 d", "20 d", "20 d", "all", "all"]


def test_scores_are_those_of_the_objects_of_an_age(labels):
    rng = np.random.default_rng(0)
    p = np.clip(0.3 * labels["target"] + rng.random(40) * 0.7, 0, 1)
    ages = np.array(["5 d", "20 d"], dtype=object)[np.arange(40) % 2]
    rows = scores_by_age(labels, ages, np.stack([p, 1 - p], axis=1)[None], ("TDE", "other"), OPTIONS, 1)
    assert [(row["age"], row["class"]) for row in rows] == [
        ("5 d", "TDE"), ("5 d", "other"), ("20 d", "TDE"), ("20 d", "other"),
    ]  # fmt: skip
    here = ages == "5 d"
    assert rows[0]["average_precision"] == pytest.approx(average_precision(labels["target"][here], p[here]))
    assert rows[0]["average_precision_low"] <= rows[0]["average_precision"] <= rows[0]["average_precision_high"]
    assert rows[0]["recall_at_50"] >= rows[0]["recall_at_80"] >= rows[0]["recall_at_90"]


def test_a_better_model_gains_in_all_draws(labels):
    ages, good = np.full(40, "5 d", dtype=object), labels["target"] * 0.5 + 0.2
    (row,) = gains_by_age(labels, ages, good[None], 1.0 - good[None], OPTIONS, 1)
    assert row["gain"] == pytest.approx(1.0 - row["other_average_precision"])
    assert row["better"] == 1.0
    assert row["gain_low"] > 0


def test_the_mean_gain_is_that_over_ages(labels):
    rng, ages = np.random.default_rng(4), np.array(["5 d", "20 d"], dtype=object)[np.arange(40) % 2]
    labels = {name: np.roll(values, 3) if name != "event" else values for name, values in labels.items()}
    p, other = labels["target"] * 0.3 + rng.random((2, 40)), rng.random((2, 40))
    (mean,) = mean_gain(labels, ages, p, other, OPTIONS, 1)
    gains = [row["gain"] for row in gains_by_age(labels, ages, p, other, OPTIONS, 1)]
    assert len(gains) == 2
    assert mean["gain"] == pytest.approx(np.mean(gains))
    assert mean["gain_low"] < mean["gain"] < mean["gain_high"]
    assert mean_gain(labels, ages, p, p, OPTIONS, 1)[0]["better"] == 0.0
    nobody = {**labels, "target": np.where(ages == "5 d", 0, labels["target"])}
    assert mean_gain(nobody, ages, p, other, OPTIONS, 1) == []


def test_scores_of_repeats_are_their_means(labels):
    ages, p = np.full(40, "5 d", dtype=object), np.random.default_rng(8).random((2, 40))
    (each, again), (both,) = ([gains_by_age(labels, ages, q, 1 - q, OPTIONS, 1)[0] for q in (p[:1], p[1:])],
                              gains_by_age(labels, ages, p, 1 - p, OPTIONS, 1))  # fmt: skip
    assert both["gain"] == pytest.approx((each["gain"] + again["gain"]) / 2)
    of = [
        scores_by_age(labels, ages, np.stack([q, 1 - q], axis=-1), ("TDE", "other"), OPTIONS, 1)[0]
        for q in (p[:1], p[1:], p)
    ]
    for name in ("average_precision", "recall_at_80", "expected_calibration_error"):
        assert of[2][name] == pytest.approx((of[0][name] + of[1][name]) / 2)


def test_maps_by_age_see_only_other_folds_and_what_they_may_learn_from():
    rng = np.random.default_rng(6)
    target, fold, age = rng.integers(0, 2, 200), np.arange(200) % 4, rng.uniform(0, 100, 200)
    p = np.clip(0.5 * target + rng.random(200) * 0.5, 0.01, 0.99)
    p = np.stack([p, 1 - p], axis=1)
    whole = np.arange(200) % 3 == 0
    found = of_own_fold(mapped_by_fold("platt", target, p, fold, age, whole), fold)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    other = np.where((fold == 1) | ~whole, 1 - target, target)
    again = of_own_fold(mapped_by_fold("platt", other, p, fold, age, whole), fold)
    assert np.array_equal(again[fold == 1], found[fold == 1])
    assert not np.array_equal(again, found)
    np.testing.assert_array_equal(of_own_fold(mapped_by_fold("none", target, p, fold, age), fold), p)
    np.testing.assert_allclose(shared(p, found, np.full(200, 0.25)), 0.75 * p + 0.25 * found)


def test_neither_thresholds_nor_the_maps_below_them_see_the_fold_that_they_serve():
    rng = np.random.default_rng(7)
    target, fold, age = rng.integers(0, 2, 300), np.arange(300) % 3, rng.uniform(0, 100, 300)
    p = np.clip(0.5 * target + rng.random(300) * 0.5, 0.01, 0.99)
    p, rows, rule = np.stack([p, 1 - p], axis=1), np.flatnonzero(age < 60), defaults()["threshold"]

    def chosen(labels):
        mapped = mapped_by_fold("age", labels, p, fold, age)
        return chosen_by_fold(rule, labels, {k: q[:, 0] for k, q in mapped.items()}, fold, rows)

    found, again = chosen(target), chosen(np.where(fold == 1, 0, target))
    assert np.array_equal(found[fold == 1], again[fold == 1])
    assert found[fold == 1].any()
    assert not np.array_equal(found, again)
    assert not found[age >= 60].any()


def test_ages_without_targets_have_no_score(labels):
    nobody = {**labels, "target": np.zeros(40, dtype=int), "class": np.full(40, "other", dtype=object)}
    p = np.full((1, 40, 2), 0.5)
    assert np.isnan(scores_by_age(nobody, np.full(40, "5 d"), p, ("TDE", "other"), OPTIONS, 1)[0]["average_precision"])
    assert gains_by_age(nobody, np.full(40, "5 d"), p[..., 0], p[..., 1], OPTIONS, 1) == []


def test_the_first_age_at_which_an_object_is_chosen():
    names, days = np.array(["a", "a", "b", "c"]), np.array([20.0, 5.0, np.inf, 5.0])
    objects, first = passed_at(names, days, np.array([True, True, True, False]))
    assert objects.tolist() == ["a", "b", "c"]
    assert first[:2].tolist() == [5.0, np.inf]
    assert np.isnan(first[2])


def test_objects_are_counted_by_when_they_are_found_about_their_peak():
    days = [(70.0, 10.0), (30.0, 10.0), (20.0, 20.0), (-5.0, 50.0), (9.0, np.inf), (9.0, np.nan), (np.nan, 5.0)]
    rows = [{"peak_after_trigger": peak, "chosen_after_trigger": chosen} for peak, chosen in days]
    found = found_about_peak(rows)
    counts = {row["found"]: row["objects"] for row in found}
    assert counts["50 d and more before peak"] == 1
    assert counts["20 to 50 d before peak"] == 0  # 20 days before: the span ends with the smaller number
    assert counts["0 to 20 d before peak"] == 1
    assert counts["0 to 20 d after peak"] == 1
    assert counts["50 d and more after peak"] == 1
    assert counts["whole light curve"] == counts["never"] == counts["at an age, no peak known"] == 1
    assert sum(counts.values()) == len(days)
    assert [round(7 * row["share_so_far"]) for row in found[:-1]] == [1, 1, 2, 3, 3, 4, 5, 6]
    assert np.isnan(found[-1]["share_so_far"])


def test_labels_drawn_by_the_probabilities_tell_the_calibration_error_by_chance(labels):
    """Objects of one bin: the error is the distance of a share of 20 events, two objects each, from 0.3."""
    p = np.tile([0.3, 0.7], (40, 1))[None]
    (row, _) = scores_by_age(
        labels, np.full(40, "5 d", dtype=object), p, ("TDE", "other"), {**OPTIONS, "rounds": 200}, 1
    )
    assert row["expected_calibration_error"] == pytest.approx(abs(labels["target"].mean() - 0.3))
    assert row["calibration_error_by_chance"] == pytest.approx(np.sqrt(2 / np.pi * 0.3 * 0.7 / 20), rel=0.15)
    assert row["calibration_error_by_chance_high"] > 1.5 * row["calibration_error_by_chance"]
