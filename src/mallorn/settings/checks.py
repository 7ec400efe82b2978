"""Checking of the configuration against its schema, with messages that name the key and the mend."""

import copy
import math
from difflib import get_close_matches

from mallorn.errors import ConfigError

__all__ = ["check_config", "check_models", "in_order", "with_plugins"]

_RANGES = (("min", "max"), ("lower", "upper"), ("start", "stop"))


def check_config(config, schema):
    """Raise ConfigError listing everything in `config` (nested dicts) that the JSON `schema` does not allow."""
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda e: [str(p) for p in e.absolute_path])
    lines = dict.fromkeys(map(_explain, errors)) or list(_impossible(config))
    if lines:
        text = "\n".join(f"  - {line}" for line in lines)
        raise ConfigError(f"the configuration cannot be used:\n{text}\nAll keys are described in config.yaml.")


def with_plugins(config, schema, plugins):
    """Return (config, schema) with what plug-ins add to both.

    plugins: as from `mallorn.plugins.described`. A family's block has the defaults of its SETTINGS where the
    configuration says nothing, and takes no other keys.
    """
    config, schema = copy.deepcopy(config), copy.deepcopy(schema)
    for name, defaults in plugins["features"].items():
        block = {"enabled": True, **defaults}
        given = config["features"].get(name)
        config["features"][name] = {**block, **given} if isinstance(given, dict) else block
        keys = {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(block, {})}
        schema["properties"]["features"]["properties"][name] = keys
    for words, more in (("lightgbm", plugins["learners"]), ("tde53", plugins["hypotheses"])):
        for choices in _choices(schema, words):
            choices += more
    return config, schema


def _choices(schema, word):
    """Yield the lists of allowed values in a JSON schema that `word` is among."""
    if isinstance(schema, dict):
        if word in schema.get("enum", ()):
            yield schema["enum"]
        schema = list(schema.values())
    for inner in schema if isinstance(schema, list) else ():
        yield from _choices(inner, word)


def check_models(config):
    """Raise ConfigError if a block names a model that there is not, or that is not enabled.

    config: a configuration that `check_config` lets pass.
    """
    models, ensembles = config["models"], config["ensembles"]
    errors = [f"ensembles.{name}: a model has this name too" for name in ensembles if name in models]
    for name, block in ensembles.items():
        if block["enabled"]:
            errors += [_unusable(f"ensembles.{name}.members", member, models) for member in block["members"]]
    errors.append(_unusable("submission.model", config["submission"]["model"], {**models, **ensembles}))
    if config["ablation"]["model"] not in models:
        errors.append(_unusable("ablation.model", config["ablation"]["model"], models))
    errors += [_unusable("explanations.models", m, models) for m in config["explanations"]["models"]]
    errors += [_unusable("tuning.models", m, models) for m in config["tuning"]["models"] if m not in models]
    errors = [error for error in errors if error]
    if errors:
        raise ConfigError("the configuration cannot be used:\n" + "\n".join(f"  - {error}" for error in errors))


def _unusable(where, name, blocks):
    """Return what is wrong with the choice of block `name`, or ""."""
    if name not in blocks:
        return f"{where}: there is no {_suggest(name, list(blocks))}"
    return "" if blocks[name]["enabled"] else f"{where}: {name!r} is not enabled; set its `enabled` to true"


def in_order(config, template):
    """Return `config` with the keys of every nested dict in the order of `template`, further keys after them, sorted.

    Snakemake compares params by their text; where a value was written must not look like a change of it.
    """
    if not isinstance(config, dict):
        return config
    known = template if isinstance(template, dict) else {}
    keys = [key for key in known if key in config] + sorted(key for key in config if key not in known)
    return {key: in_order(config[key], known.get(key)) for key in keys}


def _impossible(value, where=""):
    """Yield what no schema sees in `value`: numbers that are not finite, and ranges that end before they begin."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{where}: {value} is not a finite number"
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _impossible(inner, f"{where}.{key}" if where else str(key))
    for first, last in _RANGES:
        if isinstance(value, dict) and first in value and last in value and not value[first] < value[last]:
            yield f"{where}: {first} {value[first]} is not below {last} {value[last]}"


def _explain(error):
    where = ".".join(str(part) for part in error.absolute_path) or "top level"
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = [key for key in error.instance if key not in known]
        hints = [_suggest(key, known) for key in unknown]
        return f"{where}: unknown key {', '.join(hints)}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{where}: missing key {', '.join(map(repr, missing))}"
    described = error.schema.get("description")
    return f"{where}: {error.message}" + (f" (expected: {described})" if described else "")


def _suggest(key, known):
    close = get_close_matches(str(key), known, n=1)
    return f"{key!r} (did you mean {close[0]!r}?)" if close else f"{key!r} (known: {', '.join(sorted(known))})"
