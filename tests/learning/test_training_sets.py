import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.learning.training_sets import FINAL, training_rows

FOLD = np.array([0, 2, 1, 0, 2])


def test_final_trains_on_all_and_holds_nothing_out():
    inside, held_out = training_rows(FINAL, FOLD)
    assert inside.tolist() == [0, 1, 2, 3, 4]
    assert held_out.tolist() == []


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_an_outer_training_set_holds_one_fold_out(fold):
    inside, held_out = training_rows(f"outer_{fold}", FOLD)
    assert set(FOLD[held_out]) == {fold}
    assert sorted([*inside, *held_out]) == [0, 1, 2, 3, 4]
    assert fold not in FOLD[inside]


@pytest.mark.parametrize("name", ["outer_3", "outer_x", "outer", "test"])
def test_another_name_is_refused(name):
    with pytest.raises(ConfigError, match=name):
        training_rows(name, FOLD)
