"""Random streams that belong to a thing by its name: no draw depends on what was drawn before."""

import zlib

import numpy as np

__all__ = ["stream"]


def stream(seed, name, *numbers):
    """Return the numpy Generator of the thing `name`, `numbers` (e.g. "source", 17) under the integer `seed`."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *map(int, numbers)])
