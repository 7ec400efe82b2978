import numpy as np
import pytest
from gp_dense import pack_six

from mallorn.errors import DataError
from mallorn.gp.batch import BLANKS


def test_layout_of_two_objects():
    batch = pack_six([3.0, 1.0, 7.0], [0, 1, 2], [2.0, 4.0, 5.0], [1.0, 0.1, 0.5], start=[0, 2, 3])
    live = [True, True, False, False, True, False, False]
    np.testing.assert_array_equal(batch.live, np.array(live, float))
    np.testing.assert_array_equal(batch.owner, [0, 0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(batch.start, [0, 2 + BLANKS, 3 + 2 * BLANKS])
    np.testing.assert_array_equal(batch.n_points, [2, 1])
    np.testing.assert_array_equal(batch.middle, [2.0, 7.0])
    np.testing.assert_array_equal(batch.time[live], [-1.0, 1.0, 0.0])
    np.testing.assert_array_equal(batch.band[live], [1, 0, 2])
    # scale: the larger of the standard deviation (1; 0) and the median error (0.55; 0.5)
    np.testing.assert_array_equal(batch.scale, [1.0, 0.5])
    np.testing.assert_array_equal(batch.y[live], [4.0, 2.0, 10.0])
    np.testing.assert_allclose(batch.noise[live], [0.01, 1.0, 1.0])
    np.testing.assert_array_equal(batch.sum(batch.y), [6.0, 10.0])


def test_taken_objects_are_whole_and_in_order():
    batch = pack_six(np.arange(6.0), [0, 1, 2, 3, 4, 5], np.arange(6.0), np.ones(6), start=[0, 1, 3, 6])
    taken = batch.take([2, 0, 2])
    np.testing.assert_array_equal(taken.n_points, [3, 1, 3])
    np.testing.assert_array_equal(taken.owner, np.repeat([0, 1, 2], [5, 3, 5]))
    np.testing.assert_array_equal(taken.scale, batch.scale[[2, 0, 2]])
    np.testing.assert_array_equal(taken.y[:5], batch.y[batch.owner == 2])
    np.testing.assert_array_equal(taken.own_band.sum(axis=1), taken.live)


GOOD = {"mjd": [1.0, 2.0], "band": [0, 1], "flux": [1.0, 2.0], "flux_err": [1.0, 1.0]}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("mjd", np.inf, "a time that is not a finite number"),
        ("flux", np.nan, "a flux that is not a finite number"),
        ("flux_err", 0.0, "a flux error that is not positive"),
        ("flux_err", -1.0, "a flux error that is not positive"),
        ("flux_err", np.inf, "a flux error that is not positive"),
        ("flux_err", np.nan, "a flux error that is not positive"),
        ("band", 6, "a passband outside 0..5"),
        ("band", -1, "a passband outside 0..5"),
    ],
)
def test_bad_values_are_refused_by_name(column, value, message):
    bad = {**GOOD, column: [GOOD[column][0], value]}
    with pytest.raises(DataError, match=f"object 'elf': {message}.*point 1"):
        pack_six(**bad, object_id=["elf"])


def test_an_object_without_points_is_refused():
    with pytest.raises(DataError, match="object 'moon': no points"):
        pack_six(**GOOD, start=[0, 2, 2], object_id=["elf", "moon"])
