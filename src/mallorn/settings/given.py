"""Check what a user gives before it is merged: an empty value is not null."""

from pathlib import Path

import yaml

from mallorn.errors import ConfigError
from mallorn.settings.messages import refusal

__all__ = ["check_given"]


def check_given(arguments, files=()):
    """Raise ConfigError that names every value that is given but empty.

    arguments: {key: value} of the command line. `key=` gives None, and so does `key=$NAME` for a variable that is not
    set. files: paths of YAML files of the configuration, in which `key:` with nothing after it is empty and `null` is
    not.
    """
    lines = [
        f"{key}: expected a value, found nothing after {key}=; is the variable set that it was to hold?"
        for key, given in arguments.items()
        if given is None
    ]
    for path in files:
        told = "expected a value, or null for none, found nothing after"
        lines += [f"{key}: {told} {key}: in {path}" for key in _empty(path)]
    if lines:
        raise ConfigError(refusal(lines))


def _empty(path):
    """Yield the top-level keys of a YAML file that have nothing after them; none if it is no such file."""
    if not Path(path).is_file():
        return  # paths of a workflow that is used from the web
    try:
        with open(path, encoding="utf-8") as file:
            node = yaml.compose(file, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
    for key, value in getattr(node, "value", ()) if isinstance(node, yaml.MappingNode) else ():
        if isinstance(value, yaml.ScalarNode) and value.value == "" and value.style is None:
            yield key.value
