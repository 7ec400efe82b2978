"""Make the data set that models read from light curves in memory."""

import numpy as np

from mallorn.families.pipeline import make_artifacts
from mallorn.learning.dataset import Dataset, Features, Grid
from mallorn.learning.tables import clipped

__all__ = ["dataset_of"]


def dataset_of(curves, columns, settings, made, kernels=None):
    """Return the `Dataset` of `LightCurves`.

    columns: names of the features; those of the logs are taken from the light curves. settings: the blocks of the
    configuration that make features. made: {column: (n,)} of the features, {} for a model that reads none. kernels: see
    `mallorn.families.pipeline.make_artifacts`.
    """
    values, _ = clipped({**made, "Z": curves.redshift, "EBV": curves.ebv}, columns)

    def grid():
        posterior = make_artifacts({"posterior"}, curves, settings, kernels)["posterior"]
        return Grid(*(getattr(posterior, name) for name in Grid._fields))

    features = Features(np.asarray(curves.object_id, dtype=object), tuple(columns), values)
    return Dataset(curves.object_id, features=features, grid=grid, points=curves)
