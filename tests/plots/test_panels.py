"""Panels inside one axes: where points come to lie, and that a line of several panels is one line with gaps."""

import numpy as np
import pytest

from mallorn.plots.panels import Panels

MARGINS = (1.0, 1.0, 1.0, 1.0, 0.5, 0.25)


@pytest.fixture
def panels():
    return Panels(3, 2, 6.5, 4.25, ((0.0, 10.0), (0.0, 1.0)), (0.0, 1.0), MARGINS)  # panels of 2 by 1 inches


def test_a_line_through_several_panels_is_one_with_gaps(panels):
    x, y = np.array([0.0, 5.0, 10.0]), np.array([0.0, 0.5, 1.0])
    panels.plot({0: (x, y), 1: (x[:2], y[:2]), 2: (x[1:], y[1:])}, color="k")
    (line,) = panels.figure.axes[0].lines
    np.testing.assert_allclose(line.get_xdata(), [0.0, 1.0, 2.0, np.nan, 2.5, 3.5, np.nan, 1.0, 2.0, np.nan])
    np.testing.assert_allclose(line.get_ydata(), [1.25, 1.75, 2.25, np.nan, 1.25, 1.75, np.nan, 0.5, 1.0, np.nan])


def test_what_is_outside_a_panel_is_left_out(panels):
    panels.plot({0: (np.array([-1.0, 5.0, 5.0]), np.array([0.5, 2.0, 0.5]))}, "o")
    (line,) = panels.figure.axes[0].lines
    np.testing.assert_array_equal(np.isnan(line.get_ydata()), [True, True, False, True])


def test_without_a_panel_there_is_no_line(panels):
    panels.plot({}, color="k")
    assert not panels.figure.axes[0].lines
