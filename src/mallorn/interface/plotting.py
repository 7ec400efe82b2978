"""A figure of one light curve in one call."""

import numpy as np

from mallorn.errors import DataError
from mallorn.families.pipeline import make_artifacts
from mallorn.interface.configuration import configuration
from mallorn.plots.candidate import plot_light_curve
from mallorn.report.objects import ObjectView
from mallorn.survey.sound import refuse_unsound

__all__ = ["plot"]


def plot(curves, object_id=None, settings=None):
    """Return the `matplotlib` figure of one object: its points, and the light curve fitted to all passbands at once.

    curves: `LightCurves`. object_id: the object to draw; it may be left out if there is only one. settings: a
    configuration, or the part of it that differs from the defaults. Fluxes are drawn without Galactic dust. The
    figure's method `savefig` saves it. Raises DataError for an object that is not there, or whose light curve is not as
    `LightCurves` requires.
    """
    ids = np.asarray(curves.object_id, dtype=str)
    if object_id is None and len(ids) != 1:
        raise DataError(f"plot: expected the id of one of {len(ids)} objects, such as {str(ids[0])!r}, found none")
    rows = np.flatnonzero(ids == str(object_id)) if object_id is not None else np.array([0])
    if not len(rows):
        raise DataError(f"plot: there is no object {str(object_id)!r}; ids are compared letter by letter")
    one = curves.take(rows[:1])
    refuse_unsound(one)
    posterior = make_artifacts({"posterior"}, one, configuration(settings))["posterior"]
    fitted = posterior.status[0] == 0
    view = ObjectView(
        split="",
        spec_type=None,
        redshift_err=float(one.redshift_err[0]),
        ebv=float(one.ebv[0]),
        peak_mjd=float(posterior.peak_mjd[0]) if fitted else None,
        phase=posterior.phase,
        mean=posterior.mean[0].astype(float),
        sd=posterior.sd[0].astype(float),
        band_peak_flux=posterior.band_peak_flux[0],
        passbands=one.passbands,
        **one.dereddened()[0]._asdict(),
    )
    return plot_light_curve(view)
