"""What modules of the package that are loaded by name say of themselves, read without importing them."""

from functools import cache
from pathlib import Path

from mallorn.runs.fingerprints import constant

__all__ = ["defines", "literal", "modules_with"]

_SOURCE = Path(__file__).resolve().parents[2]


@cache
def modules_with(package, name=None):
    """Return the sorted names of the modules of `package`, with `name` those that assign a literal to it."""
    folder = _SOURCE.joinpath(*package.split("."))
    found = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    return [module for module in found if name is None or literal(f"{package}.{module}", name) is not None]


@cache
def literal(module, name):
    """Return the literal that `module` assigns to `name`, None if it assigns none."""
    try:
        return constant(module, name)
    except (LookupError, ModuleNotFoundError):
        return None


@cache
def defines(module, function):
    """Return whether the source of `module` defines `function`, at the top or in a class."""
    path = _SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    return f"def {function}(" in path.read_text(encoding="utf-8")
