"""What tells unusual objects: the forest against scikit-learn's, shares by hand, and what stays as it is."""

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from mallorn.decide.outliers import (
    find_outliers,
    grow_forest,
    isolation,
    learn_outliers,
    outlier_scores,
    read_detector,
    read_forest,
    write_detector,
    write_forest,
)
from mallorn.errors import DataError
from mallorn.seeds import derived_seed, generator

CONFIG = {"trees": 30, "sample": 64}
NAMES = ("a", "b", "c")


def learned(values, probability):
    return learn_outliers(grow_forest(np.arange(len(values)), NAMES, values, CONFIG, 5), probability)


@pytest.fixture(scope="module")
def known():
    rng = generator(1, "outliers")
    values = rng.normal(size=(400, 3)).astype(np.float32)
    values[::7, 1] = np.nan
    p = rng.dirichlet([8.0, 1.0, 1.0], size=400)
    return values, p


@pytest.fixture(scope="module")
def detector(known):
    return learned(*known)


def test_isolation_is_that_of_scikit_learn(known, detector):
    values = known[0]
    filled = np.where(np.isnan(values), np.nanmedian(values, axis=0), values).astype(np.float32)
    forest = IsolationForest(n_estimators=30, max_samples=64, random_state=derived_seed(5, "outliers")).fit(filled)
    path = -np.log2(-forest.score_samples(filled))
    mine = -isolation(detector, values)
    np.testing.assert_allclose(mine / mine.mean(), path / path.mean(), rtol=1e-6)


def test_shares_are_those_of_the_training_objects(known, detector):
    found = find_outliers(detector, *known)
    for share in (0.5, 0.2, 0.1, 0.06):
        assert np.mean(found >= -np.log10(share)) == pytest.approx(share, abs=0.01)
    far = find_outliers(detector, np.full((1, 3), 9.0, np.float32), np.array([[1.0, 0.0, 0.0]]))
    undecided = find_outliers(detector, np.zeros((2, 3), np.float32), np.array([[1, 1, 1], [3, 0, 0]]) / 3.0)
    assert far[0] > 1.0
    assert undecided[0] > undecided[1]


def test_beyond_all_training_objects_there_is_still_an_order(known, detector):
    p = np.full((2, 3), 1.0 / 3.0)
    values = np.array([[4.0, 4.0, 4.0], [0.0, 0.0, 0.0]], dtype=np.float32)
    more, less = find_outliers(detector, values, p)
    assert more > less > find_outliers(detector, *known).min()


def test_objects_do_not_depend_on_their_company(known, detector):
    values, p = known
    whole = find_outliers(detector, values, p)
    alone = np.concatenate([find_outliers(detector, values[k : k + 1], p[k : k + 1]) for k in range(20)])
    assert np.array_equal(whole[:20], alone)
    assert np.isnan(find_outliers(detector, values[:1], np.full((1, 3), np.nan))).all()


def test_missing_features_and_certain_classes_are_no_error():
    values = np.full((30, 3), np.nan, dtype=np.float32)
    detector = learned(values, np.tile([1.0, 0.0], (30, 1)))
    assert np.isfinite(find_outliers(detector, values, np.tile([0.5, 0.5], (30, 1)))).all()


def test_a_file_gives_it_back(tmp_path, known, detector):
    write_detector(tmp_path / "a.npz", detector)
    back = read_detector(tmp_path / "a.npz")
    assert np.array_equal(find_outliers(back, *known), find_outliers(detector, *known))
    np.savez(tmp_path / "b.npz", columns=np.array(["a"]))
    with pytest.raises(DataError, match="expected a detector of outliers"):
        read_detector(tmp_path / "b.npz")


def test_a_forest_that_was_kept_teaches_the_same(tmp_path, known, detector):
    values, p = known
    write_forest(tmp_path / "a.npz", grow_forest(np.arange(400), NAMES, values, CONFIG, 5))
    forest = read_forest(tmp_path / "a.npz")
    assert forest.object_id.tolist() == [str(k) for k in range(400)]
    for one, other in zip(learn_outliers(forest, p), detector, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(outlier_scores(detector, forest.isolation, p), find_outliers(detector, values, p))
