"""Light curves of events with known truth, for tests of the hypotheses."""

import numpy as np

from mallorn.hypotheses.models import HYPOTHESES
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS

SETTINGS = {
    "models": [h.name for h in HYPOTHESES],
    "error_floor": 0.0,
    "epochs": 3,
    "descents": 6,
    "trial_steps": 15,
    "max_steps": 150,
    "tolerance": 1e-3,
    "drw": {
        "tau": [5, 20, 60, 150, 400, 1200],
        "sigma": [0.05, 0.15, 0.4, 0.8, 1.5, 3.0],
        "beta": [-2.5, -1.5, -0.75, 0, 0.75],
    },
}


def hypothesis(name):
    return next(h for h in HYPOTHESES if h.name == name)


def drawn(h, rng, spread=1.0):
    """Parameters after t0 drawn from the prior of `h`, within its bounds."""
    values = [np.clip(p.mean + spread * p.sd * rng.standard_normal(), p.low, p.high) for p in h.parameters]
    return np.array(values)


def pack(points, redshift, ebv=0.0):
    """`LightCurves` of a list of (mjd, band, flux, error), one for each object."""
    n = len(points)
    order = [np.lexsort((p[1], p[0])) for p in points]
    start = np.concatenate([[0], np.cumsum([len(o) for o in order])]).astype(np.int64)
    mjd, band, flux, error = (
        np.concatenate([np.asarray(p[k])[o] for p, o in zip(points, order, strict=True)]) if n else np.empty(0)
        for k in range(4)
    )
    ones = np.ones(n)
    ids = np.array([f"event_{k:04d}" for k in range(n)], dtype=object)
    return LightCurves(
        ids, ones * redshift, ones * np.nan, ones * ebv, ones * 1300.0, start, mjd.astype(float),
        band.astype(np.int8), flux.astype(float), error.astype(float),
        passbands=LSST,
    )  # fmt: skip


def visits(rng, span=600.0, number=150):
    """Times and bands of visits."""
    return 60000.0 + np.sort(rng.uniform(0, span, number)), rng.integers(0, 6, number)


def observed(h, values, rng, t0=60250.0, amplitude=20.0, error=0.5, redshift=0.25, number=150, amplitudes=None):
    """Points of an event that obeys `h` with parameters `values`: (mjd, band, flux, error)."""
    mjd, band = visits(rng, number=number)
    d = (mjd - t0) / (1 + redshift)
    scale = amplitude if amplitudes is None else np.asarray(amplitudes)[band]
    flux = scale * h.shape(d, SLOT_WAVELENGTHS[band] / (1 + redshift), np.asarray(values)[:, None])
    errors = np.full(len(mjd), error)
    return mjd, band, flux + errors * rng.standard_normal(len(mjd)), errors
