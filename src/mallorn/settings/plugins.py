"""Settings of what a user's own files add: feature families, learners, hypotheses, sources and transforms.

A description of plug-ins is a dict, made without importing the files:

- "features": {family: its literal `SETTINGS`, a dict of defaults}
- "learners": {learner: its literal tuple `PARAMETERS`}
- "hypotheses", "sources", "transforms": lists of names

The defaults of a family say what its settings are: each has the type of its default, a list that of its items. Where a
default is a whole number, only whole numbers are allowed: write 3.0 for a setting that may be 2.5.
"""

from typing import Any

from pydantic import Field, create_model

from mallorn.errors import ConfigError
from mallorn.settings.configuration import Configuration
from mallorn.settings.features import Features
from mallorn.settings.fields import Block, Whole

__all__ = ["extended", "model_of"]


def extended(plugins):
    """Return the type of the configuration with the feature families of `plugins`.

    Raises ConfigError if a family has the name of one that there is.
    """
    families = dict(sorted((plugins or {}).get("features", {}).items()))
    if not families:
        return Configuration
    if taken := [name for name in families if name in Features.model_fields]:
        raise ConfigError(f"plugins: there is a feature family {taken[0]!r} already; give yours another name")
    fields = {name: _field(model_of(name, {"enabled": True, **given})) for name, given in families.items()}
    features = create_model("FeaturesWithPlugins", __base__=Features, **fields)
    return create_model("ConfigurationWithPlugins", __base__=Configuration, features=_field(features))


def model_of(name, defaults):
    """Return the type of a block whose keys and types are those of the dict `defaults`."""
    fields = {}
    for key, default in defaults.items():
        if isinstance(default, dict):
            fields[key] = _field(model_of(f"{name}_{key}", default))
        else:
            fields[key] = (_type_of(default), Field(default))
    return create_model(name, __base__=Block, **fields)


def _field(kind):
    return kind, Field(default_factory=kind)


def _type_of(default):
    if isinstance(default, bool | str):
        return type(default)
    if isinstance(default, float):
        return float
    if isinstance(default, int):
        return Whole
    if isinstance(default, list | tuple) and default:
        kinds = {_type_of(item) for item in default}
        numbers = kinds <= {float, Whole}
        return list[float] if numbers and float in kinds else list[kinds.pop()] if len(kinds) == 1 else list[Any]
    return Any
