"""Say what is wrong with a configuration: where, what was expected, what was found, and the nearest name."""

from difflib import get_close_matches
from reprlib import Repr
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel

from mallorn.settings.decisions import METHODS

_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring, _SHORT.maxother = 3, 20, 20, 200, 200
"""Writes a value in short form without writing all of it first: YAML aliases pack huge values into small files."""

__all__ = ["nearest", "refusal", "shown", "tell"]

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a block of settings",
    "model_type": "a block of settings",
    "model_attributes_type": "a block of settings",
    "dataclass_type": "a block of settings",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "string_pattern_mismatch": "a name that matches {pattern}",
    "string_too_short": "at least {min_length} characters",
    "too_short": "at least {min_length} values",
    "too_long": "at most {max_length} values",
    "invalid_key": "text as a key",
    "literal_error": "one of {expected}",
}
"""Words for what is expected, by the type of pydantic's error."""


def refusal(lines):
    """Return the text of the ConfigError for `lines`, one for each fault."""
    listed = "\n".join(f"  - {line}" for line in lines)
    return (
        f"the configuration cannot be used:\n{listed}\n"
        "Next step: correct these keys in config.yaml, in your --configfile or after --config; "
        "docs/reference/configuration.md describes all of them."
    )


def tell(error, model):
    """Return (lines, places) of a pydantic ValidationError of `model`: the faults, and the keys that lead to them."""
    choices, lines, places = {}, [], []
    for one in error.errors(include_url=False):
        place, annotation, parent, method = _look(model, one["loc"])
        places.append(place)
        if one["type"] == "extra_forbidden":
            lines.append(_unknown(place, parent, method))
        elif annotation is not None and method is None and _is_choice(annotation):
            choices[place] = annotation, one["input"]  # pydantic reports every type that the value might have had
        else:
            lines.append(_line(place, one))
    lines += [
        f"{_path(place)}: expected {_kinds(kinds)}, found {shown(found)}" for place, (kinds, found) in choices.items()
    ]
    return list(dict.fromkeys(lines)), places


def nearest(name, known):
    """Return `name` in quotes with the nearest of the names `known`, or with all of them."""
    close = get_close_matches(str(name), list(map(str, known)), n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(map(str, known)) or 'none'}"
    return f"{name!r} ({hint})"


def shown(found):
    """Return a value as in YAML, in short form."""
    words = {True: "true", False: "false", None: "null"}
    text = words[found] if found is None or isinstance(found, bool) else _SHORT.repr(found)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _path(place):
    return ".".join(part if part.isprintable() else repr(part) for part in place) or "top level"


def _line(place, error):
    kind, found, where = error["type"], shown(error["input"]), _path(place)
    if kind == "missing":
        return f"{_path(place[:-1])}: missing key {place[-1]!r}"
    if kind == "value_error":
        return f"{where}: {error['ctx']['error']}, found {found}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        block = error["input"] if isinstance(error["input"], dict) else {}
        if "method" not in block:
            return f"{where}: missing key 'method'; expected one of {', '.join(METHODS)}"
        return f"{where}.method: expected one of {', '.join(METHODS)}, found {shown(block['method'])}"
    expected = _EXPECTED.get(kind)
    expected = expected.format(**error.get("ctx", {})) if expected else error["msg"]
    hint = ""
    if kind in ("float_type", "int_type") and isinstance(error["input"], str) and _is_number(error["input"]):
        hint = "; YAML takes this for text: write it without quotes, and 1e-3 as 1.0e-3"
    return f"{where}: expected {expected}, found {found}{hint}"


def _unknown(place, parent, method):
    *block, key = place
    owners = [other for other, kind in METHODS.items() if key in kind.model_fields] if method else []
    if owners:
        return f"{_path(block)}: {key!r} is a setting of the method {owners[0]}, and this one's is {method}; drop one"
    return f"{_path(block)}: unknown key {nearest(key, parent.model_fields)}"


def _look(model, loc):
    """Return (keys, annotation, model around it, method) of a place in pydantic's terms.

    They also name the member of a union, which for an ensemble is its method.
    """
    path, annotation, parent, method = [], model, None, None
    if loc and loc[-1] == "[key]":
        loc = loc[:-2]  # the key itself is wrong: the message is about the block around it
    for part in loc:
        annotation = _bare(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            parent, field = annotation, annotation.model_fields.get(part)
            path.append(str(part))
            annotation = field.annotation if field else None
        elif get_origin(annotation) is list:
            path.append(str(part))
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) is dict:
            path.append(str(part))
            annotation = get_args(annotation)[1]
        elif _is_tagged(annotation):
            method = str(part)
            annotation = METHODS.get(method)
    return tuple(path), _bare(annotation), parent, method


def _bare(annotation):
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    options = [option for option in get_args(annotation) if option is not NoneType]
    is_optional = NoneType in get_args(annotation) and len(options) == 1
    return _bare(options[0]) if is_optional else annotation


def _is_tagged(annotation):
    return all(isinstance(one, type) and issubclass(one, BaseModel) for one in get_args(annotation) or (str,))


def _is_choice(annotation):
    """Return whether a value may have several types but has none of them."""
    return (
        len(get_args(annotation)) > 1
        and get_origin(annotation) not in (list, dict, Literal)
        and not _is_tagged(annotation)
    )


def _kinds(annotation):
    words = {float: "a number", int: "a whole number", str: "text", bool: "true or false", NoneType: "null"}
    listed = [words.get(one) or " or ".join(map(str, get_args(one))) for one in get_args(annotation)]
    return " or ".join(dict.fromkeys(word for word in listed if word != "a whole number" or "a number" not in listed))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
