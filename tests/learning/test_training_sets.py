import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.learning.training_sets import FINAL, WITHOUT_REDSHIFT, training_rows

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


def test_objects_without_redshift_are_learned_from_by_the_models_without_alone():
    known = np.array([True, False, True, True, False])
    assert training_rows(FINAL, FOLD, known)[0].tolist() == [0, 2, 3]
    inside, held_out = training_rows("outer_0", FOLD, known)
    assert (inside.tolist(), held_out.tolist()) == ([2], [0, 3])
    inside, held_out = training_rows(WITHOUT_REDSHIFT, FOLD, known)
    assert (inside.tolist(), held_out.tolist()) == ([0, 1, 2, 3, 4], [])
    # a survey in which none is known
    assert training_rows(FINAL, FOLD, np.zeros(5, dtype=bool))[0].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["outer_3", "outer_x", "outer", "test"])
def test_another_name_is_refused(name):
    with pytest.raises(ConfigError, match=name):
        training_rows(name, FOLD)
