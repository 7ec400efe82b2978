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

__all__ = ["TYPES"]

_MODULES = (agn, transients, radioactive, changing_look, dwarf_novae, flares, lensing, pulsators, eclipses)

TYPES = {name: kind for module in _MODULES for name, kind in module.TYPES.items()}
"""{name: `Event` or `Star`}."""
