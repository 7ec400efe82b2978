"""Simulated objects as light curves in memory, without files."""

import numpy as np

from mallorn.simulate.lightcurves import light_curve
from mallorn.simulate.objects import draw_objects
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.lightcurves import LightCurves

__all__ = ["simulated_lightcurves", "simulated_survey"]

_LABELS = ("object_id", "spec_type", "target")


def simulated_lightcurves(config, passbands, seed):
    """Return the `LightCurves` of all objects of a simulated survey; see `simulated_survey`."""
    return simulated_survey(config, passbands, seed)[0]


def simulated_survey(config, passbands, seed):
    """Return (`LightCurves`, labels) of all objects of a simulated survey, by object id; every point has a flux.

    labels: {"object_id", "spec_type", "target"} (n,), target 1 for a TDE. Training objects have spectroscopic
    redshifts, test objects photometric ones, stars none. config: the block `simulation` of the configuration.
    passbands: the `Passbands` of the survey.
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
    lightcurves = LightCurves(
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
    return lightcurves, {name: truth[name].astype(object if name != "target" else int) for name in _LABELS}
