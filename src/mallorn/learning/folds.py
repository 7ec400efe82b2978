"""Folds for cross-validation, drawn once: stratified by type, and grouped so that siblings stay together."""

import numpy as np

from mallorn.errors import DataError
from mallorn.seeds import generator
from mallorn.survey.copies import originals

__all__ = ["PROTOCOLS", "assign_folds", "draw_folds", "fold_of", "strata"]

PROTOCOLS = ("stratified", "grouped")
"""`stratified` separates siblings of an event, as a leaderboard does; `grouped` keeps them together: new events."""


def strata(spec_type, target, rare):
    """Return the stratum of each object, shape (n,) str: its type, with the types of fewer than `rare` objects merged.

    Targets (target == 1) are a stratum of their own, however few there are.
    """
    names = np.where(np.asarray(target) == 1, "target", np.asarray(spec_type, dtype=object)).astype(object)
    values, counts = np.unique(names.astype(str), return_counts=True)
    few = set(values[(counts < rare) & (values != "target")])
    return np.array(["rare" if name in few else name for name in names], dtype=object)


def assign_folds(stratum, group, n_folds, rng):
    """Return the fold of each object, shape (n,) int8: groups stay whole, and strata are spread evenly.

    Strata are dealt out one by one, the smallest first. Their groups come in random order, large ones first. Each group
    goes to the fold with the fewest objects of its stratum, then the fewest groups of it, then the fewest objects of
    all.

    stratum (n,) str; group (n,) str, all objects of a group in one stratum. The result depends on the order: sort
    first.
    """
    fold = np.full(len(stratum), -1, dtype=np.int8)
    total = np.zeros(n_folds, dtype=int)
    names, counts = np.unique(np.asarray(stratum, dtype=str), return_counts=True)
    for name in names[np.argsort(counts, kind="stable")]:
        members = np.flatnonzero(stratum == name)
        _, which, size = np.unique(np.asarray(group, dtype=str)[members], return_inverse=True, return_counts=True)
        home = np.empty(len(size), dtype=np.int8)
        objects, groups = np.zeros(n_folds, dtype=int), np.zeros(n_folds, dtype=int)
        for g in sorted(rng.permutation(len(size)), key=lambda g: -size[g]):
            chance = rng.random(n_folds)
            k = np.lexsort((chance, total, groups, objects))[0]
            home[g] = k
            objects[k] += size[g]
            groups[k] += 1
            total[k] += size[g]
        fold[members] = home[which]
    return fold


def draw_folds(object_id, spec_type, target, event, n_folds, repeats, rare, seed):
    """Return the folds of both protocols as a long table {column: array}, n objects x 2 protocols x `repeats` rows.

    Columns: object_id, protocol, repeat (int8), fold (int8), and the object's spec_type, target (int8) and event;
    sorted by protocol, repeat and object_id. The same objects give the same folds in any order of rows.

    object_id, spec_type, event (n,) str; target (n,) 0 or 1; n_folds: parts of each repeat;
    rare: types with fewer objects are drawn as one stratum.
    Raises DataError if there are fewer targets, or fewer events of targets, than folds.
    """
    order = np.argsort(np.asarray(object_id, dtype=str), kind="stable")
    object_id, spec_type, target, event = (
        np.asarray(values)[order] for values in (object_id, spec_type, target, event)
    )
    _check(target, event, n_folds)
    stratum = strata(spec_type, target, rare)
    blocks = []
    for protocol in PROTOCOLS:
        # siblings have one type, but a stratum may join types: a group is an event within a stratum
        group = object_id if protocol == "stratified" else event
        for repeat in range(repeats):
            rng = generator(seed, "folds", protocol, repeat)
            blocks.append((protocol, repeat, assign_folds(stratum, group, n_folds, rng)))
    n = len(object_id)
    return {
        "object_id": np.tile(object_id, len(blocks)),
        "protocol": np.repeat(np.array([protocol for protocol, _, _ in blocks], dtype=object), n),
        "repeat": np.repeat(np.array([repeat for _, repeat, _ in blocks], dtype=np.int8), n),
        "fold": np.concatenate([fold for _, _, fold in blocks]),
        "spec_type": np.tile(spec_type, len(blocks)),
        "target": np.tile(np.asarray(target, dtype=np.int8), len(blocks)),
        "event": np.tile(event, len(blocks)),
    }


def fold_of(folds, protocol, repeat, object_id):
    """Return {"fold", "target", "spec_type", "event"}, (n,) each, of the objects `object_id` (n,) in one repeat.

    A copy of an object has the values of the object. folds: table as from `draw_folds`.

    Raises DataError if an object has no fold there.
    """
    rows = np.flatnonzero((folds["protocol"] == protocol) & (folds["repeat"] == int(repeat)))
    ids = folds["object_id"][rows].astype(str)
    order = np.argsort(ids, kind="stable")
    wanted = originals(object_id).astype(str)
    place = np.searchsorted(ids[order], wanted)
    found = place < len(ids)
    found[found] = ids[order][place[found]] == wanted[found]
    if not found.all():
        raise DataError(
            f"folds of protocol {protocol}, repeat {repeat}: {np.sum(~found)} objects have no fold, the first is "
            f"{str(wanted[~found][0])!r}; run make_folds again on the same training log"
        )
    rows = rows[order[place]]
    return {name: folds[name][rows] for name in ("fold", "target", "spec_type", "event")}


def _check(target, event, n_folds):
    positive = np.asarray(target) == 1
    if positive.sum() < n_folds:
        raise DataError(
            f"training log: {positive.sum()} objects with target 1, but {n_folds} folds need at least one each; "
            "lower folds.number or add labelled objects"
        )
    events = len(set(event[positive]))
    if events < n_folds:
        raise DataError(
            f"training log: the {positive.sum()} objects with target 1 come from {events} events, but {n_folds} "
            "event-grouped folds need at least one each; lower folds.number or add labelled events"
        )
