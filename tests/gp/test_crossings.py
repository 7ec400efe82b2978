import numpy as np
import pytest

from mallorn.gp.crossings import distance_above, distance_below


def test_falls_are_interpolated_and_end_at_the_edge():
    curves = np.array([[9.0, 10.0, 8.0, 4.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 10.0, 9.5, 9.0, 8.0]])
    top = np.array([1, 4, 1])
    # 10 -> 5 lies a quarter of the way before column 3; nothing right of the last column; never below 5.
    np.testing.assert_allclose(distance_below(5.0, curves, top), [1.75, 0.0, 3.0])
    np.testing.assert_allclose(distance_below([8.0, 1.0, 9.75], curves, top), [1.0, 0.0, 0.5])


def test_rises_mirror_falls():
    values = np.array([[0.0, 0.25, 1.0, 3.0]])
    assert distance_above(0.5, values, np.array([0]))[0] == pytest.approx(1.0 + 1.0 / 3.0)
    assert distance_above(0.5, values, np.array([2]))[0] == 0.0
