"""The names of copies of training objects, of which there may be several of one object."""

import numpy as np

__all__ = ["copy_name", "cuts_of", "originals"]

_MARK = "\x1f"
"""Parts the object's id from the name of the cut; no id holds it, since ids can be printed."""


def copy_name(object_id, cut):
    """Return the id of the copy of an object in the cut called `cut`."""
    return f"{object_id}{_MARK}{cut}"


def originals(object_id):
    """Return the ids (n,) of the objects that copies (n,) are made of; any other id is its own."""
    return np.array([str(name).partition(_MARK)[0] for name in object_id], dtype=object)


def cuts_of(object_id):
    """Return the names (n,) of the cuts that copies (n,) are in, "" for what is no copy."""
    return np.array([str(name).partition(_MARK)[2] for name in object_id], dtype=object)
