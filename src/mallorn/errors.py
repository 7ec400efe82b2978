"""Errors that a user can mend: each message says where, what was expected, what came, and what to do next."""

__all__ = ["DataError", "ConfigError"]


class DataError(ValueError):
    """The survey's files cannot be used as they are."""


class ConfigError(ValueError):
    """A value of the configuration cannot be used."""
