"""Choose the objects of ALeRCE that make a survey: a sample with equal numbers of each type, or the user's list."""

import csv
import hashlib
import logging

from mallorn.errors import DataError
from mallorn.fetch.ids import COLUMNS, checked_id, listed_objects
from mallorn.io.files import atomic_write

__all__ = ["balanced", "fetch_objects", "read_objects", "write_objects"]

_ANY = "any"


def fetch_objects(broker, seed):
    """Return the objects that the settings of a broker ask for, rows of `COLUMNS` sorted by id, and {type: counts}.

    broker: an `Alerce`. With `ids` these are all objects of that file. Else they are, for each type in `classes`,
    `per_class` of the `candidates` most probable objects of its classes (see `balanced`), or of any class if there are
    no classes. Raises DataError if there is no object at all.
    """
    settings = broker.settings
    if settings["ids"] is not None:
        rows = listed_objects(settings["ids"], settings["classes"])
        return rows, {_ANY: {"asked": len(rows), "available": len(rows), "chosen": len(rows)}}
    classes = settings["classes"] or {None: ""}
    enough = max(settings["candidates"], settings["per_class"])
    candidates = {name: broker.objects(name, enough)[:enough] for name in classes}
    rows, counts = balanced(candidates, classes, settings["per_class"], seed)
    log = logging.getLogger(__name__)
    for name in (name for name, found in candidates.items() if not found):
        log.warning("%s has no object of class %s that meets the block alerce", settings["classifier"], name or _ANY)
    for label, count in counts.items():
        tell = log.warning if count["chosen"] < count["asked"] else log.info
        tell("%s: chose %d of %d available, asked for %d", label, count["chosen"], count["available"], count["asked"])
    if not rows:
        raise DataError.at(
            f"alerce, survey {settings['survey']}",
            expected="objects that meet the block alerce of the configuration",
            found=f"none of {', '.join(filter(None, classes)) or 'any class'} by classifier {settings['classifier']}",
            fix="name a classifier of this survey and its classes, or widen probability, first_mjd or min_detections",
        )
    return rows, counts


def balanced(candidates, classes, per_class, seed):
    """Return `per_class` objects of each type, rows of `COLUMNS` sorted by id, and counts by type.

    candidates: {class: rows as ALeRCE gives them}. classes: {class: type}; several classes may have one type. An object
    that several classes claim belongs to the one with the highest probability, or the first by name if equal. Within a
    type, the objects whose ids have the lowest digests are taken; the digest includes the seed. The choice thus favours
    no brightness, and an object stays chosen when `per_class` grows.
    counts: {type: {"asked", "available", "chosen", "claimed by another type": number}}.
    """
    best, claims = {}, {}
    for name in sorted(classes, key=str):
        for row in candidates[name]:
            oid = checked_id(str(row["oid"]), f"an answer about the class {name or _ANY}")
            claims.setdefault(oid, set()).add(classes[name])
            probability = float(row.get("probability") or 0.0)
            if oid not in best or probability > best[oid][1]:
                best[oid] = name, probability, row
    pools = {label: [] for label in classes.values()}
    for oid, (name, _, _) in best.items():
        pools[classes[name]].append(oid)
    chosen, counts = [], {}
    for label, pool in pools.items():
        taken = sorted(pool, key=lambda oid: (_lot(oid, seed), oid))[:per_class]
        chosen += taken
        lost = sum(label in claimed and classes[best[oid][0]] != label for oid, claimed in claims.items())
        counts[label or _ANY] = {"asked": per_class, "available": len(pool), "chosen": len(taken)}
        counts[label or _ANY]["claimed by another type"] = lost
    rows = []
    for oid in sorted(chosen):
        name, _, row = best[oid]
        known = {column: row.get(column) for column in COLUMNS[3:]}
        rows.append({"oid": oid, "label": classes[name], "alerce_class": name or row.get("class"), **known})
    return rows, counts


def write_objects(path, rows):
    """Write rows of `COLUMNS` as CSV."""
    with atomic_write(path) as beside, open(beside, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_objects(path):
    """Return the rows that `write_objects` wrote, all values as text."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _lot(oid, seed):
    return hashlib.sha256(f"{seed} {oid}".encode()).hexdigest()
