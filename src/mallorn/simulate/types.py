"""The types of objects that the simulation knows, by their names.

A new one needs a module with a `TYPES` that is listed here, and a line in `mallorn.settings.survey.TYPES`.
"""

from mallorn.simulate import (
    agn,
    changing_look,
    dwarf_novae,
    eclipses,
    flares,
    lensing,
    pulsators,
    radioactive,
    transients,
)
from mallorn.simulate.diverse import disruptions, nuclei, supernovae

__all__ = ["DIVERSE", "TYPES", "kind_of"]

_MODULES = (agn, transients, radioactive, changing_look, dwarf_novae, flares, lensing, pulsators, eclipses)

TYPES = {name: kind for module in _MODULES for name, kind in module.TYPES.items()}
"""{name: `Event` or `Star`}."""

DIVERSE = TYPES | disruptions.TYPES | supernovae.TYPES | nuclei.TYPES
"""The same types of the population "diverse"."""


def kind_of(row):
    """Return the `Event` or `Star` of an object. row: {column: value} of truth.parquet, or of its draft."""
    return (DIVERSE if row.get("population") == "diverse" else TYPES)[row["spec_type"]]
