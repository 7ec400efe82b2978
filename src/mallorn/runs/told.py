"""What Snakemake tells a job, without Snakemake: its import takes 0.1 s, nearly half of the start of a job."""

import pickle
from types import SimpleNamespace

__all__ = ["Told", "preamble"]


class Told(list):
    """Values, some of which have names: `told.name`, `told["name"]`, `told.get("name", otherwise)`."""

    def __init__(self, values=(), names=()):
        """Hold `values`; names: {name: value, or `Told` of several values}."""
        super().__init__(values)
        self.__dict__.update(names)

    def __getitem__(self, key):
        return self.__dict__[key] if isinstance(key, str) else super().__getitem__(key)

    def get(self, name, otherwise=None):
        """Return the value called `name`, or `otherwise`."""
        return self.__dict__.get(name, otherwise)

    def keys(self):
        """Return the names."""
        return self.__dict__.keys()

    def items(self):
        """Return pairs of name and value."""
        return self.__dict__.items()


def preamble(folders, first, **about):
    """Return the beginning of a script, which defines `snakemake`.

    folders: added to sys.path. first: further code. about: its attributes; lists with names, as Snakemake has them,
    become `Told`.
    """
    given = SimpleNamespace(**{name: _plain(value) for name, value in about.items()})
    lines = f"import sys; sys.path.extend({folders!r}); import pickle; snakemake = pickle.loads({pickle.dumps(given)})"
    return f"{lines}; {first}\n"


def _plain(value):
    """Return one of Snakemake's lists with names as `Told`, anything else as it is."""
    if not hasattr(value, "_get_names"):
        return value
    return Told(value, {name: _plain(getattr(value, name)) for name, _ in value._get_names()})
