"""Describe the input before any model: counts, spreads and examples."""

from typing import NamedTuple

import numpy as np

from mallorn.io.tables import read_columns
from mallorn.survey.lightcurves import lightcurve_groups, read_passbands
from mallorn.survey.passbands import Passbands

__all__ = ["Survey", "counts_by_type", "examples", "read_survey", "set_aside_rows"]

_NIGHT = 0.5


class Survey(NamedTuple):
    """One row for each of n objects. points (n, B): points by passband; gap (n, B): median days between visits of a
    passband, NaN with fewer than two; span (n,): days from first to last point; nights (n,): nights with a point.
    passbands: the B passbands."""

    object_id: np.ndarray
    split: np.ndarray
    is_train: np.ndarray
    spec_type: np.ndarray
    redshift: np.ndarray
    redshift_err: np.ndarray
    points: np.ndarray
    gap: np.ndarray
    span: np.ndarray
    nights: np.ndarray
    passbands: Passbands


def read_survey(logs, lightcurves, objects):
    """Return the `Survey`. logs: table of results/metadata.parquet. lightcurves, objects: {split: path}."""
    parts = [_of_objects(lc) for split in objects for _, lc in lightcurve_groups(lightcurves[split], objects[split])]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    place = {name: k for k, name in enumerate(whole.pop("object_id").astype(str))}
    rows = np.array([place[name] for name in logs["object_id"].astype(str)], dtype=int)
    return Survey(
        object_id=logs["object_id"],
        split=logs["split"],
        is_train=logs["set"] == "train",
        spec_type=logs["spec_type"],
        redshift=logs["Z"],
        redshift_err=logs["Z_err"],
        passbands=read_passbands(next(iter(objects.values()))),
        **{name: values[rows] for name, values in whole.items()},
    )


def _of_objects(lc):
    n, bands = len(lc), len(lc.passbands)
    key = lc.owner * bands + lc.band
    points = np.bincount(key, minlength=n * bands).reshape(n, bands)
    order = np.lexsort((lc.mjd, key))
    sorted_key, step = key[order][1:], np.diff(lc.mjd[order])
    same = sorted_key == key[order][:-1]
    gap = np.full(n * bands, np.nan)
    gap[np.unique(sorted_key[same])] = _medians(sorted_key[same], step[same])
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, lc.owner, lc.mjd)
    np.maximum.at(last, lc.owner, lc.mjd)
    new_night = np.ones(len(lc.mjd), dtype=bool)
    new_night[1:] = (np.diff(lc.mjd) > _NIGHT) | (np.diff(lc.owner) > 0)
    return {
        "object_id": lc.object_id,
        "points": points,
        "gap": gap.reshape(n, bands),
        "span": np.where(lc.n_points > 0, last - first, np.nan),
        "nights": np.bincount(lc.owner[new_night], minlength=n),
    }


def _medians(key, values):
    """Return the median of `values` for each distinct `key`, both sorted by key, in the order of the keys."""
    order = np.lexsort((values, key))
    key, values = key[order], values[order]
    start = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.empty(0, dtype=int)
    size = np.diff(np.append(start, len(key)))
    return 0.5 * (values[start + (size - 1) // 2] + values[start + size // 2])


def counts_by_type(survey):
    """Return [(type, objects, median redshift, median points)] of the training objects, most frequent first."""
    names, counts = np.unique(survey.spec_type[survey.is_train].astype(str), return_counts=True)
    rows = []
    for name, count in sorted(zip(names.tolist(), counts.tolist(), strict=True), key=lambda row: (-row[1], row[0])):
        mine = survey.is_train & (survey.spec_type == name)
        points = float(np.median(survey.points[mine].sum(axis=1)))
        redshift = survey.redshift[mine & np.isfinite(survey.redshift)]
        rows.append((name, count, float(np.median(redshift)) if len(redshift) else np.nan, points))
    return rows


def examples(survey, types):
    """Return the id of one training object for each of `types`: the one with its type's median number of points.

    An ordinary object says more about a type than its best one.
    """
    chosen = {}
    for name in types:
        mine = np.flatnonzero(survey.is_train & (survey.spec_type == name))
        points = survey.points[mine].sum(axis=1)
        order = np.lexsort((survey.object_id[mine].astype(str), points))
        chosen[name] = str(survey.object_id[mine[order[len(order) // 2]]])
    return chosen


def set_aside_rows(paths):
    """Return [(reason, rows, objects, first file, its first line)] from the tables of rows that ingestion set aside."""
    tables = [read_columns(path) for path in paths]
    whole = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    rows = []
    for reason in sorted(set(whole["reason"])):
        mine = np.flatnonzero(whole["reason"] == reason)
        objects = len({name for name in whole["object_id"][mine] if name is not None})
        rows.append(
            (
                reason,
                int(whole["n_rows"][mine].sum()),
                objects,
                whole["file"][mine[0]],
                int(whole["first_line"][mine[0]]),
            )
        )
    return sorted(rows, key=lambda row: -row[1])
