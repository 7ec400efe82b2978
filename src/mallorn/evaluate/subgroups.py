"""Scores of groups of objects, by type, redshift, points, signal to noise and magnitude; and confusions."""

import numpy as np

from mallorn.decide.calibration import cross_fitted
from mallorn.learning.folds import fold_of
from mallorn.metrics import average_precision, bootstrap, decision_scores, interval
from mallorn.seeds import derived_seed
from mallorn.survey.copies import cuts_of

__all__ = [
    "GROUP_COLUMNS",
    "bin_groups",
    "confusion",
    "decided",
    "light_curve_properties",
    "property_groups",
    "score_groups",
    "type_groups",
]

_DETECTED = 5.0  # sigma
_ZERO_POINT = 23.9  # AB magnitude of a microjansky

_SCORES = ("chosen_fraction", "average_precision", "f1", "precision", "recall")

GROUP_COLUMNS = (
    *("property", "group", "from", "to", "objects", "events", "targets", "chosen", "probability"),
    *(name for score in _SCORES for name in (score, f"{score}_low", f"{score}_high")),
)
"""Columns of `score_groups`."""


def light_curve_properties(lightcurves):
    """Return {"redshift", "points", "snr", "magnitude"}, (n,) each, for `LightCurves`.

    snr is the highest flux over its error, NaN without points. magnitude is the apparent AB magnitude, as observed, of
    the brightest point above five sigma in any passband, NaN without such a point.
    """
    snr, magnitude = np.full((2, len(lightcurves)), np.nan)
    filled = np.flatnonzero(lightcurves.n_points)
    if len(filled):
        ratio, first = lightcurves.flux / lightcurves.flux_err, lightcurves.start[filled]
        snr[filled] = np.maximum.reduceat(ratio, first)
        brightest = np.maximum.reduceat(np.where(ratio > _DETECTED, lightcurves.flux, 0.0), first)
        seen = brightest > 0
        magnitude[filled[seen]] = _ZERO_POINT - 2.5 * np.log10(brightest[seen])
    return {"redshift": lightcurves.redshift, "points": lightcurves.n_points, "snr": snr, "magnitude": magnitude}


def type_groups(spec_type):
    """Return groups as for `score_groups`: one for each SpecType, the largest first."""
    names, counts = np.unique(np.asarray(spec_type, dtype=str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [("spec_type", str(name), np.nan, np.nan, spec_type == name) for name in names[order]]


def bin_groups(name, values, edges):
    """Return groups as for `score_groups`: the bins of `values` (n,) between `edges`; the outermost bins are open.

    A bin holds its lower edge. Objects whose value is NaN are in none.
    """
    ends = np.array([-np.inf, *edges, np.inf])
    groups = []
    for low, high in zip(ends[:-1], ends[1:], strict=True):
        label = f"< {high:g}" if np.isinf(low) else f">= {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
        known = (x if np.isfinite(x) else np.nan for x in (low, high))
        groups.append((name, label, *known, (values >= low) & (values < high)))
    return groups


def property_groups(properties, object_id, bins):
    """Return groups as for `score_groups`: `bin_groups` of the objects (n,) in each property.

    properties: {"object_id", and `light_curve_properties`} of these objects and perhaps others.
    bins: {property: edges}.
    """
    place = {name: k for k, name in enumerate(properties["object_id"])}
    rows = [place[name] for name in object_id]
    return [group for name, edges in bins.items() for group in bin_groups(name, properties[name][rows], edges)]


def decided(predictions, folds, settings, cut=""):
    """Return out-of-fold predictions in the order of their ids, with labels and with decisions from other folds.

    Keys, (n,) each: object_id, those of `mallorn.learning.folds.fold_of`, probability, fold, calibrated, decision
    (bool), classes (n, C); and names, those of the classes.

    predictions: see `mallorn.decide.predictions.read_out_of_fold`. folds: the table of folds.
    settings: {"threshold", "calibration": blocks of config.yaml}. cut: of the copies that are kept, see
    `mallorn.survey.copies`; "" keeps the objects that are no copies.
    """
    p = predictions
    order = np.argsort(p.object_id.astype(str), kind="stable")
    order = order[cuts_of(p.object_id[order]) == cut]
    object_id, probability, fold = p.object_id[order], p.probability[order], p.fold[order]
    labels = fold_of(folds, p.protocol, p.repeat, object_id)
    method = settings["calibration"]["method"]
    calibrated, threshold = cross_fitted(method, settings["threshold"], labels["target"], probability, fold)
    return {
        **labels,
        "object_id": object_id,
        "probability": probability,
        "fold": fold,
        "calibrated": calibrated,
        "decision": calibrated >= threshold,
        "names": p.names,
        "classes": p.classes[order],
    }


def score_groups(groups, target, event, probability, decision, options, seed):
    """Return a row {column: value} of `GROUP_COLUMNS` for each group that has objects, averaged over R repeats.

    chosen: number of objects chosen as targets. chosen_fraction: their share of the group, which is the recall in a
    group of targets and the false positive rate in a group of others. probability: its mean. Scores that need targets,
    or others, are NaN in groups without them. Intervals are over events, as in `mallorn.evaluate.scores`.

    groups: list of (property, name, from, to, member (n,) bool). target (n,) 0 or 1; event (n,) str.
    probability, decision: (R, n), of R repeats. options: block `evaluation` of config.yaml.
    """
    groups = [group for group in groups if group[-1].any()]

    def statistics(weight):
        scores = {}
        for k, (*_, member) in enumerate(groups):
            y, w = target[member], weight[:, member]
            repeats = [
                _statistics(y, p[member], chosen[member], w) for p, chosen in zip(probability, decision, strict=True)
            ]
            scores |= {(k, name): np.mean([repeat[name] for repeat in repeats], axis=0) for name in _SCORES}
        return scores

    value = statistics(np.ones((1, len(target))))
    drawn = bootstrap(statistics, event, target, options["rounds"], derived_seed(seed, "scores"))
    rows = []
    for k, (kind, name, low, high, member) in enumerate(groups):
        row = {"property": kind, "group": name, "from": low, "to": high, "objects": int(member.sum())}
        row |= {"events": len(set(event[member])), "targets": int(target[member].sum())}
        row |= {"chosen": float(decision[:, member].sum(axis=1).mean())}
        row |= {"probability": float(probability[:, member].mean())}
        for score in _SCORES:
            row[score] = float(value[k, score][0])
            row[f"{score}_low"], row[f"{score}_high"] = map(float, interval(drawn[k, score], options["level"]))
        rows.append(row)
    return rows


def confusion(spec_type, decision, classes, names):
    """Return a row for each SpecType and class: spec_type, predicted, objects (mean over repeats), fraction.

    An object that is chosen counts as predicted to be a target, any other as the most probable of the other classes.

    spec_type (n,) str; decision (R, n) bool; classes (R, n, C): probabilities of the classes `names`. The first class
    is that of targets; if there are only two, the second holds all others.
    """
    others = 1 + np.argmax(classes[:, :, 1:], axis=2)
    predicted = np.where(decision, 0, others)
    rows = []
    for _, kind, _, _, member in type_groups(spec_type):
        share = np.mean(predicted[:, member, None] == np.arange(len(names)), axis=(0, 1))
        for name, fraction in zip(names, share, strict=True):
            row = {"spec_type": kind, "predicted": name}
            rows.append({**row, "objects": float(fraction * member.sum()), "fraction": float(fraction)})
    return rows


def _statistics(target, probability, decision, weight):
    """Return {score: (b,)} of one repeat under weights (b, n)."""
    total, none = weight.sum(axis=1), np.full(len(weight), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = {"chosen_fraction": weight @ decision / total}
    mixed = 0 < target.sum() < len(target)
    precision = decision_scores(target, decision, weight) if target.any() else {}
    return {
        **scores,
        "average_precision": average_precision(target, probability, weight) if mixed else none,
        **{name: precision.get(name, none) if mixed else none for name in ("f1", "precision", "recall")},
    }
