import numpy as np
from sklearn.preprocessing import QuantileTransformer

from mallorn.learning.transforms.normal_scores import Scaling, fit_scaling, load, save


def test_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    values = np.column_stack([rng.exponential(size=500), rng.normal(size=500)])
    values[rng.random(values.shape) < 0.2] = np.nan
    rows = np.vstack([values[:100], [[np.nan, 90.0], [-1.0, 0.0]]])
    other = QuantileTransformer(n_quantiles=200, output_distribution="normal", subsample=None).fit(values)
    expected, mean = (np.clip(other.transform(part), -3, 3) for part in (rows, values))
    scaled = fit_scaling(values).transform(rows)
    # scikit-learn interpolates shares and then takes the normal quantile, which bends in the outermost steps
    near = np.abs(np.nan_to_num(expected)) < 2.5
    assert near.mean() > 0.9
    expected = np.nan_to_num(expected - np.nanmean(mean, axis=0))
    np.testing.assert_allclose(scaled[near], expected[near], atol=0.02)


def test_equal_values_share_the_middle_of_their_ranks():
    values = np.repeat([0.0, 5.0, 9.0], [100, 200, 100])[:, None]
    scaled = fit_scaling(values, 201).transform(values)
    score = (3 + 0.674) / 2  # between the limit and the normal quantile of 3/4
    np.testing.assert_allclose(scaled[[0, 200, 399], 0], [-score, 0, score], atol=0.02)


def test_features_that_tell_nothing_are_zero():
    values = np.column_stack([np.full(20, 7.0), np.full(20, np.nan), np.arange(20.0)])
    scaled = fit_scaling(values).transform(values)
    assert not scaled[:, :2].any()
    assert (np.diff(scaled[:, 2]) > 0).all()
    assert fit_scaling(values).transform(np.array([[9.0, 1.0, np.nan]])).tolist()[0][1:] == [0, 0]


def test_order_is_all_that_counts():
    values = np.random.default_rng(1).normal(size=(300, 1))
    np.testing.assert_allclose(
        fit_scaling(values, 300).transform(values), fit_scaling(np.exp(3 * values), 300).transform(np.exp(3 * values))
    )


def test_few_objects_have_to_the_bit_the_scores_that_they_have_among_many():
    rng = np.random.default_rng(4)
    table = rng.normal(size=(400, 12)).astype(np.float32)
    table[:, 1] = np.round(table[:, 1])  # ties
    table[:, 2] = 3.0  # constant
    table[:, 3] = np.nan  # never known
    table[rng.random(table.shape) < 0.1] = np.nan
    scaling = fit_scaling(table, 50)
    others = np.concatenate([table[:150], 2.0 * table[150:200], np.full((1, 12), np.nan, dtype=np.float32)])
    others[-2] = scaling.quantiles[-1]
    others[-3] = scaling.quantiles[0]
    others[-4] = scaling.quantiles[25]
    together = scaling.transform(others)
    for k in range(len(others)):
        np.testing.assert_array_equal(scaling.transform(others[k : k + 1]), together[k : k + 1])
    assert len(np.unique(together)) > 500


def test_what_is_kept_is_the_same_to_the_bit_and_small(tmp_path):
    rng = np.random.default_rng(5)
    table = rng.normal(size=(3000, 40)).astype(np.float32) ** 3
    table[:, 1] = np.nan  # never known
    table[:, 2] = -0.0
    quantiles = fit_scaling(table).quantiles
    quantiles[0, 3], quantiles[-1, 4] = -np.inf, np.inf
    for dtype in (np.float32, np.float64):
        save(Scaling(quantiles.astype(dtype), np.arange(40.0)), tmp_path)
        kept = load(tmp_path)
        assert kept.quantiles.tobytes() == quantiles.astype(dtype).tobytes()
        assert kept.mean.tolist() == list(range(40))
        if dtype == np.float32:
            assert (tmp_path / "scaling.npz").stat().st_size < 0.85 * quantiles.nbytes


def test_objects_fitted_to_have_the_scores_of_their_copies():
    rng = np.random.default_rng(6)
    values = np.round(rng.normal(size=(300, 4)), 1).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    scaling = fit_scaling(values)
    other = fit_scaling(values[::-1].copy())
    for _ in range(2):
        assert np.array_equal(scaling.transform(values), scaling.transform(values.copy()))
    assert np.array_equal(other.transform(values), Scaling(*map(np.copy, other)).transform(values))
