import numpy as np
import pytest
from feature_inputs import pack

from mallorn.curves.segments import Segments, divide, rest_days


@pytest.fixture
def case():
    """Segments of 0 to 9 points, the first, last and two middle ones empty, with values that repeat."""
    rng = np.random.default_rng(3)
    count = np.array([0, 3, 1, 0, 0, 9, 2, 5, 0])
    segments = Segments(np.concatenate([[0], np.cumsum(count)]))
    return segments, rng.integers(0, 5, count.sum()).astype(float), rng.uniform(0.1, 2, count.sum())


def one_by_one(segments, function, values, empty=np.nan):
    parts = np.split(values, segments.start[1:-1])
    return np.array([function(part) if len(part) else empty for part in parts])


@pytest.mark.parametrize(
    ("method", "function", "empty"),
    [("sum", np.sum, 0.0), ("mean", np.mean, np.nan), ("minimum", np.min, np.nan), ("maximum", np.max, np.nan)],
)
def test_reductions_equal_loops(case, method, function, empty):
    segments, values, _ = case
    expected = one_by_one(segments, function, values, empty)
    np.testing.assert_allclose(getattr(segments, method)(values), expected, rtol=1e-14)


@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.77, 1.0])
def test_quantile_equals_numpy(case, q):
    segments, values, _ = case
    expected = one_by_one(segments, lambda part: np.quantile(part, q), values)
    np.testing.assert_allclose(segments.quantile(values, q), expected, rtol=1e-14)


def test_weighted_mean_argmax_and_span(case):
    segments, values, weights = case
    expected = one_by_one(segments, np.sum, values * weights) / one_by_one(segments, np.sum, weights)
    np.testing.assert_allclose(segments.mean(values, weights), expected, rtol=1e-14)
    first = [
        a + np.argmax(values[a:b]) if b > a else -1 for a, b in zip(segments.start, segments.start[1:], strict=False)
    ]
    assert segments.argmax(values).tolist() == first
    times = np.arange(len(values), dtype=float)
    assert segments.span(times, values > 10).tolist() == [0.0] * len(segments)
    assert segments.span(times, values >= 0)[5] == 8.0


@pytest.mark.parametrize("max_lag", [0.0, 1.0, 2.5, 100.0])
def test_pairs_are_all_pairs_within_the_lag(case, max_lag):
    segments, _, steps = case
    times = np.concatenate([np.cumsum(part) for part in np.split(steps, segments.start[1:-1])])
    times[segments.start[5] + 1] = times[segments.start[5]]
    expected = [
        (i, j)
        for a, b in zip(segments.start, segments.start[1:], strict=False)
        for i in range(a, b)
        for j in range(i + 1, b)
        if times[j] - times[i] <= max_lag
    ]
    i, j = segments.pairs(times, max_lag)
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == expected
    owners = segments.of_pairs(i).owner
    assert owners.tolist() == segments.owner[i].tolist()


def test_successive_points_stay_within_their_segment(case):
    segments, _, _ = case
    i, between = segments.successive()
    assert (segments.owner[i] == segments.owner[i + 1]).all()
    assert between.count.tolist() == np.maximum(segments.count - 1, 0).tolist()


def test_padded_rows_hold_the_values(case):
    segments, values, _ = case
    rows = segments.padded(values)
    assert rows.shape == (9, 9)
    for k, (a, b) in enumerate(zip(segments.start, segments.start[1:], strict=False)):
        assert rows[k, : b - a].tolist() == values[a:b].tolist()
        assert np.isnan(rows[k, b - a :]).all()


def test_all_segments_may_be_empty():
    segments, none = Segments([0, 0, 0]), np.zeros(0)
    assert segments.sum(none).tolist() == [0.0, 0.0]
    assert np.isnan(segments.quantile(none, 0.5)).all()
    assert segments.argmax(none).tolist() == [-1, -1]
    assert segments.padded(none).shape == (2, 0)
    assert all(len(x) == 0 for x in segments.pairs(none, 1.0))


def test_rest_days_count_from_the_first_point_and_shrink_with_redshift():
    lightcurves = pack(
        [([61000.0, 61010.0], "gr", 1.0, 1.0), ([], [], [], []), ([5.0, 8.0], "rr", 1.0, 1.0)], [1.0, 0.2, 0.5]
    )
    np.testing.assert_allclose(rest_days(lightcurves), [0.0, 5.0, 0.0, 2.0])


def test_divide_gives_nan_over_zero():
    np.testing.assert_array_equal(divide([1.0, 2.0], [0, 4]), [np.nan, 0.5])
