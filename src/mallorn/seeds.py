"""Seeds derived from the configuration's one seed and from names. No draw depends on what ran before it."""

import hashlib

import numpy as np

__all__ = ["derived_seed", "generator"]


def derived_seed(seed, *names):
    """Return an integer in [0, 2^31) that depends on `seed` and on every one of `names`, and on nothing else."""
    digest = hashlib.blake2b(repr((seed, *map(str, names))).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(seed, *names):
    """Return a numpy random generator seeded by `derived_seed(seed, *names)`."""
    return np.random.default_rng(derived_seed(seed, *names))
