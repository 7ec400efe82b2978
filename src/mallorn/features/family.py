"""What a feature family is: one module that says what it needs, what it makes, and how.

It is a module of this room or a plug-in (see `mallorn.plugins`), and has

- `NEEDS`: a literal tuple of the per-split artifacts it reads besides the objects: any of "lightcurves",
  "fits/drw", "fits/matern" (tables per band), "fits/multiband", "posterior", "fits/hypotheses".
  It is read from the source without importing the module, so it must stay a literal.
- `SETTINGS`, of a plug-in with settings of its own: a literal {setting: default}, from which its block of the
  configuration is made. Every block has `enabled` too.
- `features(config)`: the list of `Feature` it makes, in column order, with `config` its block of config.yaml.
- `extract(inputs, config)`: {column: array (n,) float64} with the columns of `columns(NAME, features(config))`, one
  value per object in the order of `inputs.lightcurves.object_id`; NaN where the data cannot tell.

Values depend on no label, on no other object, and not on whether an object is for training or test.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import BANDS

__all__ = ["Feature", "Inputs", "columns", "extract_family", "units"]


class Feature(NamedTuple):
    """One feature: `name` without the family, `unit` ("" if a pure number), a one-line `meaning`, its `source`.

    A `per_band` feature stands for six columns, one for each passband.
    """

    name: str
    unit: str
    meaning: str
    source: str
    per_band: bool = False


@dataclass(frozen=True)
class Inputs:
    """What a family reads of one split, all in the same order of objects.

    lightcurves: the raw `LightCurves` (call `.dereddened()` for fluxes above the dust). A family that does not need
        "lightcurves" finds the objects here without points.
    tables: {artifact: {column: array}} for the other artifacts in `NEEDS`; for a per-band fit
        {artifact: {band: {column: array}}}.
    """

    lightcurves: LightCurves
    tables: dict = field(default_factory=dict)


def columns(family, features):
    """Return the column names `family__feature[__band]` of a list of `Feature`, in order."""
    return list(units(family, features))


def units(family, features):
    """Return {column name: unit} of a list of `Feature`, in order."""
    result = {}
    for feature in features:
        stem = f"{family}__{feature.name}"
        names = [f"{stem}__{band}" for band in BANDS] if feature.per_band else [stem]
        result.update(dict.fromkeys(names, feature.unit))
    return result


def extract_family(name, module, inputs, config):
    """Return {column: (n,) array} of what the family `name`, a `module`, makes of `Inputs`.

    config: its block of the configuration. Raises RuntimeError if the columns are not those that `features` lists.
    """
    expected = columns(name, module.features(config))
    found = module.extract(inputs, config)
    if list(found) != expected:
        difference = sorted(set(found) ^ set(expected)) or "their order"
        raise RuntimeError(f"{module.__name__}: features() and extract() disagree about {difference}")
    return found
