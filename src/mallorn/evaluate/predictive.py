"""Intervals of a score: for the objects that were scored, and for a new sample of events of a stated size.

The interval of a score says how it varies with the events that were scored. The score of another sample of events
varies more: the scored events are one sample and the new ones another, and other training events would have given
another model. There are three kinds of draws, each of which includes the one before:

- "score": the events that were scored, drawn anew.
- "new_sample": the scored events drawn anew, and from these as many events as the new sample has.
- "new_sample_and_model": and the odds of the score shifted as they are between models that learned from other events.
  It is for a new sample that is scored by models of other training events. The models behind the score are one draw of
  such models and the new ones another, so the shift is the difference of two.

How models differ is told by models that learn from a share of the events, drawn without replacement. Doubled events
would teach models worse than any sample does. Scores by models of m of n events have the variance V(m) (1 - m / n),
where V(m), that of independent samples, falls with 1 / m (the delete-d jackknife; Shao & Wu 1989, Annals of Statistics
17, 1176). For halves it is V(n) itself. What counts is by how much a model is better or worse on all events. That it
ranks these events by chance as it does is in the draws of events already, and would count twice. So V is the
covariance of a model's scores on two halves of the scored events. Few models tell it with an error, and a variance is
not negative: taken is the mean of the normal distribution of the estimate and its error, above 0.

The last two know more than the draws. Draws of n events have (n - 1) / n of the variance, so these intervals are taken
at a level as much wider as Student's t of n - 1 degrees of freedom asks (the expanded percentile interval; Hesterberg
2015, The American Statistician 69, 371), n being the number of events of targets. Doubled events flatter a score, so
the odds of all draws are multiplied by one number that brings their mean to the score itself. Draws of 0 and 1 stay.

A sample without a miss says nothing of what will be missed: all its draws score 1. So beside the n events of targets
stand half an event that ranks below all objects and half an event that ranks above all. It is what Jeffreys' prior adds
to the misses and hits of a rate, whose interval keeps its promise next to 0 and 1 (Brown, Cai & DasGupta 2001,
Statistical Science 16, 101). Each has a weight drawn from the gamma distribution of shape 1/2, as in the Bayesian
bootstrap (Rubin 1981, Annals of Statistics 9, 130).
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
_HALF = 0.5
"""Events of targets that are missed, and as many that rank first, beside those that were scored."""
_HALVINGS = 50
"""Times that the scored events are parted in halves for the covariance of scores."""

_SAME = 1e-9
"""Scores as close as this are the same."""
_FARTHEST = 5.0
"""Bound of the natural logarithm of the number that odds are multiplied by."""


def draws(target, event, probability, sample, shifts, rounds, seed):
    """Return {(score, kind): (rounds,)} for the names in `SCORES` and `KINDS`.

    target (n,) 0 or 1; event (n,) str; probability (n,). sample: (target events, other events) of the new sample, None
    for as many as were scored. shifts: {score: (R,)} of models that learned from other events, mean 0.
    """
    events, which = np.unique(np.asarray(event, dtype=str), return_inverse=True)
    positive = np.bincount(which, np.asarray(target) == 1, len(events)) > 0
    groups = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    sizes = [len(group) for group in groups] if sample is None else sample
    # two more objects, each an event of targets: one below all, one above
    labels = (
        np.append(target, [1, 1]),
        np.append(probability, [-1.0, 2.0]),
        np.append(which, len(events) + np.arange(2)),
    )
    rng, found = generator(seed, "predictive"), {}
    for begin in range(0, rounds, _BATCH):
        weights = _weights(groups, sizes, min(_BATCH, rounds - begin), len(events) + 2, rng)
        for name, score in SCORES.items():
            for k, weight in enumerate(weights):
                found.setdefault((name, k), []).append(score(*labels[:2], weight[:, labels[2]]))
    made = {}
    for name, score in SCORES.items():
        plain, new, with_halves = (np.concatenate(found[name, k]) for k in range(3))
        value = score(target, probability)
        new = _with_odds(with_halves, _log_factor(new, value))
        inner = (len(groups[0]) * value + _HALF) / (len(groups[0]) + 2.0 * _HALF)
        theirs, ours = rng.choice(shifts[name], size=(2, rounds))
        shifted = _with_odds(new, (theirs - ours) / (inner * (1.0 - inner)))
        made |= dict(zip([(name, kind) for kind in KINDS], (plain, new, shifted), strict=True))
    return made


def interval_of(kind, values, events, level):
    """Return (low, high) of a kind of interval from its `draws`.

    kind: one of `KINDS`. values (rounds,): draws. events: number of events of targets that were scored. level: share of
    new samples that the interval is to hold.
    """
    if kind != "score" and events > 1:
        from scipy.stats import norm, t

        level = 2.0 * norm.cdf(np.sqrt(events / (events - 1)) * t.ppf(0.5 + 0.5 * level, events - 1)) - 1.0
    return tuple(map(float, interval(values, level)))


def _weights(groups, sizes, rounds, n, rng):
    """Return weights (3, rounds, n) of events: drawn anew; a new sample of these; and one that may have the halves.

    groups: positions of the events of targets and of others. sizes: of the new sample. The last two of the n events are
    those that the halves stand for.
    """
    weights = np.zeros((3, rounds, n))
    for k, (group, size) in enumerate(zip(groups, sizes, strict=True)):
        drawn = rng.multinomial(len(group), np.full((rounds, len(group)), 1.0 / len(group)))
        weights[0][:, group] = drawn
        weights[1][:, group] = rng.multinomial(size, drawn / len(group))
        if k == 0:
            group, drawn = np.append(group, [n - 2, n - 1]), np.hstack([drawn, rng.gamma(_HALF, size=(rounds, 2))])
            weights[2][:, group] = rng.multinomial(size, drawn / drawn.sum(axis=1, keepdims=True))
        else:
            weights[2][:, group] = weights[1][:, group]
    return weights


def _log_factor(values, mean):
    """Return the natural logarithm of the number that odds are multiplied by to bring the mean of scores to `mean`."""
    from scipy.optimize import brentq

    def excess(log_factor):
        return np.nanmean(_with_odds(values, log_factor)) - mean

    if abs(excess(0.0)) < _SAME:
        return 0.0
    ends = [end for end in (-_FARTHEST, _FARTHEST) if np.sign(excess(end)) in (0.0, np.sign(end))]
    if len(ends) < 2:  # draws of 0 and 1, which stay, leave no room
        return -np.sign(excess(0.0)) * _FARTHEST
    return brentq(excess, *ends, xtol=1e-9)


def _with_odds(values, log_factor):
    """Return scores (n,) whose odds are multiplied by a number, or one for each (n,), given its natural logarithm."""
    inside = np.abs(values - 0.5) < 0.5 - _SAME
    return np.where(inside, expit(logit(np.clip(values, _SAME, 1.0 - _SAME)) + log_factor), np.round(values))


def model_shifts(objects, stratum, fold, spec, options, seed, threads):
    """Return {score: (R,)}: how scores out of fold differ from their mean between models of other training events.

    Each of the R refits draws one of P equal parts of the events, trains on its events in a training part, and predicts
    the fold as it is. The variance of the shifts is the covariance of the scores on two halves of the events, divided
    by P - 1, for models of all events: see the module.

    objects: `Labelled`; class 0 is the one sought. stratum (n,) str; fold (n,). spec: a block of `models`. options:
    {"refits", "parts"}: R and P, both at least 2.
    """
    target, predicted = objects.classes == 0, []
    for refit in range(options["refits"]):
        drawn = assign_folds(stratum, objects.event, options["parts"], generator(seed, "refit", refit)) == 0
        parts = [(np.flatnonzero(drawn & (fold != k)), np.flatnonzero(fold == k)) for k in np.unique(fold)]
        one = derived_seed(seed, "refit", refit)
        predicted.append(train_predict(objects, parts, spec, one, threads).inside[:, 0])
    rng, found = generator(seed, "halves"), {}
    halves = [assign_folds(stratum, objects.event, 2, rng) == 0 for _ in range(_HALVINGS)]
    for name, score in SCORES.items():
        of_halves = np.array([[[score(target[h], p[h]) for p in predicted] for h in (half, ~half)] for half in halves])
        variance = _variance(of_halves) / (options["parts"] - 1)
        values = np.array([score(target, p) for p in predicted])
        spread = max(values.std(), _SAME)
        found[name] = (values - values.mean()) / spread * np.sqrt(variance)
    return found


def _variance(scores):
    """Return the variance of models from their scores (H, 2, R) on both halves of H halvings: see the module."""
    from scipy.stats import truncnorm

    off, models = scores - scores.mean(axis=2, keepdims=True), scores.shape[2]
    products = np.prod(off, axis=1).mean(axis=0) * models / (models - 1)
    value, error = products.mean(), max(products.std(ddof=1) / np.sqrt(models), _SAME**2)
    return float(truncnorm.mean(-value / error, np.inf, loc=value, scale=error))


def found_in_splits(objects, stratum, spec, shifts, options, seed, threads):
    """Return {(score, kind): (splits,) int}: -1, 0 or 1 if the score of a new sample is below, inside or above.

    Each split parts the events equally, stratum by stratum. On the first part the model is cross-validated, with whole
    events in a fold, and its interval is made. The second part is the new sample. Trained on all of the first, the
    model scores it. For the interval that has the model's variation in it, the second part is cross-validated by
    itself, so that its models are of other training events. The shifts are those of models of all events, times the
    square root of the number of parts.

    stratum (n,) str. shifts: as for `draws`. options: {"splits", "parts", "folds", "rounds", "level"}. The others are
    as for `model_shifts`.
    """
    target, found = (objects.classes == 0).astype(int), {(name, kind): [] for name in SCORES for kind in KINDS}
    wider = {name: np.sqrt(options["parts"]) * values for name, values in shifts.items()}
    for split in range(options["splits"]):
        rng, one = generator(seed, "split", split), derived_seed(seed, "split", split)
        part = assign_folds(stratum, objects.event, options["parts"], rng)
        old, new = (np.flatnonzero(part == k) for k in (0, 1))
        of_old, of_new = (_folds(rows, stratum, objects.event, options["folds"], rng) for rows in (old, new))
        p = train_predict(objects, [*of_old, (old, new)], spec, one, threads).inside[:, 0]
        by_others = train_predict(objects, of_new, spec, one, threads).inside[:, 0]
        sample = [len(set(objects.event[new][target[new] == t])) for t in (1, 0)]
        made = draws(target[old], objects.event[old], p[old], sample, wider, options["rounds"], one)
        known = len(set(objects.event[old][target[old] == 1]))
        for (name, kind), values in made.items():
            low, high = interval_of(kind, values, known, options["level"])
            value = SCORES[name](target[new], (by_others if kind == KINDS[2] else p)[new])
            found[name, kind].append(int(value > high + _SAME) - int(value < low - _SAME))
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
        low, high = interval_of(kind, values, known[0], options["level"])
        row = {"score": name, "kind": kind, "stated": options["level"], "value": value, "low": low, "high": high}
        row |= {"target_events": events[0], "other_events": events[1], "model_sd": float(np.std(shifts[name]))}
        row |= {"splits": len(where), "found": float(np.mean(where == 0))}
        rows.append({**row, "below": float(np.mean(where < 0)), "above": float(np.mean(where > 0))})
    return rows


def _folds(rows, stratum, event, number, rng):
    """Return the parts (train, predict) of a cross-validation within `rows` (m,), with whole events in a fold."""
    fold = assign_folds(stratum[rows], event[rows], number, rng)
    return [(rows[fold != k], rows[fold == k]) for k in range(number)]
