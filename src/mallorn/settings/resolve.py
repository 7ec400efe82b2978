"""The configuration in force: a user's part over the defaults, checked as a whole."""

from functools import cache

from pydantic import ValidationError

from mallorn.errors import ConfigError
from mallorn.settings.configuration import Configuration
from mallorn.settings.merging import merge
from mallorn.settings.messages import refusal, tell
from mallorn.settings.plugins import extended
from mallorn.settings.renames import take_renamed
from mallorn.settings.rules import broken_rules

__all__ = ["defaults", "resolve"]


def resolve(config, plugins=None, surveys=None):
    """Return the whole configuration as plain dicts, lists, numbers and text, in a fixed order.

    config: what the user states, nested dicts; any part may be missing. plugins: what files of the user's own add, see
    `mallorn.settings.plugins`. surveys: {name: passbands} of the surveys that the package knows; None: not checked.

    Raises ConfigError that lists everything wrong: keys that are not known or were renamed, values that are not
    allowed; or, if there is none of these, settings that do not go together.
    """
    model = extended(plugins)
    given, lines = take_renamed(config)
    try:
        checked = model.model_validate(merge(_defaults_beside(given, model), given))
    except ValidationError as error:
        raise ConfigError(refusal([*lines, *tell(error, model)])) from None
    resolved = checked.model_dump()
    lines += broken_rules(resolved, plugins, surveys)
    if lines:
        raise ConfigError(refusal(lines))
    return resolved


def defaults():
    """Return the configuration of a user who states nothing."""
    return resolve({})


def _defaults_beside(given, model):
    """Return the defaults that hold beside what is given: those of `depth` are of one survey's passbands."""
    found = _shared_defaults() if model is Configuration else model().model_dump()
    if given.get("survey", found["survey"]) == found["survey"]:
        return found
    return {**found, "simulation": {**found["simulation"], "depth": {}}}


@cache
def _shared_defaults():
    return Configuration().model_dump()
