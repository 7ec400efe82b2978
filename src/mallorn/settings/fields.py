"""Shared parts of the models of all blocks: their base, types of numbers and lists, and the fields themselves.

A field has a type, a default, a meaning in plain English and a unit. Schema, reference page and error messages are made
from these. Types are strict, as in YAML: text is no number and 1 is no switch. A whole number may stand for a decimal
one and vice versa. It is converted to the field's own type: `3` and `3.0` are the same setting.
"""

from functools import partial
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mallorn.runs.fingerprints import constant

__all__ = [
    "Block",
    "Count",
    "Decimal",
    "FilePath",
    "Fraction",
    "Grid",
    "Inside",
    "Name",
    "NotNegative",
    "Pair",
    "Positive",
    "Probability",
    "Range",
    "Share",
    "Slot",
    "Whole",
    "Window",
    "block",
    "listed",
    "needed",
    "value",
    "whole",
]


class Block(BaseModel):
    """A block of the configuration: keys that it does not know are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def value(default, meaning, unit="", **limits):
    """Return a field of one value: a number, text, switch or list. limits: as of `pydantic.Field`."""
    return Field(default, description=meaning, **_with_unit(unit), **limits)


def needed(meaning, unit=""):
    """Return a field without a default of its own; the block around it gives one."""
    return Field(description=meaning, **_with_unit(unit))


def _with_unit(unit):
    return {"json_schema_extra": {"unit": unit}} if unit else {}


def block(kind, meaning, **values):
    """Return a field that holds a block of the type `kind`, with `values` for the keys that have no default."""
    return Field(default_factory=partial(kind, **values), description=meaning)


def _whole(number):
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _distinct(items):
    texts = [f"{item:g}" if isinstance(item, float) else str(item) for item in items]
    if again := [text for k, text in enumerate(texts) if text in texts[:k]]:
        raise ValueError(f"{again[0]} stands there twice")
    return items


def _rising(numbers):
    for low, high in pairwise(numbers):
        if not low < high:
            raise ValueError(f"{low:g} is not below {high:g}, which comes after it")
    return numbers


Decimal = float
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1, both included."""
Fraction = Annotated[float, Field(gt=0, le=1)]
"""Above 0, at most 1."""
Inside = Annotated[float, Field(gt=0, lt=1)]
"""Between 0 and 1, both excluded."""
Probability = Annotated[float, Field(ge=0.5, le=1)]
"""An area under the ROC curve, from 0.5 (guessing) on."""


def whole(**limits):
    """Return the type of a whole number; limits: as of `pydantic.Field`."""
    return Annotated[int, Field(**limits), BeforeValidator(_whole)]


Whole = whole()
Count = whole(ge=1)

Name = Annotated[str, Field(pattern="^[A-Za-z0-9_]+$")]
"""Name of a model or an ensemble, which also names files."""


def _not_blank(text):
    if not text.strip():
        raise ValueError("expected a path, or null for none")
    return text


FilePath = Annotated[str, AfterValidator(_not_blank), Field(json_schema_extra={"pattern": r"\S"})]
"""A path that is not blank; an empty one comes from a variable that is not set."""

Slot = Literal[constant("mallorn.survey.passbands", "SLOTS")]
"""The slots of features by passband, read without importing numpy."""


def listed(item, least=1, most=None, distinct=True, rising=False):
    """Return the type of a list of `least` to `most` items. distinct: no item twice; rising: in ascending order."""
    checks = [AfterValidator(_rising)] if rising else [AfterValidator(_distinct)] if distinct else []
    extra = {"uniqueItems": True} if distinct else None
    return Annotated[list[item], Field(min_length=least, max_length=most, json_schema_extra=extra), *checks]


Window = listed(Decimal, 2, 2, rising=True)
"""First and last value."""

Pair = listed(Slot, 2, 2)
"""Two different passbands."""


class Range(Block):
    """The values between two numbers."""

    min: Decimal = needed("Smallest value.")
    max: Decimal = needed("Largest value.")


class Grid(Block):
    """Values that are spaced equally in their logarithm."""

    start: Positive = needed("Lowest value.")
    stop: Positive = needed("Highest value.")
    size: whole(ge=3) = needed("Number of values.")
