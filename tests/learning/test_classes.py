import numpy as np
import pytest

from mallorn.errors import ConfigError
from mallorn.learning.classes import class_names, class_weights, encode_classes, event_weights, is_target

CLASSES = {"AGN": ["AGN"], "SN Ia": ["SN Ia", "SN Ia-pec"]}


def training(other="other SN"):
    return {"classes": CLASSES, "other_class": other}


def test_classes_by_type():
    labels = {"spec_type": ["AGN", "TDE", "SN Ia-pec", "SN II", "SN Ia"], "target": [0, 1, 0, 0, 0]}
    classes, names, kinds = encode_classes(labels, "multiclass", training(), "TDE")
    assert names == ("TDE", "AGN", "SN Ia", "other SN")
    assert classes.tolist() == kinds.tolist() == [1, 0, 2, 3, 2]
    assert encode_classes(labels, "multiclass", training("AGN"), "TDE")[0].tolist() == [1, 0, 2, 1, 2]
    classes, names, kinds = encode_classes(labels, "binary", training(), "TDE")
    assert (classes.tolist(), names, kinds.tolist()) == ([1, 0, 1, 1, 1], ("TDE", "other"), [1, 0, 2, 3, 2])


def test_bad_classes_are_named():
    labels = {"spec_type": ["AGN"], "target": [0]}
    with pytest.raises(ConfigError, match="'SN Ia' is in both 'SN Ia' and 'more'"):
        encode_classes(labels, "multiclass", {"classes": {**CLASSES, "more": ["SN Ia"]}, "other_class": "rest"}, "TDE")
    with pytest.raises(ConfigError, match="not 'three'"):
        encode_classes(labels, "three", training(), "TDE")


def test_weights_of_classes():
    classes = np.array([0, 1, 1, 1])
    np.testing.assert_allclose(class_weights(classes, 0.0), 1.0)
    balanced = class_weights(classes, 1.0)
    assert balanced[0] == pytest.approx(balanced[1:].sum()) == pytest.approx(2.0)
    half = class_weights(classes, 0.5)
    assert half[0] / half[1] == pytest.approx(np.sqrt(3))
    assert half.mean() == pytest.approx(1.0)


def test_weights_of_events():
    """At 1 events of a class weigh the same, at 0 objects; each class keeps its weight, and so do siblings theirs."""
    event, classes = np.array(list("abbbcd")), np.array([0, 0, 0, 0, 1, 1])
    weight = np.array([1.0, 1.0, 1.0, 1.0, 0.5, 2.0])
    np.testing.assert_array_equal(event_weights(event, classes, weight, 0.0), weight)
    equal = event_weights(event, classes, weight, 1.0)
    np.testing.assert_allclose(equal, [2.0, 2 / 3, 2 / 3, 2 / 3, 1.25, 1.25])
    half = event_weights(event, classes, weight, 0.5)
    assert half[0] / half[1] == pytest.approx(np.sqrt(3))
    np.testing.assert_allclose(np.bincount(classes, half), np.bincount(classes, weight))
    turned = event_weights(event[::-1], classes[::-1], weight[::-1], 0.5)
    np.testing.assert_allclose(turned[::-1], half)


@pytest.mark.parametrize(
    ("target", "sought"),
    [("TDE", "01000"), ("SN Ia", "00101"), ("SN II", "00010"), ("AGN", "10000"), ("other SN", "01010")],
)
def test_any_class_or_type_can_be_sought(target, sought):
    types = ["AGN", "TDE", "SN Ia-pec", "SN II", "SN Ia", None]
    assert is_target(types, target, training()).astype(int).tolist() == [*map(int, sought), 0]
    labels = {"spec_type": types[:5], "target": is_target(types[:5], target, training()).astype(int)}
    classes, names, _ = encode_classes(labels, "multiclass", training(), target)
    assert names[0] == target
    assert names == class_names("multiclass", training(), target)
    assert len(names) == len(set(names))
    assert (classes == 0).astype(int).tolist() == [*map(int, sought)]
    assert encode_classes(labels, "binary", training(), target)[1] == (target, "other")
