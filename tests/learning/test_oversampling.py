"""Artificial objects: what they are, and that nothing held out has a part in them."""

import numpy as np
import pytest
from learning_data import SPEC, labelled

from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.oversampling import oversampled
from mallorn.settings.resolve import defaults
from mallorn.settings.rules import broken_rules


@pytest.fixture(scope="module")
def few():
    """Sixty objects of three kinds, forty, fifteen and five, each kind in a place of its own; events of two."""
    kinds = np.repeat([1, 2, 0], [40, 15, 5])
    rng = np.random.default_rng(2)
    values = (10.0 * kinds[:, None] + rng.normal(size=(60, 3))).astype(np.float32)
    values[rng.random((60, 3)) < 0.1] = np.nan
    return labelled(values, np.minimum(kinds, 1), 2, np.arange(60) // 2, kinds)


def test_without_a_method_objects_stay_as_they_are(few):
    assert oversampled(few, "none", 1) is few


def test_artificial_objects_fill_up_the_kinds_and_lie_among_their_own(few):
    pytest.importorskip("imblearn")
    made = oversampled(few, "smote", 1)
    assert np.bincount(made.kinds).tolist() == [40, 40, 40]
    assert np.array_equal(made.classes, np.minimum(made.kinds, 1))
    before, after = few.dataset.features.values, made.dataset.features.values
    np.testing.assert_array_equal(after[:60], before)
    assert (made.weight == 1.0).all()
    for kind in (0, 2):
        own, new = before[few.kinds == kind], after[60:][made.kinds[60:] == kind]
        assert (np.nanmin(new, axis=0) >= np.nanmin(own, axis=0) - 1e-3).all()
        assert (np.nanmax(new, axis=0) <= np.nanmax(own, axis=0) + 1e-3).all()
        assert set(made.event[60:][made.kinds[60:] == kind]) <= set(few.event[few.kinds == kind])
    assert 0.005 < np.isnan(after[60:]).mean() < 0.25
    assert len({tuple(row) for row in after[60:].tolist()}) > 55
    again, other = oversampled(few, "smote", 1), oversampled(few, "smote", 2)
    np.testing.assert_array_equal(again.dataset.features.values, after)
    assert not np.array_equal(other.dataset.features.values, after, equal_nan=True)


def test_a_kind_of_one_object_stays_alone(few):
    pytest.importorskip("imblearn")
    made = oversampled(few.take(np.r_[:56]), "smote", 1)
    assert np.bincount(made.kinds).tolist() == [1, 40, 40]


def test_what_is_held_out_has_no_part_in_them(few):
    pytest.importorskip("imblearn")
    fold, smote = np.arange(60) % 2, Options(oversample="smote")
    values = few.dataset.features.values
    plain = cross_validate(few, fold, SPEC, 1, 1).inside
    before = cross_validate(few, fold, SPEC, 1, 1, smote).inside
    assert not np.array_equal(plain, before)
    held = fold == 1
    moved = np.where(held[:, None] & (np.arange(60) != 1)[:, None], 100.0 - values, values).astype(np.float32)
    labels = np.where(held, 1 - few.classes, few.classes)
    after = cross_validate(labelled(moved, labels, 2, few.event), fold, SPEC, 1, 1, smote).inside
    kinds_as_classes = cross_validate(labelled(values, few.classes, 2, few.event), fold, SPEC, 1, 1, smote).inside
    np.testing.assert_array_equal(after[1], kinds_as_classes[1])


def test_models_that_read_light_curves_are_refused():
    config = defaults()
    config["training"]["oversample"] = "smote"
    assert broken_rules(config) == []
    config["models"]["tcn"]["enabled"] = True
    (line,) = broken_rules(config)
    assert "models.tcn reads light curves" in line
