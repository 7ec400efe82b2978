"""Light curves of many objects in packed form: flat arrays of points, and the index where each object begins."""

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from mallorn.errors import DataError
from mallorn.io.tables import arrow_array, number_of_groups, read_codes, read_columns, read_metadata, table_writer
from mallorn.survey.cosmology import clip_redshift, luminosity_distance
from mallorn.survey.dust import transmission
from mallorn.survey.passbands import NO_SLOT, Passbands

__all__ = [
    "OBJECTS_PER_GROUP",
    "REDSHIFT_KINDS",
    "LightCurve",
    "LightCurves",
    "average_repeated",
    "find_objects",
    "joined",
    "lightcurve_groups",
    "lightcurve_writer",
    "read_lightcurves",
    "read_passbands",
    "redshift_kind",
    "write_lightcurves",
]

REDSHIFT_KINDS = ("none", "spectroscopic", "photometric")
"""Kinds of an object's redshift."""

OBJECTS_PER_GROUP = 2000
"""Number of objects in memory at a time, however large their split is; each takes about 0.3 MB in the largest job."""

POINT_UNITS = {"mjd": "d", "flux": "uJy", "flux_err": "uJy"}
OBJECT_UNITS = {"ebv": "mag", "luminosity_distance": "Mpc"}

_OF_OBJECTS = ("object_id", "redshift", "redshift_err", "ebv", "luminosity_distance")
_OF_POINTS = ("mjd", "band", "flux", "flux_err", "detected", "limit")


class LightCurve(NamedTuple):
    """One object's points, sorted by time: `mjd` (N,) days, `band` (N,) int, `flux` and `flux_err` (N,) microjansky.

    redshift: clipped from below, NaN where unknown.
    """

    object_id: str
    redshift: float
    mjd: np.ndarray
    band: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray

    @property
    def stretch(self):
        """Observed over rest-frame days, 1 + z; 1 where the redshift is unknown."""
        return 1.0 if np.isnan(self.redshift) else 1.0 + self.redshift


@dataclass(frozen=True, eq=False, repr=False)
class LightCurves:
    """The light curves of n objects with N points in all.

    object_id: (n,) str. redshift, luminosity_distance (Mpc): (n,), NaN if unknown. redshift_err: (n,), finite if
    photometric, NaN if spectroscopic or unknown. ebv (mag): (n,).
    start: (n + 1,) int64; object k owns the points start[k]:start[k + 1], sorted by time, then band.
    mjd (days), flux and flux_err (microjansky): (N,) float64. band: (N,) int8, positions in `passbands`.
    passbands: the `Passbands` of the survey.
    detected: (N,) int8, 1 for a detection, 0 for a measurement that is none, -1 if unknown. limit: (N,) bool, an upper
    limit, with flux 0 and the error of the limit. Both may be left out: detections are then unknown, and no point is a
    limit.
    """

    object_id: np.ndarray
    redshift: np.ndarray
    redshift_err: np.ndarray
    ebv: np.ndarray
    luminosity_distance: np.ndarray
    start: np.ndarray
    mjd: np.ndarray
    band: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    passbands: Passbands
    detected: np.ndarray = None
    limit: np.ndarray = None

    def __post_init__(self):
        if self.detected is None:
            object.__setattr__(self, "detected", np.full(len(self.mjd), -1, dtype=np.int8))
        if self.limit is None:
            object.__setattr__(self, "limit", np.zeros(len(self.mjd), dtype=bool))

    def __len__(self):
        return len(self.object_id)

    def __repr__(self):
        return f"LightCurves({len(self):,} objects, {len(self.mjd):,} points in {', '.join(self.passbands.names)})"

    def __getitem__(self, k):
        """Return object `k` as a `LightCurve` of views."""
        s = slice(self.start[k], self.start[k + 1])
        z = float(clip_redshift(self.redshift[k]))
        return LightCurve(self.object_id[k], z, self.mjd[s], self.band[s], self.flux[s], self.flux_err[s])

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    @property
    def n_points(self):
        """Number of points of each object, shape (n,)."""
        return np.diff(self.start)

    @property
    def owner(self):
        """Index of the object that each point belongs to, shape (N,)."""
        return np.repeat(np.arange(len(self)), self.n_points)

    @property
    def rest_redshift(self):
        """Redshifts for use in 1 + z, shape (n,): clipped from below (see `cosmology.MIN_REDSHIFT`).

        An unknown redshift becomes 0: 1 + z is then 1, and quantities divided by it stay in the observer's frame. This
        0 serves nothing else: distances and luminosities of such an object are NaN.
        """
        return np.where(np.isnan(self.redshift), 0.0, clip_redshift(self.redshift))

    @property
    def has_redshift(self):
        """Whether the redshift is known, shape (n,) bool."""
        return np.isfinite(self.redshift)

    def with_redshift(self, redshift, redshift_err):
        """Return the same objects with other redshifts and errors (n,), NaN as above, and the distances that follow."""
        redshift, redshift_err = (np.array(values, dtype=float) for values in (redshift, redshift_err))
        distance = luminosity_distance(redshift)
        return replace(self, redshift=redshift, redshift_err=redshift_err, luminosity_distance=distance)

    def without_redshift(self):
        """Return the same objects as if no redshift were known."""
        unknown = np.full(len(self), np.nan)
        return self.with_redshift(unknown, unknown)

    def dereddened(self):
        """Return the same light curves with flux and error corrected for Galactic dust."""
        factor = 1.0 / transmission(self.ebv, self.passbands.extinction)[self.owner, self.band]
        return replace(self, flux=self.flux * factor, flux_err=self.flux_err * factor)

    def in_slots(self):
        """Return the light curves by slot: `band` holds positions in `SLOTS`, points without a slot are left out.

        Correct for dust first, since extinction is known by passband. `passbands` becomes `Passbands.in_slots`. If
        passbands share a slot, their points of one object and time are averaged with inverse variances, since times
        must be unique in a passband. Light curves whose passbands are the slots are returned as they are.
        """
        if self.passbands.are_slots:
            return self
        slot = self.passbands.slot[self.band]
        lc = replace(self, band=slot).where(slot != NO_SLOT)
        return replace(lc.in_order(), passbands=self.passbands.in_slots())

    def in_order(self):
        """Return the same objects with their points sorted; points of one object, time and passband are averaged."""
        order = np.lexsort((self.band, self.mjd, self.owner))
        owner, points = average_repeated(self.owner[order], *(getattr(self, name)[order] for name in _OF_POINTS))
        start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(self)))])
        return replace(self, start=start, **dict(zip(_OF_POINTS, points, strict=True)))

    def in_band(self, band):
        """Return the same objects with only the points of passband `band`, an index; some may be without points."""
        return self.where(self.band == band)

    def where(self, keep):
        """Return the same objects with only the points where `keep` (N,) is true."""
        kept = np.flatnonzero(keep)
        start = np.searchsorted(kept, self.start)
        points = {name: getattr(self, name)[kept] for name in _OF_POINTS}
        return replace(self, start=start, **points)

    def take(self, objects):
        """Return the objects at the indices `objects` (m,), in that order."""
        objects = np.asarray(objects, dtype=np.int64)
        counts = self.n_points[objects]
        start = np.concatenate([[0], np.cumsum(counts)])
        index = np.arange(start[-1]) - np.repeat(start[:-1] - self.start[objects], counts)
        points = {name: getattr(self, name)[index] for name in _OF_POINTS}
        return replace(self, start=start, **{name: getattr(self, name)[objects] for name in _OF_OBJECTS}, **points)


def redshift_kind(redshift, redshift_err):
    """Return the one of `REDSHIFT_KINDS` of each object, (n,) str, from redshifts and errors (n,), NaN if missing."""
    photometric = np.isfinite(redshift_err).astype(int)
    return np.array(REDSHIFT_KINDS, dtype=object)[np.where(np.isfinite(redshift), 1 + photometric, 0)]


def average_repeated(owner, mjd, band, flux, flux_err, *flags):
    """Return (owner, [mjd, band, flux, flux_err, *flags]) with points of one owner, time and band averaged.

    All (N,), sorted by owner, time and band. Fluxes are averaged with inverse variances; a single point stays as it is.
    flags: `detected` and `limit`, or none. The average is detected if one point is, and a limit if all are.
    """
    new = np.ones(len(mjd), dtype=bool)
    new[1:] = (np.diff(owner) != 0) | (np.diff(mjd) != 0) | (np.diff(band) != 0)
    if new.all():
        return owner, [mjd, band, flux, flux_err, *flags]
    first = np.flatnonzero(new)
    weight = flux_err**-2.0
    total = np.add.reduceat(weight, first)
    single = np.diff(np.append(first, len(flux))) == 1
    flux = np.where(single, flux[first], np.add.reduceat(weight * flux, first) / total)
    flux_err = np.where(single, flux_err[first], total**-0.5)
    together = (np.maximum.reduceat, np.logical_and.reduceat)
    flags = [join(values, first) for join, values in zip(together, flags, strict=False)]
    return owner[first], [mjd[first], band[first], flux, flux_err, *flags]


def joined(parts):
    """Return the `LightCurves` of all objects in a list of `LightCurves` of one survey, sorted by object id."""
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in (*_OF_OBJECTS, *_OF_POINTS)}
    start = np.concatenate([[0], np.cumsum(np.concatenate([part.n_points for part in parts]), dtype=np.int64)])
    whole = LightCurves(start=start, passbands=parts[0].passbands, **arrays)
    return whole.take(np.argsort(whole.object_id.astype(str), kind="stable"))


def write_lightcurves(lightcurves, points, objects, per_group=OBJECTS_PER_GROUP):
    """Write the points and the objects of `lightcurves` to the two Parquet files `points` and `objects`.

    Each file has a group of rows for each `per_group` objects.
    """
    with lightcurve_writer(points, objects, lightcurves.passbands) as write:
        for begin in range(0, max(len(lightcurves), 1), per_group):
            lc = lightcurves
            write(lc if len(lc) <= per_group else lc.take(np.arange(begin, min(begin + per_group, len(lc)))))


@contextmanager
def lightcurve_writer(points, objects, passbands):
    """Give the block a function that appends `LightCurves` to the two Parquet files, each time as a group of rows.

    passbands: those of all light curves; the metadata of both files hold them. The files exist once the block has ended
    without error.
    """
    metadata = {"passbands": passbands.to_text()}
    with (
        table_writer(points, POINT_UNITS, ("object_id", "mjd"), metadata) as write_points,
        table_writer(objects, OBJECT_UNITS, ("object_id",), metadata) as write_objects,
    ):

        def write(lc):
            names = arrow_array(np.asarray(lc.object_id, dtype=object))
            ids = pa.DictionaryArray.from_arrays(arrow_array(lc.owner.astype(np.int32)), names)
            if lc.passbands != passbands:
                raise ValueError(f"expected light curves in {passbands.names}, got them in {lc.passbands.names}")
            bands = pa.DictionaryArray.from_arrays(arrow_array(lc.band), arrow_array(np.array(passbands.names)))
            values = {name: getattr(lc, name) for name in ("flux", "flux_err", "detected", "limit")}
            write_points({"object_id": ids, "mjd": lc.mjd, "band": bands, **values})
            write_objects(
                {
                    "object_id": names,
                    "redshift": lc.redshift,
                    "redshift_err": lc.redshift_err,
                    "ebv": lc.ebv,
                    "luminosity_distance": lc.luminosity_distance,
                    "n_points": lc.n_points.astype(np.int32),
                }
            )

        yield write


def lightcurve_groups(points, objects):
    """Yield (number, `LightCurves`) of each group of objects in the two files that `write_lightcurves` made.

    points: None gives the objects without any points. A table that `table_writer` makes from each group in turn has the
    same groups, and `read_columns` takes their index.
    """
    for group in range(number_of_groups(objects)):
        if group:
            gc.collect()  # results of the group before, if their parts refer to each other
        yield group, read_lightcurves(points, objects, group=group)


def find_objects(objects, names):
    """Yield (group, rows) for each group in a file of objects that holds some of `names`: its index and their rows."""
    wanted = set(map(str, names))
    for group in range(number_of_groups(objects)):
        ids = read_columns(objects, ["object_id"], group=group)["object_id"]
        rows = np.flatnonzero([name in wanted for name in ids])
        if len(rows):
            yield group, rows


def read_lightcurves(points, objects, band=None, group=None):
    """Return the `LightCurves` of the two files that `write_lightcurves` made.

    points: None gives the objects without any points. band: a passband's name, to read only its points. group: index of
    the group of objects to read; all by default.

    Raises DataError if the files do not say which passbands the survey has, or do not belong together.
    """
    passbands = read_passbands(points or objects)
    o = read_columns(objects, group=group)
    start = np.concatenate([[0], np.cumsum(o.pop("n_points"), dtype=np.int64)])
    if points is None:
        none = np.empty(0)
        o |= {"start": 0 * start, "passbands": passbands}
        return LightCurves(mjd=none, band=none.astype(np.int8), flux=none, flux_err=none, **o)
    p = read_columns(points, columns=["mjd", "flux", "flux_err", "detected", "limit"], group=group)
    if len(p["mjd"]) != start[-1]:
        raise DataError.at(
            points,
            expected=f"the {start[-1]} points of the objects of {objects}",
            found=f"{len(p['mjd'])}",
            fix="remove both files and run again",
        )
    codes, names = read_codes(points, "band", group)
    bands = np.array([passbands.index(name) for name in names], dtype=np.int8)[codes]
    lc = LightCurves(start=start, band=bands, passbands=passbands, **o, **p)
    return lc if band is None else lc.in_band(passbands.index(band))


def read_passbands(path):
    """Return the `Passbands` in the metadata of a file of points or objects; raise DataError if there are none."""
    return Passbands.from_metadata(read_metadata(path), path)
