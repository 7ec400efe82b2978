"""The light curves of a simulated survey: what a wide survey's visits see of the objects drawn in its logs.

At a visit the survey sees the epoch of the source event's grid nearest to it, as in the MALLORN data, so that visits
within one step of the grid share their time stamp.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from mallorn.bands import BANDS, WAVELENGTHS
from mallorn.dust import transmission
from mallorn.simulate import cadence
from mallorn.simulate.physics import dimming
from mallorn.simulate.source import N_EPOCHS, epoch_step, source_flux
from mallorn.simulate.streams import stream

__all__ = ["light_curve", "write_split"]

_FIELDS = 30  # fields tried until one detects the object


def write_split(config, seed, split, truth, folder):
    """Write the light curves of `split` to `folder`/`split`/{train,test}_full_lightcurves.csv.

    config: the block `simulation` of config.yaml. truth: {column: array} of truth.parquet; rows of other splits are
    passed over. Returns the number of points.
    """
    folder = Path(folder) / split
    folder.mkdir(parents=True, exist_ok=True)
    n_points = 0
    for part in ("train", "test"):
        members = np.flatnonzero((truth["split"] == split) & (truth["set"] == part))
        rows = [{name: values[k] for name, values in truth.items()} for k in members]
        n_points += _write_lightcurves(folder / f"{part}_full_lightcurves.csv", config, seed, rows)
    return n_points


def light_curve(config, seed, row):
    """Return one object's light curve as (mjd, band, flux, flux_err), each (N,), sorted by time; flux NaN if missing.

    Times are rounded to 1e-4 d, fluxes and errors to 1e-8 microjansky. Fields are drawn until one sees the object at
    five sigma as often as `min_detections`; if none of thirty does, the one that does so most often is taken.
    """
    rng = stream(seed, "visits", row["source"], row["sibling"])
    z = row["redshift"]
    flux = source_flux(seed, row, WAVELENGTHS / (1.0 + z)) * dimming(z, row["luminosity_distance"])
    flux = flux * transmission(row["ebv"])
    best, most = None, -1
    for _ in range(_FIELDS):
        epoch, band, depth = _on_grid(row, *cadence.visits(rng, config))
        error = cadence.flux_error(depth)
        observed = flux[epoch, band] + error * rng.standard_normal(len(epoch))
        detections = np.count_nonzero(observed > 5.0 * error)
        if detections > most:
            best, most = (epoch, band, observed, error), detections
        if most >= config["min_detections"]:
            break
    epoch, band, observed, error = best
    observed[rng.random(len(observed)) < config["missing_fraction"]] = np.nan
    mjd = row["start_mjd"] + epoch * epoch_step(row)
    return mjd.round(4), band, observed.round(8), error.round(8)


def _on_grid(row, mjd, band, depth):
    """Move visits to the nearest epoch of the source's grid; one per epoch and band stays, none beyond the grid."""
    epoch = np.rint((mjd - row["start_mjd"]) / epoch_step(row)).astype(np.int64)
    on_grid = (epoch >= 0) & (epoch < N_EPOCHS)
    code, first = np.unique(epoch[on_grid] * len(BANDS) + band[on_grid], return_index=True)
    return code // len(BANDS), code % len(BANDS), depth[on_grid][first]


def _write_lightcurves(path, config, seed, rows):
    """Write the light curves of the objects `rows`, the points of each in an order of its own; return their number."""
    points = [light_curve(config, seed, row) for row in rows]
    owner = np.repeat(np.arange(len(rows)), [len(mjd) for mjd, *_ in points])
    shuffled = [
        np.array(columns)[:, stream(seed, "order", row["source"], row["sibling"]).permutation(len(columns[0]))]
        for row, columns in zip(rows, points, strict=True)
    ]
    mjd, band, flux, error = np.concatenate([np.empty((4, 0)), *shuffled], axis=1)
    names = pa.array([row["object_id"] for row in rows], pa.string())
    table = pa.table(
        {
            "object_id": names.take(pa.array(owner)),
            "Time (MJD)": mjd,
            "Flux": pa.array(flux, from_pandas=True),
            "Flux_err": error,
            "Filter": pa.array(BANDS).take(pa.array(band.astype(np.int8))),
        }
    )
    with open(path, "wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))
    return table.num_rows
