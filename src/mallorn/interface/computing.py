"""Features of light curves, in one call."""

import numpy as np

from mallorn.families.pipeline import extract_features
from mallorn.interface.configuration import configuration
from mallorn.survey.sound import refuse_unsound

__all__ = ["features"]


def features(curves, settings=None, families=None):
    """Return a `pandas.DataFrame` of all features of `LightCurves`: one row for each object, indexed by its id.

    curves: as from `mallorn.read`, with fluxes in microjansky, not corrected for Galactic dust. settings: a
    configuration, or the part of it that differs from the defaults. families: names of the feature families to make, by
    default all that are enabled. Columns are named family__feature[__slot]; docs/reference/features.md has their
    meanings and units. NaN means that the data cannot tell. Raises DataError, naming object and point, for light curves
    that are not as `LightCurves` requires.

    The first call on a machine compiles the fits of physical hypotheses, which takes about 20 s. Later calls find them
    compiled.
    """
    import pandas

    settings = configuration(settings)
    refuse_unsound(curves)
    found = extract_features(curves, settings, families)
    return pandas.DataFrame(found, index=pandas.Index(np.asarray(curves.object_id, dtype=object), name="object_id"))
