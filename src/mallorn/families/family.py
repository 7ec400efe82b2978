"""The contract of a feature family: one module that says what it needs, what it makes, and how.

It is a module of this package or a plug-in (see `mallorn.plugins`), and has

- `NEEDS`: a literal tuple of the artifacts of a split that it reads besides the objects: any of "lightcurves",
  "fits/drw", "fits/matern" (tables per band), "fits/multiband", "posterior", "fits/hypotheses", "fits/semi_parametric".
  It is read from the source without importing the module, so it must stay a literal.
- `SETTINGS`, in a plug-in with settings of its own: a literal {setting: default}, which becomes its block of the
  configuration. Every block also has `enabled`.
- `features(config)`: the list of its `Feature`s in column order; `config` is its block of config.yaml. A feature made
  from certain passbands names their slots; it is then unknown for surveys that lack one of them.
- `extract(inputs, config)`: {column: array (n,) float64} for `columns(NAME, features(config))`, one value per object in
  the order of `inputs.lightcurves.object_id`; NaN where the data cannot tell.

A value depends on no label and on no other object, and not on whether the object is for training or for testing.
`family_features` calls a family and checks its columns. It also sets to NaN the features for which the survey lacks a
passband.
"""

from dataclasses import dataclass, field
from functools import wraps
from typing import NamedTuple

import numpy as np

from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import SLOTS

__all__ = ["Feature", "Inputs", "by_reason", "columns", "family_features", "once_a_block", "unavailable", "units"]


class Feature(NamedTuple):
    """One feature: `name` without the family, `unit` ("" if a pure number), a one-line `meaning`, its `source`.

    A `per_band` feature stands for one column for each slot of passbands. `slots`: names of the slots that the feature
    needs; a column of a `per_band` feature also needs its own slot. `fewest`: the least number of slots, whichever they
    are, that it needs.
    """

    name: str
    unit: str
    meaning: str
    source: str
    per_band: bool = False
    slots: tuple = ()
    fewest: int = 0


@dataclass(frozen=True)
class Inputs:
    """What a family reads for one split, all in the same order of objects.

    lightcurves: the raw `LightCurves`. Call `.dereddened()` for fluxes above the dust, and then `.in_slots()` for work
        passband by passband. For a family that does not need "lightcurves", it has the objects without points. tables:
        {artifact: {column: array}} for the other artifacts in `NEEDS`; for fits of single passbands {artifact: {slot:
        {column: array}}}.
    """

    lightcurves: LightCurves
    tables: dict = field(default_factory=dict)


def columns(family, features):
    """Return the column names `family__feature[__band]` of a list of `Feature`, in order."""
    return list(units(family, features))


def units(family, features):
    """Return {column name: unit} of a list of `Feature`, in order."""
    return {column: feature.unit for column, feature, _ in _columns(family, features)}


def unavailable(family, features, passbands):
    """Return {column name: why} of the columns of a list of `Feature` that a survey with `passbands` cannot have."""
    found, there = {}, passbands.slots
    for column, feature, needed in _columns(family, features):
        lacking = [slot for slot in SLOTS if slot in needed and slot not in there]
        if lacking:
            found[column] = f"the survey has no passband in slot{'s' * (len(lacking) > 1)} {', '.join(lacking)}"
        elif len(there) < feature.fewest:
            found[column] = f"it takes passbands in {feature.fewest} slots, the survey has {len(there)}"
    return found


def by_reason(unknown):
    """Return {why: [column, ...]} from {column: why}, the most frequent reason first."""
    reasons = sorted(set(unknown.values()), key=lambda why: (-list(unknown.values()).count(why), why))
    return {why: [column for column, own in unknown.items() if own == why] for why in reasons}


def family_features(family, module, inputs, config):
    """Return {column: (n,) float64} that a family's module extracts, in the order of its `features`.

    family: its name. module: as described above; it is called only if there are objects. Columns that the survey cannot
    have (see `unavailable`) are NaN. Raises RuntimeError if the module's `features` and `extract` disagree.
    """
    expected, unknown = _expected(family, module, config, inputs.lightcurves.passbands)
    if not len(inputs.lightcurves):
        return {name: np.empty(0) for name in expected}
    found = module.extract(inputs, config)
    if list(found) != expected:
        difference = sorted(set(found) ^ set(expected)) or "their order"
        raise RuntimeError(f"{module.__name__}: features() and extract() disagree about {difference}")
    return {name: np.full(len(values), np.nan) if name in unknown else values for name, values in found.items()}


def once_a_block(function):
    """Make a function of a block of the configuration compute its result once for equal blocks.

    Callers share the result and must not change it.
    """
    made = {}

    @wraps(function)
    def once(config):
        key = repr(config)
        if key not in made:
            made[key] = function(config)
        return made[key]

    return once


_EXPECTED = {}


def _expected(family, module, config, passbands):
    """Return the columns of a family, and those that are `unavailable`; the last answers are remembered."""
    key = family, module, repr(config), passbands.slots
    if key not in _EXPECTED:
        listed = module.features(config)
        _EXPECTED[key] = columns(family, listed), unavailable(family, listed, passbands)
    return _EXPECTED[key]


def _columns(family, features):
    """Yield (column name, `Feature`, names of the slots it needs) of a list of `Feature`, in order."""
    for feature in features:
        stem = f"{family}__{feature.name}"
        if feature.per_band:
            for slot in SLOTS:
                yield f"{stem}__{slot}", feature, {slot, *feature.slots}
        else:
            yield stem, feature, {*feature.slots}
