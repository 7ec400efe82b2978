import numpy as np
import pytest
from learning_data import SPEC, TRAINING, survey

from mallorn.evaluate.ablation import ablate, family_of, summarise, variants
from mallorn.learning.dataset import Dataset, Features
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.metrics import average_precision

COLUMNS = ("Z", "EBV", "good__a", "good__b__u", *(f"noise__{k}" for k in range(6)))
SETTINGS = {"target": "TDE", "training": TRAINING, "model": SPEC}
THRESHOLD = {"rule": "maximum_f1", "ratio": 1.0, "precision": 0.9, "fraction": None}


def test_variants_leave_out_one_family_or_keep_one_with_the_log():
    chosen = variants(("Z", "color__a", "color__b__u", "shape__a"))
    assert family_of("color__b__u") == "color"
    assert chosen == {
        ("all", ""): ("Z", "color__a", "color__b__u", "shape__a"),
        ("without", "log"): ("color__a", "color__b__u", "shape__a"),
        ("alone", "log"): ("Z",),
        ("without", "color"): ("Z", "shape__a"),
        ("alone", "color"): ("Z", "color__a", "color__b__u"),
        ("without", "shape"): ("Z", "color__a", "color__b__u"),
        ("alone", "shape"): ("Z", "shape__a"),
    }
    assert ("without", "shape") not in variants(("shape__a",))


@pytest.fixture(scope="module")
def table():
    ids, types, target, event, values = survey()
    repeats = draw_folds(ids, types, target, event, n_folds=4, repeats=2, rare=5, seed=1)
    repeats = [fold_of(repeats, "grouped", k, ids) for k in range(2)]
    features = Features(ids, COLUMNS, values[:, [3, 4, 0, 1, 2, 5, 6, 7, 8, 9]])
    predictions = ablate(Dataset(ids, features=features), variants(COLUMNS), repeats, SETTINGS, seed=3, threads=2)
    rows = summarise("grouped", predictions, repeats, THRESHOLD, rounds=50, seed=3)
    return features, repeats, predictions, {(row["variant"], row["family"]): row for row in rows}


def test_the_family_that_tells_is_missed_and_noise_is_not(table):
    rows = table[3]
    for name in ("average_precision", "f1"):
        assert rows["without", "good"][f"{name}_gain"] < -1.5 * rows["without", "good"][f"{name}_gain_sd"] < 0
        assert rows["alone", "noise"][f"{name}_gain"] < -0.1
        assert abs(rows["without", "noise"][f"{name}_gain"]) < 0.15
        assert rows["all", ""][f"{name}_gain"] == rows["all", ""][f"{name}_gain_sd"] == 0
    assert {row["protocol"] for row in rows.values()} == {"grouped"}


def test_scores_are_means_over_repeats_and_gains_are_differences(table):
    _, repeats, predictions, rows = table
    for key, row in rows.items():
        mean = np.mean([average_precision(x["target"], p) for x, p in zip(repeats, predictions[key], strict=True)])
        assert row["average_precision"] == pytest.approx(mean)
        assert row["average_precision_gain"] == pytest.approx(mean - rows["all", ""]["average_precision"])
