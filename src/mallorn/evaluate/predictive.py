"""Intervals of a score: for the objects that were scored, and for a new sample of events of a stated size.

The interval of a score says how it varies with the events that were scored. The score of another sample of events
varies more: the scored events are one sample and the new ones another, and other training events would have given
another model. There are three kinds of draws, each of which includes the one before:

- "score": the events that were scored, drawn anew.
- "new_sample": the scored events drawn anew, and from these as many events as the new sample has.
- "new_sample_and_model": the same, with the score shifted as between models trained on events drawn anew.

With few events the last two are too narrow and off centre: draws of n events have (n - 1) / n of the variance, and
doubled events flatter a score. Their intervals are therefore taken on the scale of log odds, centred on the score
itself, and widened as Student's t of n - 1 degrees of freedom asks, where n is the number of target events (the
expanded percentile interval; Hesterberg 2015, The American Statistician 69, 371).
"""

import numpy as np
from scipy.special import expit, logit

from mallorn.learning.cross_validation import train_predict
from mallorn.learning.folds import assign_folds
from mallorn.metrics import average_precision, interval, roc_auc
from mallorn.seeds import derived_seed, generator

__all__ = [
    "KINDS",
    "PREDICTIVE_COLUMNS",
    "SCORES",
    "draws",
    "found_in_splits",
    "interval_of",
    "model_shifts",
    "predictive_rows",
]

KINDS = ("score", "new_sample", "new_sample_and_model")
SCORES = {"average_precision": average_precision, "roc_auc": roc_auc}
PREDICTIVE_COLUMNS = (
    *("score", "kind", "stated", "value", "low", "high", "target_events", "other_events", "model_sd"),
    *("splits", "found", "below", "above"),
)
"""Columns of the rows of `predictive_rows`."""

_BATCH = 250
_EDGE = 1e-4
"""Scores are kept this far from 0 and 1 before their log odds are taken."""


def draws(target, event, probability, sample, shifts, rounds, seed):
    """Return {(score, kind): (rounds,)} for the names in `SCORES` and `KINDS`.

    target (n,) 0 or 1; event (n,) str; probability (n,). sample: (target events, other events) of the new sample, None
    for as many as were scored. shifts: {score: (R,)} of models trained on other events, mean 0.
    """
    events, which = np.unique(np.asarray(event, dtype=str), return_inverse=True)
    positive = np.bincount(which, np.asarray(target) == 1, len(events)) > 0
    groups = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    sizes = [len(group) for group in groups] if sample is None else sample
    rng, found = generator(seed, "predictive"), {}
    for begin in range(0, rounds, _BATCH):
        weights = np.zeros((2, min(_BATCH, rounds - begin), len(events)))
        for group, size in zip(groups, sizes, strict=True):
            share = np.full((weights.shape[1], len(group)), 1.0 / len(group))
            drawn = rng.multinomial(len(group), share)
            weights[0][:, group] = drawn
            weights[1][:, group] = rng.multinomial(size, drawn / len(group))
        for name, score in SCORES.items():
            for kind, weight in zip(KINDS, weights, strict=False):
                found.setdefault((name, kind), []).append(score(target, probability, weight[:, which]))
    found = {key: np.concatenate(parts) for key, parts in found.items()}
    for name in SCORES:
        shift = rng.choice(shifts[name], size=rounds)
        found[name, KINDS[2]] = np.clip(found[name, KINDS[1]] + shift, 0.0, 1.0)
    return found


def interval_of(kind, values, value, events, level):
    """Return (low, high) of a kind of interval from its `draws`.

    kind: one of `KINDS`. values (rounds,): draws. value: the score itself. events: number of target events that were
    scored. level: share of new samples that the interval is to hold.
    """
    if kind == "score" or events < 2:
        return tuple(map(float, interval(values, level)))
    from scipy.stats import norm, t

    wider = 2.0 * norm.cdf(np.sqrt(events / (events - 1)) * t.ppf(0.5 + 0.5 * level, events - 1)) - 1.0
    odds = logit(np.clip(values, _EDGE, 1.0 - _EDGE))
    shift = logit(np.clip(value, _EDGE, 1.0 - _EDGE)) - np.nanmean(odds)
    return tuple(float(expit(end + shift)) for end in interval(odds, wider))


def model_shifts(objects, fold, spec, refits, seed, threads):
    """Return {score: (refits,)}: how scores out of fold differ from their mean when training events are drawn anew.

    Each refit draws the events of a training part with replacement, targets and others apart, trains on them, and
    predicts the fold as it is. The variance of the differences is multiplied by R / (R - 1), since they are taken from
    their own mean.

    objects: `Labelled`; class 0 is the one sought. fold (n,). spec: a block of `models`. refits: R, at least 2.
    """
    target, values = objects.classes == 0, {name: [] for name in SCORES}
    for refit in range(refits):
        rng, parts = generator(seed, "refit", refit), []
        for k in np.unique(fold):
            parts.append((_redrawn(np.flatnonzero(fold != k), target, objects.event, rng), np.flatnonzero(fold == k)))
        p = train_predict(objects, parts, spec, derived_seed(seed, "refit", refit), threads).inside[:, 0]
        for name, score in SCORES.items():
            values[name].append(score(target, p))
    widen = np.sqrt(refits / (refits - 1))
    return {name: widen * (np.array(found) - np.mean(found)) for name, found in values.items()}


def found_in_splits(objects, stratum, spec, shifts, options, seed, threads):
    """Return {(score, kind): (splits,) int}: -1, 0 or 1 if the score of a new sample is below, inside or above.

    Each split divides the events into halves, stratum by stratum. On the first half the model is cross-validated, with
    whole events in a fold, and its interval is made. Trained on all of that half, the model scores the second one, the
    new sample. The shifts of models are those of the whole, times the square root of the events in the whole over those
    in the half.

    stratum (n,) str. shifts: as for `draws`. options: {"splits", "folds", "rounds", "level"}. The others are as for
    `model_shifts`.
    """
    target, found = (objects.classes == 0).astype(int), {(name, kind): [] for name in SCORES for kind in KINDS}
    events = len(set(objects.event))
    for split in range(options["splits"]):
        rng, one = generator(seed, "split", split), derived_seed(seed, "split", split)
        half = assign_folds(stratum, objects.event, 2, rng)
        old, new = np.flatnonzero(half == 0), np.flatnonzero(half == 1)
        fold = assign_folds(stratum[old], objects.event[old], options["folds"], rng)
        parts = [(old[fold != k], old[fold == k]) for k in range(options["folds"])]
        p = train_predict(objects, [*parts, (old, new)], spec, one, threads).inside[:, 0]
        sample = [len(set(objects.event[new][target[new] == t])) for t in (1, 0)]
        wider = {name: v * np.sqrt(events / len(set(objects.event[old]))) for name, v in shifts.items()}
        made = draws(target[old], objects.event[old], p[old], sample, wider, options["rounds"], one)
        known = len(set(objects.event[old][target[old] == 1]))
        for (name, kind), values in made.items():
            low, high = interval_of(kind, values, SCORES[name](target[old], p[old]), known, options["level"])
            value = SCORES[name](target[new], p[new])
            found[name, kind].append(int(value > high) - int(value < low))
    return {key: np.array(values) for key, values in found.items()}


def predictive_rows(labels, probability, sample, shifts, found, options, seed):
    """Return a row {column: value} of `PREDICTIVE_COLUMNS` for each score and kind of interval.

    found, below, above: shares of the splits of `found_in_splits` whose new sample is inside the interval, below and
    above it. model_sd: standard deviation of the shifts. labels: {"target", "event"} (n,). options: {"level",
    "rounds"}.
    """
    made = draws(labels["target"], labels["event"], probability, sample, shifts, options["rounds"], seed)
    known = [len(set(labels["event"][labels["target"] == t])) for t in (1, 0)]
    events, rows = known if sample is None else sample, []
    for (name, kind), values in sorted(made.items(), key=lambda item: (item[0][0], KINDS.index(item[0][1]))):
        value, where = SCORES[name](labels["target"], probability), found[name, kind]
        low, high = interval_of(kind, values, value, known[0], options["level"])
        row = {"score": name, "kind": kind, "stated": options["level"], "value": value, "low": low, "high": high}
        row |= {"target_events": events[0], "other_events": events[1], "model_sd": float(np.std(shifts[name]))}
        row |= {"splits": len(where), "found": float(np.mean(where == 0))}
        rows.append({**row, "below": float(np.mean(where < 0)), "above": float(np.mean(where > 0))})
    return rows


def _redrawn(rows, target, event, rng):
    """Return `rows` (m,) with their events drawn with replacement, targets and others apart."""
    parts = []
    for group in (rows[target[rows]], rows[~target[rows]]):
        _, which = np.unique(event[group].astype(str), return_inverse=True)
        members = np.split(group[np.argsort(which, kind="stable")], np.cumsum(np.bincount(which))[:-1])
        parts += [members[k] for k in rng.integers(len(members), size=len(members))]
    return np.concatenate(parts)
