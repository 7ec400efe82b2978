"""Merge a user's part of the configuration into the defaults."""

from fnmatch import fnmatchcase

__all__ = ["merge"]

_REPLACED = ("alerce.classes", "training.classes")
"""Mappings that a user gives as a whole."""

_IN_ORDER = ("models.*.transforms",)
"""Mappings whose order matters: the user's order stays."""

_FREE = ("*.params", "models.*.transforms", "models.*.transforms.*")
"""Mappings of free names: null removes a shipped entry, and a number takes the type of the shipped one."""

_BOUND = {"models.*": ("learner", ("params", "transforms")), "ensembles.*": ("method", ("step", "C"))}
"""{path: (key, keys)}: if a user changes this key of a shipped block, the shipped values of the keys are dropped."""


def merge(defaults, given, path=""):
    """Return the nested dict `defaults` with the values of the nested dict `given`.

    Keys have the order of `defaults`; further keys follow, sorted. Snakemake compares the text of params, and the
    position of a value must not look like a change of it. Only where order matters, it stays.
    """
    defaults = _valid(defaults, given, path)
    free = _is(path, _FREE)
    merged = {}
    further = [key for key in given if key not in defaults]
    for key in [*defaults, *(further if _is(path, _IN_ORDER) else sorted(further, key=str))]:
        shipped = defaults.get(key)
        if key not in given:
            merged[key] = shipped
        elif isinstance(given[key], dict):
            inner = f"{path}.{key}" if path else str(key)
            merged[key] = merge(shipped if isinstance(shipped, dict) else {}, given[key], inner)
        elif not free:
            merged[key] = given[key]
        elif given[key] is not None:
            merged[key] = _alike(given[key], shipped)
    return merged


def _is(path, patterns):
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _valid(defaults, given, path):
    """Return the `defaults` that still hold beside the given values."""
    if _is(path, _REPLACED):
        return {key: value for key, value in defaults.items() if key in given}
    for pattern, (key, dependent) in _BOUND.items():
        changed = given.get(key, defaults.get(key)) != defaults.get(key)
        if path.count(".") == 1 and fnmatchcase(path, pattern) and changed:
            return {name: value for name, value in defaults.items() if name not in dependent}
    return defaults


def _alike(number, shipped):
    """Return `number` in the type of the shipped one: 3 and 3.0 are the same setting."""
    if type(number) is int and type(shipped) is float:
        return float(number)
    if type(number) is float and type(shipped) is int and number.is_integer():
        return int(number)
    return number
