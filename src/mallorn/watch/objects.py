"""What is known about one object from all its alerts so far: its points, and what the files say about it.

Alerts come in any order, some twice, and each carries a history: the same point comes again and again, forced
photometry replaces a detection, a measurement replaces an upper limit. Merging is a join: the result does not depend on
the order of the alerts, nor on how often one of them comes. A run can therefore be killed at any moment and started
again.
"""

import json
from hashlib import blake2b

import numpy as np

from mallorn.sources.canonical import Batch

__all__ = ["POINT", "batch_of_objects", "digest_of", "merged_known", "merged_points", "objects_in"]

POINT = np.dtype(
    [
        ("mjd", "<f8"),
        ("flux", "<f8"),
        ("flux_err", "<f8"),
        ("seen", "<f8"),
        ("band", "<i2"),
        ("detected", "i1"),
        ("limit", "?"),
    ]
)
"""A point as it is kept: `mallorn.sources.canonical.Batch.points`, with a number for band. seen: time (MJD) of the
newest point of the object in its file, which tells the newer of two files."""

_SAME = 1e-5  # days; exposures begin at least 30 s = 3.5e-4 days apart
_ORDER = ("redshift_kind", "redshift", "redshift_err")
_REDSHIFT = "redshift"


def objects_in(batch):
    """Return ({object id: (points, known)}, names of the passbands by number) of a `mallorn.sources.canonical.Batch`.

    `merged_points` and `merged_known` take these."""
    p, columns = batch.points, batch.objects
    names = [str(name) for name in columns["object_id"]]
    place = {name: k for k, name in enumerate(names)}
    owner = np.array([place.get(str(name), -1) for name in p["object_id"]], dtype=np.int64)
    order = np.argsort(owner, kind="stable")
    rows = np.zeros(len(order), POINT)
    for name in ("mjd", "flux", "flux_err", "detected", "limit"):
        rows[name] = p[name][order]
    bands = {name: k for k, name in enumerate(dict.fromkeys(p["passband"]))}
    rows["band"] = [bands[name] for name in p["passband"][order]]
    edges = np.searchsorted(owner[order], np.arange(len(names) + 1))
    found = {}
    for k, name in enumerate(names):
        points = rows[edges[k] : edges[k + 1]]
        seen = float(points["mjd"].max()) if len(points) else -np.inf
        points["seen"] = seen
        found[name] = points, _told(columns, k, seen)
    return found, [str(name) for name in bands]


def _told(columns, k, seen):
    """Return {what: [rank, value]} for what a file says about an object, as `merged_known` takes it."""
    rank = [seen if np.isfinite(seen) else -1.0]
    values = {name: _plain(values[k]) for name, values in columns.items() if name not in ("object_id", *_ORDER)}
    told = {name: [rank, value] for name, value in values.items() if value is not None}
    kind, z, error = (_plain(columns[name][k]) if name in columns else None for name in _ORDER)
    if z is not None and kind != "none":
        told[_REDSHIFT] = [[int(kind == "spectroscopic"), *rank], [z, error, kind]]
    return told


def _plain(value):
    """Return a value that JSON can hold; None for NaN."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if value is None or value != value else value


def merged_points(*parts):
    """Return the points of one object from several arrays (N,) of `POINT`, by passband and time.

    Points of one passband less than 1e-5 days apart are the same point. A measurement wins over an upper limit, and the
    point of a newer file over that of an older one. detected is the highest value of all.
    """
    rows = np.concatenate(parts)
    if not len(rows):
        return rows
    rows = rows[np.lexsort((rows["mjd"], rows["band"]))]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(rows["band"]) != 0) | (np.diff(rows["mjd"]) >= _SAME)
    if new.all():
        return rows
    one = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    detected = np.maximum.reduceat(rows["detected"], first)
    order = np.lexsort((rows["mjd"], rows["flux_err"], rows["flux"], rows["seen"], ~rows["limit"], one))
    best = rows[order[np.append(first[1:], len(rows)) - 1]]
    best["detected"] = detected
    return best


def merged_known(*parts):
    """Merge several dicts {what: [rank, value]} about one object: the value with the highest rank wins.

    The newer file counts more; a spectroscopic redshift counts more than a photometric one.
    """
    best = {}
    for part in parts:
        for name, told in part.items():
            if name not in best or _rank(told) > _rank(best[name]):
                best[name] = told
    return {name: best[name] for name in sorted(best)}


def _rank(told):
    return told[0], json.dumps(told[1])


def digest_of(points, known, names):
    """Return 16 hexadecimal digits that change with anything that a score may depend on.

    points, known: as merged. names: of the passbands, by number.
    """
    said = json.dumps({name: value for name, (_, value) in known.items() if name != "alert_id"}, sort_keys=True)
    digest = blake2b(said.encode(), digest_size=8)
    by_name = np.argsort(np.array([names[code] for code in points["band"]], dtype=str), kind="stable")
    for name in ("mjd", "flux", "flux_err", "detected", "limit"):
        digest.update(points[name][by_name].tobytes())
    digest.update("|".join(names[code] for code in points["band"][by_name]).encode())
    return digest.hexdigest()


def batch_of_objects(objects, names):
    """Return [(object id, points, known)] as a `mallorn.sources.canonical.Batch`, like that of a reader."""
    rows = np.concatenate([points for _, points, _ in objects]) if objects else np.zeros(0, POINT)
    ids = np.array([name for name, _, _ in objects] + [None], dtype=object)[:-1]
    counts = [len(points) for _, points, _ in objects]
    bands = np.array([*names, None], dtype=object)
    points = {"object_id": np.repeat(ids, counts), "passband": bands[rows["band"]]}
    points |= {name: rows[name].copy() for name in ("mjd", "flux", "flux_err", "detected", "limit")}
    told = [known for _, _, known in objects]
    columns = {"object_id": ids}
    redshift = [known.get(_REDSHIFT, [None, [None, None, "none"]])[1] for known in told]
    for k, name in enumerate(("redshift", "redshift_err")):
        columns[name] = np.array([one[k] if one[k] is not None else np.nan for one in redshift], dtype=float)
    columns["redshift_kind"] = np.array([one[2] for one in redshift] + [None], dtype=object)[:-1]
    further = dict.fromkeys(name for known in told for name in known if name != _REDSHIFT)
    for name in dict.fromkeys(("ra", "dec", "ebv", "label", *further)):
        values = [known[name][1] if name in known else None for known in told]
        if name == "label" or any(isinstance(value, str) for value in values):
            columns[name] = np.array([*values, None], dtype=object)[:-1]
        else:
            columns[name] = np.array([np.nan if value is None else value for value in values], dtype=float)
    return Batch(points, columns)
