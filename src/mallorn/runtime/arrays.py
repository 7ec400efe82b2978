"""What is found of an array once, for all who read the same array."""

import weakref

__all__ = ["OfArrays"]


class OfArrays:
    """A dict for each array that nobody changes, kept as long as there is the array.

    Two threads may both find something for the first time; one of the same results stays. What is kept must not refer
    to the array, or it would last for ever.
    """

    def __init__(self):
        self._known = {}

    def of(self, array):
        """Return the dict of an array, empty at first."""
        key, known = id(array), self._known
        if key not in known:
            known[key] = weakref.ref(array, lambda _: known.pop(key, None)), {}
        return known[key][1]
