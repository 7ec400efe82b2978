"""How feature families get the artifact "posterior": as a `mallorn.gp.posterior.Posterior`, not as a plain table."""

from mallorn.gp.posterior import read_posterior

__all__ = ["read"]


def read(path, settings, group):
    """Return the `Posterior` of a group of objects. settings: {"posterior": that block of the configuration}."""
    return read_posterior(path, settings["posterior"], group)
