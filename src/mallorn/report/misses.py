"""Errors of the submitted model on objects that it has not seen: missed events and false alarms.

Each repeat of the folds decides about every training object with a threshold from the other folds; the majority of
repeats counts. An event is missed if none of its objects is chosen.
"""

from pathlib import Path

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.learning.folds import fold_of
from mallorn.report.candidates import KINDS
from mallorn.report.names import page_name
from mallorn.report.objects import EVIDENCES
from mallorn.report.render import number, render, shown_as

__all__ = ["MISSED", "find_misses", "write_misses_page"]

MISSED = {
    "missed event": "an object of the target class, and no training object of its event is chosen",
    "missed": "an object of the target class that is not chosen, though another object of its event is",
    "false alarm": "of another class and chosen",
}
"""Kinds of errors, in the order of the list."""


def find_misses(predictions, folds, method, options):
    """Return {column: array} of the training objects that most repeats get wrong, in the order of `MISSED`.

    predictions: `OutOfFold` predictions of the submitted model under one protocol, one for each repeat. folds: table of
    all folds. method: of calibration. options: block `threshold` of the configuration.
    Columns: object_id, kind (of `MISSED`), spec_type, event, copies and found (training objects of the event, and those
    chosen), probability and threshold (means over the repeats), spread (of the probability), chosen (share of repeats).
    """
    ids = np.asarray(predictions[0].object_id, dtype=str)
    chances, thresholds = [], []
    for p in predictions:
        order = {name: k for k, name in enumerate(np.asarray(p.object_id, dtype=str))}
        rows = [order[name] for name in ids]
        about = fold_of(folds, p.protocol, p.repeat, ids)
        target, probability = about["target"], p.probability[rows]
        calibrated, threshold = cross_fitted(method, options, target, probability, np.asarray(p.fold)[rows])
        chances.append(calibrated)
        thresholds.append(threshold)
    chances, thresholds = np.array(chances), np.array(thresholds)
    share = np.mean(chances >= thresholds, axis=0)
    chosen, sought = share >= 0.5, np.asarray(target).astype(bool)
    event, place = np.unique(np.asarray(about["event"]).astype(str), return_inverse=True)
    copies, found = np.bincount(place), np.bincount(place, chosen)
    kind = np.where(sought & ~chosen, np.where(found[place] > 0, "missed", "missed event"), "")
    kind = np.where(~sought & chosen, "false alarm", kind)
    rank = np.array([list(MISSED).index(name) if name else -1 for name in kind])
    mean = chances.mean(axis=0)
    towards = np.where(sought, event[place], "")
    rows = [k for k in np.lexsort((ids, np.where(sought, mean, -mean), towards, rank)) if rank[k] >= 0]
    columns = {
        "object_id": ids,
        "kind": kind,
        "spec_type": about["spec_type"],
        "event": event[place],
        "copies": copies[place],
        "found": found[place].astype(int),
        "probability": mean,
        "threshold": thresholds.mean(axis=0),
        "spread": chances.std(axis=0),
        "chosen": share,
    }
    return {name: np.asarray(values)[rows] for name, values in columns.items()}


def write_misses_page(folder, misses, views, target, protocol):
    """Write index.html, the list of misses, to `folder`, beside their pages.

    misses: table of `find_misses`. views: {object_id: `ObjectView`}. target: class sought. protocol: of the folds.
    """
    rows = []
    for k, name in enumerate(misses["object_id"]):
        view = views[str(name)]
        best, gap = _verdict(view.evidence)
        rows.append(
            {
                "object_id": str(name),
                "href": f"{page_name(name)}.html",
                "kind": misses["kind"][k],
                "type": misses["spec_type"][k],
                "event": misses["event"][k],
                "found": f"{misses['found'][k]} of {misses['copies'][k]}",
                "probability": shown_as(misses["probability"][k], 3),
                "spread": shown_as(misses["spread"][k], 3),
                "threshold": shown_as(misses["threshold"][k], 3),
                "redshift": shown_as(view.redshift, 3),
                "points": len(view.mjd),
                "snr": number(float(np.max(view.flux / view.flux_err)), 2) if len(view.mjd) else "",
                "best": EVIDENCES.get(best, ""),
                "gap": shown_as(gap, 1),
                "curve": f"{page_name(name)}.light_curve.svg",
            }
        )
    counts = {kind: int(np.sum(misses["kind"] == kind)) for kind in MISSED}
    events = len(set(misses["event"][misses["kind"] == "missed event"]))
    told = {"rows": rows, "counts": counts, "events": events, "meanings": MISSED, "target": target}
    render(Path(folder, "index.html"), "misses.html", root="../", protocol=protocol, **told)


def _verdict(evidence):
    """Return the hypothesis of highest evidence, and the best TDE evidence less the best other one, NaN if unknown."""
    known = {name: value for name, value in evidence.items() if not np.isnan(value)}
    if not known:
        return "", np.nan
    ours = [value for name, value in known.items() if KINDS.get(name) == "TDE"]
    rest = [value for name, value in known.items() if KINDS.get(name) != "TDE"]
    return max(known, key=known.get), max(ours) - max(rest) if ours and rest else np.nan
