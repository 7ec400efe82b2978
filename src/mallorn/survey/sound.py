"""Check that light curves are what `LightCurves` promises, if they were not read from files."""

import numpy as np

from mallorn.errors import DataError
from mallorn.survey.cosmology import luminosity_distance

__all__ = ["refuse_unsound"]

_LARGEST = 1e15  # largest flux or error, microjansky: the square of more would overflow in the fits
_CLOSE = 0.01  # tolerance of a distance, as a share


def refuse_unsound(curves):
    """Raise DataError, naming the first object and point, if `LightCurves` are not as their class requires.

    Readers give none such. Faulty light curves that a program made or changed would be scored without an error, and
    wrongly: points in any order, repeated points, objects with the same id, a redshift that was changed without its
    distance.
    """
    _refuse_arrays(curves)
    _refuse_points(curves)
    _refuse_objects(curves)


def _refuse_points(lc):
    """Raise DataError for the first faulty point."""
    same = np.diff(lc.owner) == 0
    with np.errstate(invalid="ignore"):
        step, band = np.diff(lc.mjd), np.diff(lc.band.astype(int))
    unsorted = same & ((step < 0) | ((step == 0) & (band < 0)))
    twice = same & (step == 0) & (band == 0)
    size = np.maximum(np.abs(lc.flux), np.abs(lc.flux_err))
    mend = "drop or mend such points"
    sort = "drop copies, then call `in_order()`, which sorts, and averages points of one time and passband"
    for what, rows, fix in (
        ("a time that is not a finite number", ~np.isfinite(lc.mjd), mend),
        ("a flux that is not a finite number", ~np.isfinite(lc.flux), mend),
        ("a flux error that is not positive and finite", ~(np.isfinite(lc.flux_err) & (lc.flux_err > 0)), mend),
        (f"a flux or an error beyond {_LARGEST:g} uJy", size > _LARGEST, mend),
        ("a passband that the survey has not", (lc.band < 0) | (lc.band >= len(lc.passbands.names)), "mend `band`"),
        ("a point before the one before it", _after_first(unsorted, lc), sort),
        ("two points of one time and passband", _after_first(twice, lc), sort),
    ):
        if rows.any():
            k = int(np.argmax(rows))
            owner = lc.owner[k]
            told = f"point {k - lc.start[owner]}: time {lc.mjd[k]}, flux {lc.flux[k]}, error {lc.flux_err[k]}"
            _refuse(lc.object_id[owner], f"{what} ({told})", fix)


def _refuse_objects(lc):
    """Raise DataError for the first object with an impossible value."""
    again = np.ones(len(lc), dtype=bool)
    again[np.unique(lc.object_id.astype(str), return_index=True)[1]] = False
    z, error, ebv, distance = lc.redshift, lc.redshift_err, lc.ebv, lc.luminosity_distance
    known = np.isfinite(z)
    with np.errstate(invalid="ignore"):
        close = np.abs(distance / luminosity_distance(np.where(known, z, np.nan)) - 1.0) < _CLOSE
    stale = np.where(known, ~close, ~np.isnan(distance))
    for what, rows, fix in (
        ("an id that another object has", again, "give each object an id of its own"),
        ("the redshift {z}", ~np.isnan(z) & ~(known & (z > -1.0)), "give NaN where it is unknown"),
        (
            "the error {error} of the redshift",
            ~np.isnan(error) & ~(np.isfinite(error) & (error >= 0)),
            "give NaN for none",
        ),
        ("the E(B-V) {ebv}", ~(np.isfinite(ebv) & (ebv >= 0)), "give 0 where it is unknown"),
        ("the distance {distance} Mpc for the redshift {z}", stale, "set redshifts by `with_redshift`"),
    ):
        if rows.any():
            k = int(np.argmax(rows))
            found = what.format(z=z[k], error=error[k], ebv=ebv[k], distance=distance[k])
            _refuse(lc.object_id[k], found, fix)


def _refuse_arrays(lc):
    """Raise DataError if the arrays do not fit each other."""
    of_points = {len(getattr(lc, name)) for name in ("mjd", "band", "flux", "flux_err", "detected", "limit")}
    names = ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance")
    of_objects = {len(getattr(lc, name)) for name in names} | {len(lc.start) - 1}
    fits = len(of_points) == len(of_objects) == 1 and lc.start[0] == 0 and lc.start[-1] == max(of_points)
    if not fits or (np.diff(lc.start) < 0).any():
        found = f"{sorted(of_points)} values of points, {sorted(of_objects)} of objects, starts up to {lc.start[-1]}"
        raise DataError(f"light curves: expected arrays that fit each other, found {found}. Next step: mend `start`.")


def _after_first(pairs, lc):
    """Return which points (N,) are the second of a pair, from N - 1 flags of neighbouring pairs."""
    return np.append([False], pairs)[: len(lc.mjd)]


def _refuse(name, found, fix):
    raise DataError(f"object {name!r}: expected a light curve as `LightCurves` says, found {found}. Next step: {fix}.")
