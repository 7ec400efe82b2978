import numpy as np
import pytest
from numba import njit

from mallorn.runtime import lanes


@njit(error_model="numpy")
def _of_four(a, b, c, out):
    x, y = lanes.load_four(a, 1), lanes.load_four(b, 1)
    lanes.store((x + y * c - 2.0) / (lanes.four(3.0) - y), out, 1)
    return lanes.lane(x, 2), lanes.any_below(x, -0.5), lanes.any_above(x, 0.5)


@njit(error_model="numpy")
def _of_eight(a, b, c, out):
    x, y = lanes.load_eight(a, 1), lanes.load_eight(b, 1)
    lanes.store((x + y * c - 2.0) / (lanes.eight(3.0) - y), out, 1)
    return lanes.lane(x, 2), lanes.any_below(x, -0.5), lanes.any_above(x, 0.5)


@njit(error_model="numpy")
def _of_sixteen(a, b, c, out):
    x, y = lanes.load_sixteen(a, 1), lanes.load_sixteen(b, 1)
    lanes.store((x + y * c - 2.0) / (lanes.sixteen(3.0) - y), out, 1)
    return lanes.lane(x, 2), lanes.any_below(x, -0.5), lanes.any_above(x, 0.5)


@pytest.mark.parametrize(("width", "function"), [(4, _of_four), (8, _of_eight), (16, _of_sixteen)])
def test_lanes_have_the_bits_of_single_numbers(width, function):
    a, b = np.random.default_rng(1).uniform(-1.0, 1.0, (2, 18))
    out = np.zeros(18)
    third, below, above = function(a, b, 0.3, out)
    own = slice(1, 1 + width)
    np.testing.assert_array_equal(out[own], (a[own] + b[own] * 0.3 - 2.0) / (3.0 - b[own]))
    assert not out[[0, *range(1 + width, 18)]].any()
    assert (third, below, above) == (a[3], (a[own] < -0.5).any(), (a[own] > 0.5).any())
