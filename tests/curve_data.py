"""Small data sets of two classes that light curves tell, with all views, for the tests of what reads light curves."""

import numpy as np

from mallorn.learning.dataset import Dataset, Features, Grid
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

PHASES = np.linspace(-100.0, 300.0, 41)


def objects(n=100, seed=0, missing=True):
    """Return (`Dataset`, classes): two classes that fall within 10 or 200 days, points in two passbands."""
    rng = np.random.default_rng(seed)
    classes, points = np.arange(n) % 2, 18
    fall = np.where(classes == 0, 200.0, 10.0)[:, None]
    phase = np.sort(rng.uniform(-40, 200, (n, points)), axis=1)
    flux = 20.0 * np.where(phase < 0, np.exp(phase / 20), np.exp(-phase / fall)) + 0.3 * rng.normal(size=(n, points))
    ids = np.array([f"object_{k:03d}" for k in range(n)], dtype=object)
    curves = LightCurves(
        *(ids, np.full(n, 0.1), np.full(n, np.nan), np.zeros(n), np.full(n, 460.0)),
        start=points * np.arange(n + 1),
        mjd=(60000 + 1.1 * phase).ravel(),
        band=rng.integers(1, 3, n * points).astype(np.int8),
        flux=flux.ravel(),
        flux_err=np.full(n * points, 0.3),
        passbands=LSST,
    )
    mean = 20.0 * np.where(PHASES < 0, np.exp(PHASES / 20), np.exp(-PHASES / fall))[:, None, :].repeat(6, axis=1)
    mean = (mean * rng.uniform(0.5, 2.0, (n, 1, 1))).astype(np.float32)
    status = (rng.random(n) < 0.05).astype(np.int8) if missing else np.zeros(n, np.int8)
    grid = Grid(status, np.full(n, 60000.0), np.where(status[:, None, None] > 0, np.nan, mean), np.ones_like(mean))
    values = rng.normal(size=(n, 3)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    features = Features(ids, ("a__x", "a__y", "b__z"), values)
    return Dataset(ids, features=features, grid=grid, points=curves), classes
