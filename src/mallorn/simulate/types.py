"""The types of objects that the simulation knows, by their names.

A new one needs a module with a `TYPES` that is listed here, and a line in `mallorn.settings.survey.TYPES`.
"""

from mallorn.simulate import agn, transients

__all__ = ["TYPES"]

TYPES = {**agn.TYPES, **transients.TYPES}
"""{name: `Event` or `Star`}."""
