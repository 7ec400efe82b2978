"""The light curves of a simulated survey: what its visits see of the objects in its logs.

As in the MALLORN data, a visit sees the nearest epoch of the source event's grid. Visits within one step of the grid
share their time stamp. Stars are seen at the visits' own times.
"""

from functools import partial
from pathlib import Path

import numpy as np

from mallorn.io.files import atomic_write
from mallorn.simulate import cadence
from mallorn.simulate.physics import dimming
from mallorn.simulate.source import N_EPOCHS, epoch_step, is_star, source_flux, star_flux
from mallorn.simulate.streams import stream
from mallorn.survey.dust import transmission

__all__ = ["light_curve", "reference_flux", "write_split"]

_FIELDS = 30  # most fields that are tried until one detects the object


def write_split(config, passbands, seed, split, truth, folder):
    """Write the light curves of `split` to `folder`/`split`/{train,test}_full_lightcurves.csv.

    config: the block `simulation` of config.yaml. passbands: the `Passbands` of the survey. truth: {column: array} of
    truth.parquet; rows of other splits are skipped. Returns the number of points.
    """
    folder = Path(folder) / split
    n_points = 0
    for part in ("train", "test"):
        path = folder / f"{part}_full_lightcurves.csv"
        with atomic_write(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
            file.write("object_id,Time (MJD),Flux,Flux_err,Filter\n")
            for k in np.flatnonzero((truth["split"] == split) & (truth["set"] == part)):
                lines = _lines(config, passbands, seed, {name: values[k] for name, values in truth.items()})
                file.writelines(lines)
                n_points += len(lines)
    return n_points


def light_curve(config, passbands, seed, row):
    """Return one object's light curve as (mjd, band, flux, flux_err), each (N,), sorted by time; flux NaN if missing.

    Times are rounded to 1e-4 d, fluxes and errors to 1e-8 microjansky. Fields are drawn until one sees the object at
    five sigma at least `min_detections` times. If none of thirty does, the one that sees it most often is taken. A star
    also counts as seen if it is fainter than the reference image.
    """
    rng = stream(seed, "visits", row["source"], row["sibling"])
    star = is_star(row["spec_type"])
    look = partial(_star, passbands, seed, row) if star else _event(passbands, seed, row)
    best, most = None, -1
    for _ in range(_FIELDS):
        mjd, band, flux, error = look(*cadence.visits(rng, config, passbands))
        observed = flux + error * rng.standard_normal(len(mjd))
        detections = np.count_nonzero((np.abs(observed) if star else observed) > 5.0 * error)
        if detections > most:
            best, most = (mjd, band, observed, error), detections
        if most >= config["min_detections"]:
            break
    mjd, band, observed, error = best
    observed[rng.random(len(observed)) < config["missing_fraction"]] = np.nan
    return mjd.round(4), band, observed.round(8), error.round(8)


def reference_flux(passbands, seed, row):
    """Return the flux of the reference image (B,), microjansky: a star's behind its dust, 0 for an event."""
    if not is_star(row["spec_type"]):
        return np.zeros(len(passbands))
    _, reference = star_flux(seed, row, np.zeros(1), passbands.wavelength)
    return reference * _dimmed(passbands, row)


def _event(passbands, seed, row):
    """Return a function of visits that returns an event's times, bands, fluxes and errors, (N,) each."""
    z = row["redshift"]
    flux = source_flux(seed, row, passbands.wavelength / (1.0 + z)) * dimming(z, row["luminosity_distance"])
    flux = flux * transmission(row["ebv"], passbands.extinction)

    def look(mjd, band, depth):
        epoch, band, depth = _on_grid(row, len(passbands), mjd, band, depth)
        mjd = row["start_mjd"] + epoch * epoch_step(row)
        return mjd, band, flux[epoch, band], cadence.flux_error(depth)

    return look


def _star(passbands, seed, row, mjd, band, depth):
    """Return a star's times, bands, fluxes and errors, (N,) each, at visits: those of one night half an hour apart."""
    night = np.flatnonzero(np.diff(mjd, prepend=np.nan) != 0.0)
    place = np.arange(len(mjd)) - np.repeat(night, np.diff(night, append=len(mjd)))
    mjd = (mjd + place / 48.0).round(4)
    _, first = np.unique(np.rint(mjd * 1e4).astype(np.int64) * len(passbands) + band, return_index=True)
    mjd, band, depth = mjd[first], band[first], depth[first]
    direct, reference = star_flux(seed, row, mjd - row["start_mjd"], passbands.wavelength)
    dim = _dimmed(passbands, row)
    at = np.arange(len(mjd)), band
    direct = (direct * dim)[at]
    return mjd, band, direct - (reference * dim)[band], cadence.star_error(direct, cadence.flux_error(depth))


def _dimmed(passbands, row):
    """Return the part of a star's light at 10 pc that arrives in each passband (B,)."""
    return dimming(0.0, row["luminosity_distance"]) * transmission(row["ebv"], passbands.extinction)


def _on_grid(row, n_bands, mjd, band, depth):
    """Move visits to the nearest epoch of the source's grid; keep one per epoch and band, and none outside the grid."""
    epoch = np.rint((mjd - row["start_mjd"]) / epoch_step(row)).astype(np.int64)
    on_grid = (epoch >= 0) & (epoch < N_EPOCHS)
    code, first = np.unique(epoch[on_grid] * n_bands + band[on_grid], return_index=True)
    return code // n_bands, code % n_bands, depth[on_grid][first]


def _lines(config, passbands, seed, row):
    """Return one object's lines of its split's file, in random order; a missing flux is left empty."""
    points = light_curve(config, passbands, seed, row)
    order = stream(seed, "order", row["source"], row["sibling"]).permutation(len(points[0]))
    return [
        f"{row['object_id']},{mjd},{'' if flux != flux else flux},{error},{passbands.names[band]}\n"
        for mjd, band, flux, error in zip(*(column[order].tolist() for column in points), strict=True)
    ]
