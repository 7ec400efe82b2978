"""Audit leakage through the time grid: can the event, or the class, be told from time stamps alone?

The step of the grid of epochs over 1 + z is the same for all copies of an event (see `mallorn.survey.events`). A
feature that carries it tells siblings exactly, and stratified folds then reward the memory of events.
"""

from itertools import pairwise

import numpy as np

from mallorn.evaluate.audits.verdict import verdict
from mallorn.metrics import average_precision, roc_auc

__all__ = [
    "audit_class_from_times",
    "audit_siblings_from_features",
    "sibling_resolution",
    "sibling_retrieval",
    "time_features",
]

_WINDOW = 5
"""Number of neighbours on either side that give the local spacing of a feature."""

_EVENTS = 1000
"""Fewest events for which features are judged."""


def time_features(lightcurves):
    """Return {name: (n,)}: features of the time stamps of `LightCurves` alone, without fluxes; in days.

    The grid's step is not among them: `mallorn.survey.events.grid_steps` finds it.
    """
    rows = []
    for begin, end in pairwise(lightcurves.start):
        mjd, band = lightcurves.mjd[begin:end], lightcurves.band[begin:end]
        nights = np.unique(mjd)
        gaps = np.diff(nights)
        gaps = gaps if len(gaps) else np.array([np.nan])
        rows.append(
            {
                "points": len(mjd),
                "epochs": len(nights),
                "first": nights[0] if len(nights) else np.nan,
                "duration": np.ptp(mjd) if len(mjd) else np.nan,
                "shortest_gap": gaps.min(),
                "median_gap": np.median(gaps),
                "longest_gap": gaps.max(),
                "mean_time": mjd.mean() - mjd.min() if len(mjd) else np.nan,
                **{f"points_{k}": np.sum(band == k) for k in range(len(lightcurves.passbands))},
            }
        )
    return {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}


def sibling_retrieval(values, event):
    """Return, of the objects with a sibling, the share whose nearest neighbour in one feature is a sibling.

    If several neighbours are equally near, the share of siblings among them counts. values (n,), NaN where missing;
    event (n,) str. Returns NaN if no object with a value has a sibling with one.
    """
    known = np.isfinite(values)
    x, event = np.asarray(values, dtype=float)[known], np.unique(np.asarray(event, str)[known], return_inverse=True)[1]
    has_sibling = np.bincount(event)[event] > 1 if len(event) else np.zeros(0, dtype=bool)
    if not has_sibling.any():
        return np.nan
    levels, level, crowd = np.unique(x, return_inverse=True, return_counts=True)
    width = event.max() + 1
    keys, times = np.unique(level * width + event, return_counts=True)

    def siblings_at(place):
        wanted = place * width + event
        at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        return np.where((place >= 0) & (place < len(levels)) & (keys[at] == wanted), times[at], 0)

    gap = np.concatenate([[np.inf], np.diff(levels), [np.inf]])
    below, above = gap[level], gap[level + 1]
    padded = np.concatenate([crowd, [0]])  # the first and the last level have no neighbour beyond
    found, all_near = np.zeros(len(x)), np.zeros(len(x))
    for side, nearest in ((-1, below <= above), (1, above <= below)):
        found += np.where(nearest, siblings_at(level + side), 0)
        all_near += np.where(nearest, padded[level + side], 0)
    tied = crowd[level] > 1
    found, all_near = np.where(tied, siblings_at(level) - 1, found), np.where(tied, crowd[level] - 1, all_near)
    return float(np.mean((found / np.maximum(all_near, 1))[has_sibling]))


def sibling_resolution(values, event):
    """Return how often one feature would find a sibling nearest among 1,000 events or more: 0 to 1.

    A few events lie far apart in any feature, and those that resemble each other are neighbours without a leak. An
    object's distance to its nearest sibling is therefore compared with the local spacing of the feature. This, with
    other objects of the same value, gives the expected number n of events in between, and exp(-n) is the chance that
    there is none. The result is the mean over objects that have a sibling, NaN if none has. values (n,), NaN where
    missing; event (n,) str.
    """
    known = np.isfinite(values)
    x, event = np.asarray(values, dtype=float)[known], np.unique(np.asarray(event, str)[known], return_inverse=True)[1]
    n, events = len(x), event.max() + 1 if len(event) else 0
    if n <= events:
        return np.nan
    order = np.lexsort((x, event))
    step = np.where(np.diff(event[order]) == 0, np.diff(x[order]), np.inf)
    nearest = np.empty(n)
    nearest[order] = np.minimum(np.append(np.inf, step), np.append(step, np.inf))
    rank = np.argsort(x, kind="stable")
    low, high = np.clip(np.arange(n) - _WINDOW, 0, None), np.clip(np.arange(n) + _WINDOW, None, n - 1)
    spacing = np.empty(n)
    spacing[rank] = (x[rank][high] - x[rank][low]) / (high - low)
    paired = np.isfinite(nearest)
    between = np.divide(2.0 * nearest, spacing, out=np.where(nearest > 0, np.inf, 0.0), where=spacing > 0)
    between += _tied_strangers(x, event)
    return float(np.mean(np.exp(-between[paired] * events / n * max(_EVENTS / events, 1.0))))


def _tied_strangers(x, event):
    """Return the number (n,) of objects of other events with the same value."""
    _, level, crowd = np.unique(x, return_inverse=True, return_counts=True)
    _, pair, same = np.unique(level * (event.max() + 1) + event, return_inverse=True, return_counts=True)
    return crowd[level] - same[pair]


def audit_siblings_from_features(columns, values, redshift, event, limits):
    """Return the verdict on single features that find siblings: as they are, times 1 + z, and over 1 + z.

    Light curves of one event resemble each other, and a feature may find siblings somewhat more often than chance. A
    feature that carries the time grid finds many of them, or nearly all. warn and fail: the `sibling_resolution` of the
    best feature is above the first or second of `limits`.

    columns (p,) names; values (n, p); redshift (n,) above -1; event (n,) str.
    """
    stretch = 1.0 + np.asarray(redshift, dtype=float)
    found = {}
    for name, column in zip(columns, np.asarray(values, dtype=float).T, strict=True):
        shares = [sibling_resolution(column * factor, event) for factor in (1.0, stretch, 1.0 / stretch)]
        found[name] = float(np.nanmax(shares)) if np.isfinite(shares).any() else 0.0
    order = sorted(found, key=lambda name: -found[name])
    guilty = [name for name in order if found[name] > limits[0]]
    best = f"{order[0]}, for {found[order[0]]:.1%} of the objects"
    finding = (
        f"{len(guilty)} features find siblings alone ({', '.join(guilty[:5])}); the best is {best}"
        if guilty
        else f"no feature finds siblings by itself; the best is {best}"
    )
    result = "pass" if not guilty else "fail" if found[order[0]] > limits[1] else "warn"
    numbers = {"limits": list(limits), "found": {name: found[name] for name in order[:10]}, "guilty": guilty}
    return verdict("siblings from features", result, finding, **numbers)


def audit_class_from_times(predict, times, step, redshift, target, event, folds, limit):
    """Return the verdict on classes told from time stamps alone, the grid's step included: warn above `limit`.

    This never fails, since nobody can change a survey's time stamps. It says how much they reveal, and that the grid
    tells events. It compares the ROC AUC with stratified folds, where the step finds a sibling on the other side, and
    with grouped folds, where only what types share can help.

    predict: function of (values (n, p), fold (n,)) that returns out-of-fold probabilities (n,). times: {name: (n,)} as
    from `time_features`; step (n,) days; folds: {"stratified", "grouped": (n,)}; limit: of the AUC with grouped folds.
    """
    span = step / (1.0 + redshift)
    tables = {
        "times": np.stack(list(times.values()), axis=1),
        "times and grid": np.stack([*times.values(), step, span], axis=1),
    }
    scores = {}
    for table, values in tables.items():
        for protocol, fold in folds.items():
            p = predict(values.astype(np.float32), fold)
            scores[f"{table}, {protocol}"] = {
                "roc_auc": roc_auc(target, p),
                "average_precision": average_precision(target, p),
            }
    retrieval = sibling_retrieval(span, event)
    best = max(scores[f"{table}, grouped"]["roc_auc"] for table in tables)
    finding = (
        f"the grid of epochs finds the sibling of {retrieval:.1%} of the objects, a known artefact of the survey; "
        f"time stamps alone tell targets of new events with ROC AUC {best:.2f}, of siblings, by the grid, with "
        f"{scores['times and grid, stratified']['roc_auc']:.2f}"
    )
    numbers = {"on_grid": float(np.isfinite(step).mean()), "siblings_found": retrieval, "scores": scores}
    numbers |= {"chance_average_precision": float(np.mean(target)), "limit": limit}
    return verdict("class from time stamps", "warn" if best > limit else "pass", finding, **numbers)
