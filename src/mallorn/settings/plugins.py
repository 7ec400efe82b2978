"""Settings of feature families from outside this package, from the literal `SETTINGS` of their modules.

The defaults fix the types: a setting has the type of its default, and a list that of its items. If a default is a whole
number, only whole numbers are allowed: write 3.0 for a setting that may be 2.5.
"""

from typing import Any

from pydantic import Field, create_model

from mallorn import plugins
from mallorn.settings.configuration import Configuration
from mallorn.settings.features import Features
from mallorn.settings.fields import Block, Whole

__all__ = ["model_of", "with_families"]


def with_families():
    """Return the type of the configuration, including families that `mallorn.plugins` finds beside the shipped ones."""
    families = [name for name in plugins.names("features") if name not in Features.model_fields]
    if not families:
        return Configuration
    given = {name: plugins.constant("features", name, "SETTINGS", {}) for name in families}
    fields = {name: _field(model_of(name, {"enabled": True, **given[name]})) for name in families}
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
