import numpy as np
import pytest
from scipy.stats import kstest, norm, truncnorm

from mallorn.survey.cosmology import MIN_REDSHIFT
from mallorn.survey.photoz import drawn_redshifts, is_photometric


def draw(names, z, e, draws, seed=1, largest=20.0):
    return drawn_redshifts(names, np.broadcast_to(z, len(names)), np.broadcast_to(e, len(names)), draws, largest, seed)


def test_draws_follow_the_normal_distribution_one_in_each_part():
    names = [f"object {k}" for k in range(400)]
    z = draw(names, 0.8, 0.05, 5)
    assert z.shape == (5, 400)
    share = norm.cdf(z, 0.8, 0.05)
    np.testing.assert_array_equal(np.floor(5 * share), np.tile(np.arange(5)[:, None], 400))
    assert kstest(z.ravel(), norm(0.8, 0.05).cdf).pvalue > 0.01
    assert kstest(draw(names, 0.8, 0.05, 1)[0], norm(0.8, 0.05).cdf).pvalue > 0.01


@pytest.mark.parametrize(("z", "e"), [(0.01, 0.1), (-0.3, 0.02), (19.99, 0.5), (0.5, 1e-9)])
def test_draws_are_believable(z, e):
    found = draw([f"{k}" for k in range(200)], z, e, 4)
    assert np.isfinite(found).all()
    assert (found >= MIN_REDSHIFT).all()
    assert (found <= 20.0).all()
    if z == 0.01:
        expected = truncnorm((MIN_REDSHIFT - z) / e, (20.0 - z) / e, z, e)
        assert kstest(found.ravel(), expected.cdf).pvalue > 0.01


def test_a_draw_depends_on_its_object_and_the_seed_alone():
    whole = draw(["a", "b", "c"], [0.3, 0.4, 0.5], 0.1, 3)
    np.testing.assert_array_equal(draw(["c", "a"], [0.5, 0.3], 0.1, 3), whole[:, [2, 0]])
    assert not np.isclose(draw(["a", "b", "c"], [0.3, 0.4, 0.5], 0.1, 3, seed=2), whole).any()
    assert draw([], 0.3, 0.1, 3).shape == (3, 0)


def test_only_a_redshift_with_an_error_is_photometric():
    z, e = np.array([0.3, 0.3, np.nan, 0.3]), np.array([0.1, np.nan, 0.1, 0.0])
    assert is_photometric(z, e).tolist() == [True, False, False, False]
