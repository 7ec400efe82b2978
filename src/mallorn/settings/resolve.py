"""The whole configuration: a user's part merged into the defaults, and checked."""

from functools import cache

from pydantic import ValidationError

from mallorn.errors import ConfigError
from mallorn.settings.configuration import Configuration
from mallorn.settings.merging import merge
from mallorn.settings.messages import refusal, tell
from mallorn.settings.plugins import with_families
from mallorn.settings.renames import take_renamed
from mallorn.settings.rules import broken_rules

__all__ = ["defaults", "resolve"]


def resolve(config, surveys=None):
    """Return the whole configuration as plain dicts, lists, numbers and text, in a fixed order.

    config: the user's part, nested dicts; any part may be missing. Plug-in files that it names count after
    `mallorn.plugins.use` was called with them. surveys: {name: passbands} of the surveys that the package knows; None
    for no check.

    Raises ConfigError that lists all faults: unknown or renamed keys, values that are not allowed, and settings that
    contradict each other.
    """
    model = with_families()
    given, lines = take_renamed(config)
    try:
        resolved = _validated(model, given)
    except ValidationError as error:
        raise ConfigError(refusal([*lines, *_all_wrong(error, model, given, surveys)])) from None
    lines += broken_rules(resolved, surveys)
    if lines:
        raise ConfigError(refusal(lines))
    return resolved


def defaults():
    """Return the configuration of a user who sets nothing."""
    return resolve({})


def _validated(model, given):
    """Return the whole configuration for what is given; values that follow from others replace null."""
    whole = model.model_validate(merge(_defaults_of(model), given)).model_dump()
    age = whole["features"]["age"]
    if age["enabled"] is None:
        age["enabled"] = whole["augmentations"]["early"]["enabled"]
    return whole


def _all_wrong(error, model, given, surveys):
    """Return the lines for values that are not allowed, and for the rules that the other values break."""
    lines, places = tell(error, model)
    left_out = {_reached(given, place) for place in places}
    for place in left_out:
        given = _without(given, place)
    try:
        rest = _validated(model, given)
    except ValidationError:
        return lines
    named = [word for *_, key in filter(None, left_out) for word in (repr(key), f".{key}")]
    return lines + [line for line in broken_rules(rest, surveys) if not any(word in line for word in named)]


def _reached(given, place):
    """Return the keys of `place` that exist in `given`: they lead to the value, or to the block that lacks it."""
    reached = []
    for key in place:
        if not isinstance(given, dict) or key not in given:
            break
        reached.append(key)
        given = given[key]
    return tuple(reached)


def _without(given, place):
    """Return `given` without the value that the keys `place` lead to."""
    key, *inner = place or (None,)
    if key not in given:
        return given
    rest = {name: value for name, value in given.items() if name != key}
    return {**given, key: _without(given[key], inner)} if inner else rest


def _defaults_of(model):
    return _shared_defaults() if model is Configuration else model().model_dump()


@cache
def _shared_defaults():
    return Configuration().model_dump()
