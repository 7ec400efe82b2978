"""Copies of training objects in several cuts: what a cut keeps, and the name of a copy."""

import numpy as np

__all__ = ["CUTS", "copies_of_each", "copy_name", "cuts_of", "originals"]

CUTS = {"forced": (False, False), "detections": (False, True), "few_bands": (True, False), "alerts": (True, True)}
"""For each cut, whether it has only a few passbands, and whether it has only detections."""

_MARK = "\x1f"
"""Separates the object's id from the name of the cut. No id contains it, since ids can be printed."""


def copy_name(object_id, cut):
    """Return the id of the copy of an object in the cut called `cut`."""
    return f"{object_id}{_MARK}{cut}"


def originals(object_id):
    """Return the ids (n,) of the objects behind copies (n,); any other id is returned as it is."""
    return np.array([str(name).partition(_MARK)[0] for name in object_id], dtype=object)


def cuts_of(object_id):
    """Return the names (n,) of the cuts of copies (n,), "" for objects that are no copies."""
    return np.array([str(name).partition(_MARK)[2] for name in object_id], dtype=object)


def copies_of_each(original):
    """Return, for each of the copies (n,), how many have the same object, shape (n,) int; see `originals`."""
    _, place, number = np.unique(np.asarray(original).astype(str), return_inverse=True, return_counts=True)
    return number[place]
