"""Fetch the light curves of many objects into the cache, and write files that `mallorn.sources.alerce` reads."""

import gzip
import json
import logging
from concurrent.futures import ThreadPoolExecutor, as_completed

from mallorn.errors import DataError
from mallorn.fetch.alerce import FORCED, LIGHTCURVE, kinds
from mallorn.io.files import atomic_write
from mallorn.runtime.progress import progress

__all__ = ["fetch_lightcurves", "write_lightcurves"]

_ROWS = ("detections", "non_detections", "forced_photometry")


def fetch_lightcurves(ids, broker):
    """Fetch the light curves that the cache lacks; return the number of answers that were fetched.

    ids: texts. broker: an `Alerce`. Raises DataError at the first answer that does not come; the message says how many
    are there, and a further call goes on from them.
    """
    asked = [(kind, oid) for oid in ids for kind in kinds(broker.settings)]
    missing = [(kind, oid) for kind, oid in asked if not broker.has(kind, oid)]
    done = len(asked) - len(missing)
    logging.getLogger(__name__).info("%d of %d answers are there, %d to fetch", done, len(asked), len(missing))
    try:
        _fetch_all(missing, broker)
    except DataError as error:
        done += sum(broker.has(kind, oid) for kind, oid in missing)
        kept = f"{done} of {len(asked)} answers are in {broker.settings['cache']}, and are not fetched again"
        raise DataError(f"{error} {kept}.") from None
    absent = sum(broker.kept(LIGHTCURVE, oid) is None for oid in ids)
    if absent:
        logging.getLogger(__name__).warning(
            "ALeRCE has no light curve of %d of %d objects (status 404); if it should, check alerce.url and survey, "
            "delete %s/*/lightcurve and run again",
            absent,
            len(ids),
            broker.settings["cache"],
        )
    return len(missing)


def _fetch_all(missing, broker):
    """Fetch answers, several at a time; stop asking at the first error, or when the user interrupts."""
    broker.pace.go()
    pool = ThreadPoolExecutor(broker.settings["connections"])
    try:
        coming = [pool.submit(broker.fetch, kind, oid) for kind, oid in missing]
        for one in progress(as_completed(coming), len(coming), "answers of ALeRCE"):
            one.result()
    except BaseException:
        broker.pace.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def write_lightcurves(ids, broker, path):
    """Write the light curves of objects from the cache to one file, a gzipped JSON list; return counts.

    Each is {"oid": ID, "detections": [...], "non_detections": [...], "forced_photometry": [...]}, with ALeRCE's rows.
    counts: {"objects", "without points", "detections", "non_detections", "forced_photometry": number}.
    """
    counts = dict.fromkeys(("objects", "without points", *_ROWS), 0)
    with atomic_write(path) as beside, open(beside, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for number, oid in enumerate(ids):
            curve = _curve(oid, broker)
            file.write(b"[\n" if number == 0 else b",\n")
            file.write(json.dumps(curve).encode())
            for name in _ROWS:
                counts[name] += len(curve[name])
            counts["without points"] += not (curve["detections"] or curve["forced_photometry"])
            counts["objects"] += 1
        file.write(b"\n]\n" if ids else b"[]\n")
    return counts


def _curve(oid, broker):
    kept = broker.kept(LIGHTCURVE, oid) or {}
    curve = {"oid": oid} | {name: kept.get(name) or kept.get(name.replace("_", "-")) or [] for name in _ROWS}
    if FORCED in kinds(broker.settings):
        curve["forced_photometry"] = broker.kept(FORCED, oid) or []
    elif not broker.settings["forced_photometry"]:
        curve["forced_photometry"] = []
    return curve | {name: [_named(row) for row in curve[name]] for name in _ROWS}


def _named(row):
    """Return a row with the name of its passband, if it has a number and the names of all numbers (LSST)."""
    names = row.get("band_map")
    if not isinstance(names, dict):
        return row
    return {key: value for key, value in row.items() if key != "band_map"} | {
        "band_name": names.get(str(row.get("band")), row.get("band_name"))
    }
