"""Reader of the artifact "posterior": families get a `mallorn.gp.posterior.Posterior`, not a plain table."""

from mallorn.gp.posterior import read_posterior

__all__ = ["read"]


def read(path, settings, group):
    """Return the `Posterior` of a group of objects. settings: {"posterior": that block of the configuration}."""
    return read_posterior(path, settings["posterior"], group)
