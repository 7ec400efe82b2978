"""Simulated objects as light curves in memory, without files."""

import numpy as np

from mallorn.simulate.lightcurves import light_curve
from mallorn.simulate.objects import draw_objects
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.lightcurves import LightCurves

__all__ = ["simulated_lightcurves"]


def simulated_lightcurves(config, passbands, seed):
    """Return the `LightCurves` of all objects of a simulated survey, by object id, points without a flux left out.

    Training objects have spectroscopic redshifts, test objects photometric ones, stars none. config: the block
    `simulation` of the configuration. passbands: the `Passbands` of the survey.
    """
    truth, _, _ = draw_objects(config, passbands, seed)
    order = np.argsort(truth["object_id"].astype(str), kind="stable")
    truth = {name: values[order] for name, values in truth.items()}
    points = []
    for k in range(len(order)):
        row = {name: values[k] for name, values in truth.items()}
        mjd, band, flux, error = light_curve(config, passbands, seed, row)
        known = np.flatnonzero(np.isfinite(flux))
        known = known[np.lexsort((band[known], mjd[known]))]
        points.append((mjd[known], band[known].astype(np.int8), flux[known], error[known]))
    mjd, band, flux, error = map(np.concatenate, zip(*points, strict=True))
    return LightCurves(
        object_id=truth["object_id"].astype(object),
        redshift=truth["log_redshift"],
        redshift_err=truth["log_redshift_err"],
        ebv=truth["ebv"],
        luminosity_distance=luminosity_distance(truth["log_redshift"]),
        start=np.concatenate([[0], np.cumsum([len(one[0]) for one in points])]),
        mjd=mjd,
        band=band,
        flux=flux,
        flux_err=error,
        passbands=passbands,
    )
