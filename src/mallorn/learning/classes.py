"""Classes of objects: the one sought, and the others by type."""

import numpy as np

from mallorn.errors import ConfigError

__all__ = ["OTHER", "SCHEMES", "class_names", "class_weights", "encode_classes", "event_weights", "is_target"]

SCHEMES = ("binary", "multiclass")

OTHER = "other"
"""Name of class 1 if there are two classes."""


def is_target(spec_type, target, training):
    """Return which objects belong to the class sought, (n,) bool.

    target: name of the class sought: one of `training.classes`, `training.other_class`, or else a SpecType.
    spec_type (n,) str, None where unknown. training: block of config.yaml, see `encode_classes`.
    """
    if target in training["classes"]:
        return _among(spec_type, training["classes"][target])
    if target == training["other_class"]:
        listed = [kind for kinds in training["classes"].values() for kind in kinds]
        return ~_among(spec_type, [None, *listed])
    return _among(spec_type, [target])


def class_names(scheme, training, target):
    """Return the names of the classes of a scheme, the class sought first."""
    if scheme == "binary":
        return (target, OTHER)
    return tuple(dict.fromkeys([target, *training["classes"], training["other_class"]]))


def encode_classes(labels, scheme, training, target):
    """Return (classes (n,) int, names, kinds (n,) int): the class of each object; class 0 is the one sought.

    labels: {"spec_type", "target"} (n,) each, target 1 for objects of the class sought (see `is_target`).
    scheme: "binary" (sought or not) or "multiclass": the other objects by their SpecType.
    training: block of config.yaml; it has `classes`, {class: [SpecType, ...]}, and `other_class`, the class of types
    that no class lists. target: name of the class sought.
    kinds: the classes of "multiclass" with either scheme; see `mallorn.learning.transforms.linear_start`.
    Raises ConfigError if there is no such scheme, or if a type is in two classes.
    """
    if scheme not in SCHEMES:
        raise ConfigError(f"models: classes must be 'binary' or 'multiclass', not {scheme!r}")
    of_type, other = {}, training["other_class"]
    for name, types in training["classes"].items():
        for kind in types:
            if kind in of_type:
                raise ConfigError(f"training.classes: {kind!r} is in both {of_type[kind]!r} and {name!r}")
            of_type[kind] = name
    names = class_names("multiclass", training, target)
    pairs = zip(labels["spec_type"], labels["target"], strict=True)
    kinds = np.array([0 if t == 1 else names.index(of_type.get(s, other)) for s, t in pairs], dtype=int)
    if scheme == "binary":
        return np.minimum(kinds, 1), class_names(scheme, training, target), kinds
    return kinds, names, kinds


def class_weights(classes, balance):
    """Return a weight for each object, with mean 1: (n / n_c)^balance. 0 is for equal objects, 1 for equal classes."""
    counts = np.bincount(classes)
    weight = (len(classes) / counts[classes]) ** balance
    return weight / weight.mean()


def event_weights(event, classes, weight, balance):
    """Return the weights (n,) of objects, lower for events with many siblings: weight / total^balance.

    total: the sum of `weight` over the objects of the event, its siblings. Each class keeps the sum of its weights.
    0 leaves the weights as they are; 1 gives each event of a class the same weight, however many siblings it has.

    event (n,) str; classes (n,) int of 0 .. C - 1; weight (n,) above 0; balance: 0 to 1.
    """
    weight = np.asarray(weight, dtype=float)
    if not balance:
        return weight
    _, place = np.unique(np.asarray(event, dtype=str), return_inverse=True)
    shared = weight / np.bincount(place, weight)[place] ** balance
    kept = np.bincount(classes, weight) / np.maximum(np.bincount(classes, shared), np.finfo(float).tiny)
    return shared * kept[classes]


def _among(spec_type, types):
    return np.array([kind in types for kind in spec_type], dtype=bool)
