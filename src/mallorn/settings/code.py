"""What code that is loaded by its name says of itself, read without importing it."""

from functools import cache
from pathlib import Path

from mallorn.runs.fingerprints import constant

__all__ = ["explains", "known_names", "parameters"]

_SOURCE = Path(__file__).resolve().parents[2]
_ROOMS = {"learners": "mallorn.learners", "transforms": "mallorn.learning.transforms", "sources": "mallorn.sources"}


@cache
def known_names(kind):
    """Return the sorted names of the package's learners, transforms or sources, the `kind`.

    A learner or transform is a module that states its `PARAMETERS`.
    """
    found = sorted(path.stem for path in _folder(kind).glob("[a-z]*.py"))
    return found if kind == "sources" else [name for name in found if parameters(kind, name) is not None]


@cache
def parameters(kind, name):
    """Return the names of the parameters of a learner or transform, None if there is none of this name."""
    if not name.isidentifier():
        return None
    try:
        return constant(f"{_ROOMS[kind]}.{name}", "PARAMETERS")
    except (LookupError, ModuleNotFoundError):
        return None


@cache
def explains(learner):
    """Return whether a learner of the package has SHAP values: defines `contributions`."""
    return "def contributions(" in (_folder("learners") / f"{learner}.py").read_text(encoding="utf-8")


def _folder(kind):
    return _SOURCE.joinpath(*_ROOMS[kind].split("."))
