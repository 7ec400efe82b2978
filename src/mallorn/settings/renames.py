"""Old keys and names of the configuration: the message for an old one names the new one."""

__all__ = ["RENAMED", "RENAMED_NAMES", "RENAMED_VALUES", "take_renamed"]

RENAMED = {
    "copies": "augmentations",
    "training.groups": "training.classes",
    "training.rest": "training.other_class",
    "models.*.params.linear_start": "models.*.transforms.linear_start.C",
}
"""{old path: new path}; `*` stands for any name."""

RENAMED_NAMES = {
    "lightgbm_grouped": "lightgbm_multiclass",
    "xgboost_grouped": "xgboost_multiclass",
    "catboost_grouped": "catboost_multiclass",
    "logistic_grouped": "logistic_multiclass",
    "mlp_grouped": "mlp_multiclass",
}
"""{old name: new name} of models."""

_HYPOTHESES = {
    "tde53": "tde_fixed",
    "tdef": "tde_free",
    "tde2": "tde_double",
    "sn": "supernova",
    "snc": "hot_supernova",
    "ach": "achromatic",
    "pls": "drifting_color",
}

RENAMED_VALUES = {
    "models.*.classes": {"grouped": "multiclass"},
    "gp.engine": {"auto": "compiled"},
    "fits.hypotheses.models": _HYPOTHESES,
    **{
        f"features.hypotheses.{key}": _HYPOTHESES
        for key in ("models", "residuals", "sampling", "comparisons", "competing")
    },
}
"""{path: {old value: new value}}, for values and items of lists."""


def take_renamed(config):
    """Return (config, lines): a copy without the old keys, and a line for each of them that names the new one."""
    lines = []
    for old, new in RENAMED.items():
        config = _without(config, old.split("."), [], new, lines)
    for path, values in RENAMED_VALUES.items():
        for where, found in _values(config, path.split(".")):
            old = [word for word in _words(found) if word in values]
            if old:
                lines += [f"{where}: {word} was renamed to {values[word]}" for word in dict.fromkeys(old)]
                config = _without(config, where.split("."), [], None, [])
    models = config.get("models")
    for old, new in RENAMED_NAMES.items():
        # a whole block with its learner is the user's own model that happens to have this name
        if isinstance(models, dict) and isinstance(models.get(old), dict) and "learner" not in models[old]:
            lines.append(f"models.{old} was renamed to models.{new}")
            models = {name: block for name, block in models.items() if name != old}
            config = {**config, "models": models}
    return config, lines


def _without(config, keys, passed, new, lines):
    if not isinstance(config, dict):
        return config
    key, *rest = keys
    result = dict(config)
    for name in list(config) if key == "*" else [key] if key in config else []:
        if rest:
            result[name] = _without(config[name], rest, [*passed, name], new, lines)
        else:
            del result[name]
            if new is not None:
                star = passed[1] if "*" in new else ""
                lines.append(f"{'.'.join(map(str, [*passed, name]))} was renamed to {new.replace('*', str(star))}")
    return result


def _words(value):
    """Yield the texts in a value, or in nested lists of them."""
    if isinstance(value, list):
        for one in value:
            yield from _words(one)
    elif isinstance(value, str):
        yield value


def _values(config, keys, passed=()):
    """Yield (path, value) of all values whose path matches `keys`."""
    if not keys:
        yield ".".join(map(str, passed)), config
    elif isinstance(config, dict):
        key, *rest = keys
        for name in list(config) if key == "*" else [key] if key in config else []:
            yield from _values(config[name], rest, (*passed, name))
