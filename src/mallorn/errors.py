"""Errors that a user can mend. Each message says where, what was expected, what was found, and what to do next."""

__all__ = ["DataError", "ConfigError"]


class DataError(ValueError):
    """The survey's files cannot be used as they are."""

    @classmethod
    def at(cls, path, *, expected, found, fix, line=None, column=None):
        """Return the error for a place in a file: `line` counts from 1, the header; `column` is a name."""
        where = str(path) + (f", line {line}" if line else "") + (f", column {column!r}" if column else "")
        return cls(f"{where}: expected {expected}, found {found}. Next step: {fix}.")


class ConfigError(ValueError):
    """A value of the configuration cannot be used."""
