"""Make the light curves of one split from a reader's batches: sorted and packed, with an account of every row.

Batches come in any order and hold what a file says. Here passbands get their positions in the survey, unbelievable
values are set aside, and points of one time become one. Many rows go through a temporary file: memory does not grow
with the split.
"""

import logging
import zlib
from collections import Counter
from hashlib import blake2b

import numpy as np
import pandas as pd

from mallorn.ingest.known import Known
from mallorn.ingest.split import SetAside
from mallorn.ingest.spool import Groups, Rows
from mallorn.ingest.strays import tell_alike, tell_bare
from mallorn.ingest.unusable import tell_unusable
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.lightcurves import OBJECTS_PER_GROUP, LightCurves, average_repeated

__all__ = ["pack"]

_ROW = np.dtype(
    [
        ("owner", "<i4"),
        ("mjd", "<f8"),
        ("band", "i1"),
        ("flux", "<f8"),
        ("flux_err", "<f8"),
        ("detected", "i1"),
        ("limit", "?"),
        ("file", "<i4"),
    ]
)
_VALUES = ("mjd", "band", "flux", "flux_err", "detected", "limit")
_OUTSIDE = "outside of what a stream of alerts holds"
_OTHER_FILE = "the object is in an earlier file too"
_TOLD = 8  # pairs that a message names
_FEW = 5  # equal points from this number on are no accident

_log = logging.getLogger(__name__)


def pack(found, part, settings, passbands, write):
    """Write the light curves of one split; return its `SetAside` and the `Known` objects.

    found: iterable of (file name, `mallorn.sources.canonical.Batch`). part: (k, n), to take the k-th of n parts of the
    objects; a hash of their ids makes the parts. settings: the block `ingest` of the configuration. passbands: (the
    `Passbands` of the survey, {"SURVEY.NAME": position in them}). write: called with the `LightCurves` of each group of
    objects, sorted by id; objects without points are included.

    Warnings name files without any usable row. Raises DataError if there is no object.
    """
    collected = _Collected(part, settings, passbands)
    with Rows(_ROW) as rows:
        for name, batch in found:
            rows.add(collected.rows(name, batch))
        known = collected.known.table(settings)
        order = np.argsort(known["object_id"].astype(str), kind="stable")
        known = {name: values[order] for name, values in known.items()}
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order))
        kept, bare = _write_groups(rows, rank, known, collected, write)
    aside = collected.set_aside()
    tell_bare(_log, bare, {})
    tell_alike(_log, known["object_id"])
    _tell(len(order), kept, aside, collected.about)
    tell_unusable(aside, collected.used)
    return aside, known


class _Collected:
    """The content of the batches: objects in the order in which they came, and rows set aside."""

    def __init__(self, part, settings, passbands):
        self._part, self.settings = part, settings
        self.passbands, self._place = passbands
        self._number, self.files, self.aside, self.n_rows, self.about = {}, [], Counter(), 0, {}
        self.known, self.used = Known(), set()

    def rows(self, file, batch):
        """Return the usable rows of a batch, of the type `_ROW`; count the others."""
        if not self.files or self.files[-1] != file:
            self.files.append(file)
        ids = batch.objects["object_id"]
        mine = np.array([self._is_mine(name) for name in ids], dtype=bool)
        new = np.array([name not in self._number for name in ids], dtype=bool)
        for name in ids[mine & new]:
            self._number[name] = len(self._number)
        self.known.add(file, {name: values[mine & new] for name, values in batch.objects.items()})
        self.about |= batch.about
        for (reason, name), n in batch.aside.items():
            if self._is_mine(name):
                self._count(reason, name, n)
        return self._judged(batch, set(ids[mine & ~new]))

    def _is_mine(self, name):
        part, parts = self._part
        return parts == 1 or zlib.crc32(str(name).encode()) % parts == part

    def _judged(self, batch, repeated):
        points, settings = batch.points, self.settings
        codes, names = pd.factorize(points["object_id"])
        mine = np.array([self._is_mine(name) for name in names], dtype=bool)
        band_codes, bands = pd.factorize(points["passband"])
        place = np.array([self._place.get(name, -1) for name in bands], dtype=np.int8)
        known = place[band_codes] if len(bands) else np.zeros(0, dtype=np.int8)
        why, reasons = np.zeros(len(codes), dtype=np.int16), [""]

        def blame(reason, rows):
            rows = rows & (why == 0)
            if rows.any():
                why[rows] = len(reasons)
                reasons.append(reason)

        if repeated:
            blame(_OTHER_FILE, np.array([name in repeated for name in names], dtype=bool)[codes])
        for k in np.flatnonzero(place < 0):
            blame(f"passband {bands[k]} is not of the survey", band_codes == k)
        blame("time not believable", ~_between(points["mjd"], settings["mjd"]))
        blame("flux not believable", ~(np.abs(points["flux"]) <= settings["max_flux"]))
        blame("error not believable", ~_between(points["flux_err"], settings["flux_err"]))
        if settings["limits"] == "leave out":
            blame("upper limit, left out by the settings", points["limit"])
        inside = mine[codes] if len(names) else np.zeros(0, dtype=bool)
        bad = np.flatnonzero(inside & (why > 0))
        pairs, counts = np.unique(codes[bad] * len(reasons) + why[bad], return_counts=True)
        for pair, n in zip(pairs.tolist(), counts.tolist(), strict=True):
            self._count(reasons[pair % len(reasons)], names[pair // len(reasons)], n)
        good = np.flatnonzero(inside & (why == 0))
        self.used |= {self.files[-1]} if len(good) else set()
        self.n_rows += len(good)
        rows = np.empty(len(good), _ROW)
        number = np.array([self._number.get(name, -1) for name in names], dtype=np.int32)
        rows["owner"], rows["band"], rows["file"] = number[codes[good]], known[good], len(self.files) - 1
        for name in ("mjd", "flux", "flux_err", "detected", "limit"):
            rows[name] = points[name][good]
        return rows

    def _count(self, reason, name, n):
        self.n_rows += n
        self.aside[(len(self.files) - 1, reason, name)] += n

    def merged(self, reason, names, files):
        """Count points that were merged with others of their object; their rows have been counted as read."""
        for name, file in zip(names, files, strict=True):
            self.aside[(int(file), reason, name)] += 1

    def set_aside(self):
        """Return the `SetAside`."""
        rows = sorted((self.files[file], reason, name, n) for (file, reason, name), n in self.aside.items())
        joined = Counter()
        for file, reason, name, n in rows:
            joined[(file, reason, str(name))] += n
        return SetAside(self.n_rows, [(*key, n, 0) for key, n in joined.items()], dict(self.about))


def _between(values, believed):
    return (values >= believed["min"]) & (values <= believed["max"])


def _write_groups(rows, rank, known, collected, write):
    """Write the light curves by groups of objects; return the number of points and the ids of objects without any."""
    kept, twins, bare = 0, _Twins(), []
    with Groups(len(rank), OBJECTS_PER_GROUP, _ROW) as groups:
        for part in rows.parts():
            part = part.copy()
            part["owner"] = rank[part["owner"]]
            groups.add(part)
        for begin, of_group in groups:
            here = slice(begin, begin + OBJECTS_PER_GROUP)
            lc = _packed(of_group, begin, {name: values[here] for name, values in known.items()}, collected)
            kept += len(lc.mjd)
            bare.extend(lc.object_id[lc.n_points == 0])
            twins.look(lc)
            write(lc)
    twins.tell()
    return kept, bare


class _Twins:
    """Objects of a split with equal points: one event that a collection has under two names."""

    def __init__(self):
        self._first, self._pairs = {}, []

    def look(self, lc):
        """Compare the times and fluxes of the objects of some `LightCurves` with those before."""
        for k in np.flatnonzero(lc.n_points >= _FEW):
            points = slice(lc.start[k], lc.start[k + 1])
            key = blake2b(lc.mjd[points].tobytes() + lc.flux[points].tobytes(), digest_size=16).digest()
            first = self._first.setdefault(key, lc.object_id[k])
            if first != lc.object_id[k]:
                self._pairs.append((first, lc.object_id[k]))

    def tell(self):
        """Log a warning that names the first few."""
        if self._pairs:
            told = ", ".join(f"{first} and {second}" for first, second in self._pairs[:_TOLD])
            message = "the same points stand under two names: %s (pairs in all: %d); leave one out if it is one event"
            _log.warning(message, told, len(self._pairs))


def _packed(rows, begin, known, collected):
    """Return the `LightCurves` of the rows of a group of objects; `begin` is the first object."""
    rows = _in_order(rows)
    owner = rows["owner"] - begin
    names = known["object_id"]
    again = _same(rows, "owner", "mjd", "band", "flux", "flux_err", "limit")
    rows, owner = _without(rows, owner, again, "exact duplicate", names, collected)
    beside = rows["limit"] & _beside_measurement(rows)
    rows, owner = _without(rows, owner, beside, "upper limit beside a measurement", names, collected)
    if collected.settings["window"] == "alerts":
        rows, owner = _without(rows, owner, _outside_of_alerts(rows, owner), _OUTSIDE, names, collected)
    within = collected.settings["combine_within"]
    if within > 0:
        rows, owner = _nights(rows, owner, within)
        what = f"combined with others within {within:g} days in its passband"
    else:
        what = "averaged with another row of the same time and passband"
    again = _same(rows, "owner", "mjd", "band")
    collected.merged(what, names[owner[again]], rows["file"][again])
    owner, values = average_repeated(owner, *(rows[name] for name in _VALUES))
    if within > 0:
        order = np.lexsort((values[1], values[0], owner))
        owner, values = owner[order], [column[order] for column in values]
    counts = np.bincount(owner, minlength=len(names))
    return LightCurves(
        object_id=names,
        redshift=known["redshift"],
        redshift_err=known["redshift_err"],
        ebv=known["ebv"],
        luminosity_distance=luminosity_distance(known["redshift"]),
        start=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
        passbands=collected.passbands,
        **dict(zip(_VALUES, values, strict=True)),
    )


def _in_order(rows):
    """Return rows (N,) sorted by object and time; at one time by passband, limit, flux, error, detection and file."""
    owner = rows["owner"]
    if len(owner) and np.ptp(owner) <= np.iinfo(np.int16).max:
        owner = (owner - owner.min()).astype(np.int16)  # a type with a linear stable sort
    order = np.argsort(rows["mjd"])
    rows = rows[order[np.argsort(owner[order], kind="stable")]]
    tied = _same(rows, "owner", "mjd")
    tied[:-1] |= tied[1:]
    at = np.flatnonzero(tied)
    few = rows[at]
    keys = [few[name] for name in ("flux_err", "flux", "limit", "band", "mjd", "owner")]
    rows[at] = few[np.lexsort([few["file"], -few["detected"], *keys])]
    return rows


def _same(rows, *names):
    """Return where a row (N,) equals the one before it in all of `names`."""
    same = np.zeros(len(rows), dtype=bool)
    same[1:] = np.all([rows[name][1:] == rows[name][:-1] for name in names], axis=0)
    return same


def _without(rows, owner, bad, reason, names, collected):
    """Return rows and owners without the `bad` (N,) rows, and count these."""
    if bad.any():
        collected.merged(reason, names[owner[bad]], rows["file"][bad])
        rows, owner = rows[~bad], owner[~bad]
    return rows, owner


def _beside_measurement(rows):
    """Return where a measurement shares object, time and passband with a row (N,); limits come after measurements."""
    first = np.flatnonzero(~_same(rows, "owner", "mjd", "band"))
    counts = np.diff(np.append(first, len(rows)))
    return np.repeat(~rows["limit"][first], counts) if len(rows) else np.zeros(0, dtype=bool)


def _outside_of_alerts(rows, owner):
    """Return the rows (N,) that a stream of alerts would not hold, as bool.

    They lie before the last non-detection ahead of their object's first detection, or after its last detection. There
    are none for an object whose rows do not tell detections. Rows are sorted by object and time."""
    number = np.arange(len(rows))
    n = int(owner.max()) + 1 if len(owner) else 0
    first, last = np.full(n, len(rows)), np.full(n, -1)
    detected, told = rows["detected"] == 1, np.zeros(n, dtype=bool)
    np.minimum.at(first, owner[detected], number[detected])
    np.maximum.at(last, owner[detected], number[detected])
    told[owner[rows["detected"] >= 0]] = True
    return told[owner] & ((number < first[owner] - 1) | (number > last[owner]))


def _nights(rows, owner, within):
    """Return rows and owners in which visits less than `within` days apart share their weighted mean time.

    Visits are joined within a passband, and measurements and limits apart; so are chains of visits.
    """
    order = np.lexsort((rows["mjd"], rows["limit"], rows["band"], owner))
    rows, owner = rows[order], owner[order]
    together = _same(rows, "owner", "band", "limit")
    together[1:] &= np.diff(rows["mjd"]) < within
    first = np.flatnonzero(~together)
    if len(first) < len(rows):
        counts = np.diff(np.append(first, len(rows)))
        weight = rows["flux_err"] ** -2.0
        start = rows["mjd"][first]
        offset = np.add.reduceat(weight * (rows["mjd"] - np.repeat(start, counts)), first)
        rows["mjd"] = np.repeat(start + offset / np.add.reduceat(weight, first), counts)
    return rows, owner


def _tell(n_objects, kept, aside, about):
    left_out = Counter()
    for _, reason, _, n, _ in aside.rows:
        left_out[reason] += n
    told = ", ".join(f"{key} {value}" for key, value in about.items())
    message = "%d objects: %d rows read, %d points kept, %d rows set aside (%s)"
    _log.info(message, n_objects, aside.rows_read, kept, sum(left_out.values()), told)
    for reason, n in left_out.most_common():
        _log.log(
            logging.WARNING if reason.startswith("passband ") else logging.INFO, "%d rows set aside: %s", n, reason
        )
