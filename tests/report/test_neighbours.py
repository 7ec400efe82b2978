import numpy as np

from mallorn.report.neighbours import Scaler, nearest


def test_scaling_by_hand():
    values = np.column_stack([np.arange(101.0), np.full(101, 7.0)])
    scaled = Scaler(values)(np.array([[50.0, 7.0], [84.0, 9.0], [1e9, np.nan]]))
    np.testing.assert_allclose(scaled, [[0.0, 0.0], [1.0, 0.0], [4.0, np.nan]])


def test_nearest_agrees_with_a_loop():
    rng = np.random.default_rng(5)
    others, values = rng.normal(size=(40, 6)), rng.normal(size=(3, 6))
    rows, distances = nearest(values, others, 4)
    for k, value in enumerate(values):
        brute = [np.sqrt(sum((a - b) ** 2 for a, b in zip(value, other, strict=True)) / 6) for other in others]
        assert rows[k].tolist() == np.argsort(brute)[:4].tolist()
        np.testing.assert_allclose(distances[k], np.sort(brute)[:4])


def test_features_that_one_lacks_count_as_one_apart():
    _, distances = nearest(np.array([[0.0, np.nan, np.nan]]), np.array([[0.0, 5.0, np.nan]]), 3)
    np.testing.assert_allclose(distances, [[np.sqrt(1 / 3)]])
