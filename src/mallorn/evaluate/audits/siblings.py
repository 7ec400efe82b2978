"""Audit duplicates and siblings: a light curve that occurs twice, siblings of two types, siblings in two folds."""

import hashlib
from collections import defaultdict

import numpy as np

from mallorn.evaluate.audits.verdict import verdict
from mallorn.survey.events import parent_events

__all__ = ["audit_siblings", "curve_digests", "shared_spans"]


def curve_digests(lightcurves):
    """Return a digest (n,) str of each object's points in `LightCurves`; "" for objects without points."""
    digests = []
    for curve in lightcurves:
        content = b"".join(np.ascontiguousarray(x).tobytes() for x in (curve.mjd, curve.band, curve.flux))
        digests.append(hashlib.blake2b(content, digest_size=12).hexdigest() if len(curve.mjd) else "")
    return np.array(digests, dtype=object)


def shared_spans(object_id, spec_type, span, half_width):
    """Return the sets of object ids whose spans of the grid agree although their types differ.

    Arguments as for `mallorn.survey.events.parent_events`, with the types as labels.
    """
    joined = parent_events(object_id, np.full(len(object_id), "any", dtype=object), span, half_width)
    members = defaultdict(set)
    types = defaultdict(set)
    for name, kind, event in zip(object_id, spec_type, joined, strict=True):
        members[event].add(str(name))
        types[event].add(kind)
    return [members[event] for event in sorted(members) if len(types[event]) > 1]


def audit_siblings(object_id, digest, folds, shared):
    """Return the verdict on duplicated light curves and on siblings.

    fail: two objects have the same points, or grouped folds separate siblings. Stratified scores are optimistic because
    of objects with a sibling in another fold; their share is told. Spans of the grid that two types share are counted:
    among many events some agree by chance, and none need be one event under two names.

    object_id, digest (n,) of all objects, as from `curve_digests`; folds: table of `mallorn.learning.folds.draw_folds`;
    shared: list of sets of object ids, as from `shared_spans`.
    """
    same = defaultdict(list)
    for name, value in zip(object_id, digest, strict=True):
        if value:
            same[value].append(str(name))
    duplicates = sorted(names for names in same.values() if len(names) > 1)
    first = folds["repeat"] == folds["repeat"].min()
    parted = {str(name): _parted(folds, folds["protocol"] == name) for name in np.unique(folds["protocol"][first])}
    once = first & (folds["protocol"] == folds["protocol"][0])
    sizes = np.unique(folds["event"][once].astype(str), return_counts=True)[1]
    result = "fail" if duplicates or parted.get("grouped", 0.0) > 0 else "pass"
    shares = [f"{share:.0%} of the objects have a sibling in another {name} fold" for name, share in parted.items()]
    finding = (
        f"{len(sizes)} events of {sizes.sum()} training objects, the largest with {sizes.max()}; "
        f"{len(duplicates)} light curves occur twice; {len(shared)} spans of the grid are shared by types; "
        + ", ".join(shares)
    )
    numbers = {
        "events": len(sizes),
        "objects": int(sizes.sum()),
        "siblings_per_event": float(sizes.mean()),
        "objects_with_a_parted_sibling": parted,
        "duplicates": duplicates[:20],
        "spans_shared_by_two_types": len(shared),
    }
    return verdict("duplicates and siblings", result, finding, **numbers)


def _parted(folds, rows):
    """Return the mean over repeats of the share of objects with a sibling in another fold."""
    shares = []
    for repeat in np.unique(folds["repeat"][rows]):
        mine = rows & (folds["repeat"] == repeat)
        event, fold = np.unique(folds["event"][mine].astype(str), return_inverse=True)[1], folds["fold"][mine]
        low, high = np.full(event.max() + 1, 127), np.full(event.max() + 1, -1)
        np.minimum.at(low, event, fold)
        np.maximum.at(high, event, fold)
        shares.append(np.mean(low[event] != high[event]))
    return float(np.mean(shares))
