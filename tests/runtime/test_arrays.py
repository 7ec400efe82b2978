"""What is kept of an array is of that array alone, and goes with it."""

import gc

import numpy as np

from mallorn.runtime.arrays import OfArrays


def test_what_is_kept_is_of_one_array_and_goes_with_it():
    of, one, other = OfArrays(), np.zeros(3), np.zeros(3)
    of.of(one)["found"] = 1
    assert of.of(one) == {"found": 1}
    assert of.of(other) == {}
    del one
    gc.collect()
    assert len(of._known) == 1
    for _ in range(100):  # new arrays take the places of old ones
        assert of.of(np.zeros(3)) == {}
