"""The domain of a model: whether an object was observed like the training objects, so that the model can judge it.

A model also answers for light curves unlike those that it learned from: other depths, passbands and cadences, other
units, a few points. Each scorer of a model therefore keeps how its training objects were observed
(`mallorn.survey.observed`): the range of each quantity without its tails, and a sample of objects as a reference. An
object is in the domain if each of its quantities is in the range, if it has the passbands that nearly all training
objects have, and if it is as near to an object of the reference as nearly all training objects are. The distance is
Euclidean over the quantities, each divided by its scatter. Outside the domain the scorer extrapolates.

Another scorer does not take over at once. An objection counts in part a little beyond a range or a distance, and whole
from half a scatter beyond it on, or where the share of detections has reached 1. One missing passband counts
half, two or more count whole. The weight of the other scorer rises smoothly with the objections that it is spared, and
is whole from one on. So the score of an object that grows does not jump where a quantity passes the end of a range.
"""

import json
import logging
import re
from collections import Counter
from pathlib import Path

import numpy as np

from mallorn.decide.judgement import TRIOS, Judgement
from mallorn.decide.young import rising, share_of_whole
from mallorn.learning.training_sets import EARLY
from mallorn.seeds import generator
from mallorn.survey.copies import CUTS
from mallorn.survey.observed import too_few
from mallorn.survey.passbands import SLOTS

__all__ = [
    "STATUS",
    "domain_of",
    "judge",
    "kind_of",
    "of_training_sets",
    "read_domain",
    "tell_judgement",
    "unlike_words",
]

STATUS = ("in domain", "extrapolating", "cannot say")
"""Verdict on an object: the model has learned from objects like it; it has not; or there is too little to go by."""

_log = logging.getLogger(__name__)

_ALONE = 0.05
"""Share of faint points below which an object counts as seen in detections alone. Alerts go below five sigma, by other
errors than those in their files; but they have hardly a point that could be noise."""

_QUANTITIES = {
    "n_points": ("points", "", True),
    "n_detections": ("detections", "", True),
    "span": ("span", " d", True),
    "detected": ("share of detections", "", False),
    "median_error": ("median error", " uJy", True),
    "peak": ("largest flux", " uJy", True),
    "snr": ("highest S/N", "", True),
    "baseline": ("median flux over the largest", "", False),
    "redshift": ("redshift", "", False),
    "absolute_magnitude": ("absolute magnitude", "", False),
}
"""For each quantity: its title, its unit, and whether its logarithm is compared."""

_HARMLESS = ("n_points", "n_detections")
"""Quantities that may exceed what was learned from without harm."""

_REFERENCE = 500
_NEIGHBOURS = 5
_REACH = 0.5
"""Scatters beyond a range, or part of the farthest distance beyond it, from which on an objection counts whole."""

_MISSING = 2.0
"""Missing passbands that count as one objection; one alone counts in part."""

_COMMON = 0.99
_FARTHEST = 20.0
_TOLD = 5
_MARGIN = 1e-4  # more than rounding takes from an end of the range
_SEPARATOR = "; "
_YEARS = 500.0  # days in which the light of an event fades
_SHALLOWER = 100.0  # by which survey telescopes may differ in depth

NO_REDSHIFT = "no redshift, and the model has not learned to do without"


def domain_of(seen, tails, seed):
    """Return how a scorer's training objects were `Observed`, as a table {name: value} that JSON can hold.

    tails: share of the objects outside the range of each quantity. The seed draws the reference.
    """
    values = _values(seen)
    known = [name for name, column in zip(_QUANTITIES, values.T, strict=True) if np.isfinite(column).any()]
    values = values[:, [list(_QUANTITIES).index(name) for name in known]]
    low, middle, high = np.nanquantile(values, [tails / 2.0, 0.5, 1.0 - tails / 2.0], axis=0)
    scale = np.nanstd(values, axis=0)
    scale[scale == 0.0] = 1.0
    scaled = _scaled(values, middle, scale)
    drawn = np.sort(generator(seed, "domain").permutation(len(values))[:_REFERENCE])
    own = np.isin(np.arange(len(values)), drawn)
    distance = np.where(own, *(_distance(scaled, scaled[drawn], k)[0] for k in (_NEIGHBOURS + 1, _NEIGHBOURS)))
    return {
        "quantities": known,
        "low": _rounded(low - _MARGIN),
        "high": _rounded(high + _MARGIN),
        "middle": _rounded(middle),
        "scale": _rounded(scale),
        "reference": [_rounded(row) for row in scaled[drawn]],
        "farthest": float(np.quantile(distance, 1.0 - tails)),
        "slots": {name: float(np.mean(has)) for name, has in zip(SLOTS, seen.slots.T, strict=True)},
    }


def read_domain(path):
    """Return the content of domain.json.

    {"minimum": block `domain`, "few_bands": number of slots, "beyond_slots": whether the survey has passbands that
    belong to no slot (not in older models, none of which has learned from such), "scorers": {name: table of
    `domain_of`}}; with models of young objects also "young", {"passes", "trigger"} of `augmentations.early`."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def of_training_sets(domain, *names):
    """Return the content of domain.json with only the scorers of the training sets `names` that exist."""
    domain = domain if EARLY in names else {key: value for key, value in domain.items() if key != "young"}
    return {**domain, "scorers": {name: one for name, one in domain["scorers"].items() if name in names}}


def judge(domain, seen):
    """Return the `Judgement` of `Observed` objects.

    The scorer that learned from the survey's own objects judges an object, with or without redshift. A young object
    (see `mallorn.decide.young`) is judged by the scorer that learned from copies as objects were known at some ages,
    and so is an old one that is in its domain and outside that of whole light curves. If the object is not in the
    domain of these, the scorer of copies as other surveys would have seen them takes over, if there is one and it has
    fewer objections.
    """
    n, known = len(seen.n_points), np.isfinite(seen.redshift)
    weights = {name: np.zeros(n) for names in TRIOS.values() for name in names if name in domain["scorers"]}
    reason, fewest = np.full(n, "", dtype=object), np.full(n, np.inf)
    for has_redshift, names in TRIOS.items():
        mine = np.flatnonzero(known == has_redshift)
        own = [name for name in names if name in weights]
        if not len(mine) or not own:
            continue
        shares, objections = _shares(domain, seen.take(mine), names)
        for name in own:
            weights[name][mine] = shares[name]
            for k in np.flatnonzero(shares[name]):
                why = objections[name][k]
                if len(why) < fewest[mine[k]]:
                    reason[mine[k]], fewest[mine[k]] = _SEPARATOR.join(why), len(why)
    lacking = too_few(seen, domain["minimum"])
    nobody = np.isinf(fewest)
    reason[nobody] = NO_REDSHIFT
    reason[lacking != ""] = lacking[lacking != ""]
    scored = ~nobody & (lacking == "")
    weights = {name: np.where(scored, weight, 0.0) for name, weight in weights.items()}
    cut, others = np.full(n, "", dtype=object), sum(weights.get(names[2], 0.0) for names in TRIOS.values())
    of_others = np.flatnonzero(np.broadcast_to(others, n) > 0.0)
    cut[of_others] = _cut(domain, seen.take(of_others))
    status = np.where(~scored, STATUS[2], np.where(fewest == 0, STATUS[0], STATUS[1])).astype(object)
    return Judgement(weights, cut, status, reason, seen.age)


def _shares(domain, seen, names):
    """Return ({training set: weight (n,)}, {training set: {object: objections}}) of three scorers, some of which exist.

    names: the scorers of whole light curves, of young objects, and of other surveys' views. A scorer is asked only
    about objects whose weights depend on it.
    """
    whole, early, others = names
    scorers, n, said = domain["scorers"], len(seen.n_points), {name: {} for name in names}

    def degree(name, asked):
        found, rows = np.zeros(n), np.flatnonzero(asked)
        if len(rows):
            words, found[rows] = _outside(scorers[name], seen.take(rows))
            said[name] = dict(zip(rows.tolist(), words, strict=True))
        return found

    share, objections = np.ones(n), np.full(n, np.inf)
    if "young" in domain and {whole, early} <= set(scorers):
        share = share_of_whole(domain, seen, whole)
        of_whole = degree(whole, share > 0.0)
        of_early = degree(early, (share < 1.0) | (of_whole > 0.0))
        share = share * (1.0 - rising(of_whole - of_early, 0.0, 1.0))
        objections = share * of_whole + (1.0 - share) * of_early
    elif whole in scorers:
        objections = degree(whole, share > 0.0)
    taken = np.zeros(n)
    if others in scorers:
        taken = rising(objections - degree(others, objections > 0.0), 0.0, 1.0)
    return {whole: (1.0 - taken) * share, early: (1.0 - taken) * (1.0 - share), others: taken}, said


def tell_judgement(domain, seen, judgement, further=()):
    """Log how many objects have no score or lie outside the domain, and how the survey as a whole is unlike.

    further: sentences on how it is unlike, beside those of `unlike_words`.
    """
    n = len(judgement.status)
    said = {STATUS[2]: "get no probability", STATUS[1]: "are unlike all that the model has learned from"}
    for status, what in said.items():
        rows = np.flatnonzero(judgement.status == status)
        kinds = Counter(kind_of(judgement.reason[k]) for k in rows)
        if len(rows):
            told = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common(_TOLD))
            _log.warning("%d of %d objects %s: %s", len(rows), n, what, told)
    if (judgement.reason == NO_REDSHIFT).any():
        _log.warning("next step: set augmentations.no_redshift.enabled to true where the model is made")
    for sentence in (*unlike_words(domain, seen), *further):
        _log.warning("these light curves as a whole are unlike those learned from: %s", sentence)


def kind_of(reason):
    """Return a reason from a `Judgement` without its numbers."""
    return re.sub(r":.*| [-\d.][^;]*\([^)]*\)", "", reason)


def unlike_words(domain, seen):
    """Return sentences on how the objects as a whole differ from those that any scorer learned from; maybe none.

    seen: `Observed`, of a survey. The medians of the quantities are compared.
    """
    filled = seen.take(np.flatnonzero(seen.n_points > 0))
    if not len(filled.n_points) or not domain["scorers"]:
        return []
    low, high = {}, {}
    for one in domain["scorers"].values():
        for name, least, most in zip(one["quantities"], one["low"], one["high"], strict=True):
            low[name], high[name] = min(low.get(name, np.inf), least), max(high.get(name, -np.inf), most)
    median = dict(zip(_QUANTITIES, _medians(_values(filled)), strict=True))
    high |= dict.fromkeys(_HARMLESS, np.inf)
    beyond = [name for name in low if median[name] < low[name] or median[name] > high[name]]
    sentences = [*_units(domain, filled, median, beyond)]
    if not sentences:
        sentences = [f"the median object has {_said(name, median[name], low[name], high[name])}" for name in beyond]
    above = np.median(seen.span) > _YEARS and np.median(seen.detected) > 0.95 and median["baseline"] > 0.5
    if median["baseline"] > max(high.get("baseline", 1.0), 0.5) or (beyond and above):
        sentences.append("fluxes do not fall back to zero: is the host's light in them?")
    return sentences


def _units(domain, seen, median, beyond):
    """Yield what the unit of the fluxes may be, if they are far from those that were learned from.

    Fluxes are far if no scorer learned from such fluxes. They are also far if they differ from the training survey's
    alone, in its own passbands and by the ratio of two units, since another survey would hardly do so.
    """
    sure = 0.5 if "snr" in beyond else 0.8  # of a magnitude the error is small, and the faintest is no zero
    if np.median(seen.peak) < 40.0 and np.median(seen.median_error) < 1.0 and median["baseline"] > sure:
        yield "fluxes look like magnitudes: convert them, or name a source that does"
        return
    first = next(iter(domain["scorers"].values()))
    place = {name: k for k, name in enumerate(first["quantities"])}
    if not {"peak", "median_error"} <= set(place):
        return
    ends = [(first["low"][place[name]], first["high"][place[name]]) for name in ("peak", "median_error")]
    pairs = zip(("peak", "median_error"), ends, strict=True)
    unlike = all(not low <= median[name] <= high for name, (low, high) in pairs)
    common = np.array([first["slots"][name] >= 0.5 for name in SLOTS])
    same = unlike and (np.median(seen.slots[:, common], axis=0) == 1).all()
    beyond_all = {"peak", "median_error"} <= set(beyond)
    if not (beyond_all or same):
        return
    factor = 10.0 ** (median["median_error"] - first["middle"][place["median_error"]])
    what, size = ("larger", factor) if factor > 1.0 else ("smaller", 1.0 / factor)
    unit = {"larger": {1000.0: "nJy", 27.5: "FLUXCAL of SNANA"}, "smaller": {1e3: "mJy", 1e6: "Jy", 1e9: "kJy"}}[what]
    near = min(unit, key=lambda known: abs(np.log(known / size)))
    off = abs(np.log10(near / size))
    if not beyond_all and off > 0.15:
        return
    if not same and size < _SHALLOWER:
        yield f"fluxes and errors are {size:,.0f} times {what} than those learned from: another unit, or another depth?"
        return
    guess = unit[near] if off < 0.6 else "another unit"
    yield f"fluxes are {size:,.0f} times {what} than those learned from: {guess}? mallorn wants microjansky"


def _outside(one, seen):
    """Return why each of n objects is outside the domain of a scorer: a list of objections in words, and their degree.

    The degree (n,) is the number of objections, each of which counts in part at first: see the module.
    """
    order = [list(_QUANTITIES).index(name) for name in one["quantities"]]
    values = _values(seen)[:, order]
    low, high = np.array(one["low"]), np.array(one["high"])
    most = np.where(np.isin(one["quantities"], _HARMLESS), high, np.inf)
    values = np.where(values > most, most, values)
    beyond = (values < low) | (values > high)
    wanted = np.array([one["slots"][name] >= _COMMON for name in SLOTS])
    scaled = _scaled(values, np.array(one["middle"]), np.array(one["scale"]))
    reference = np.array(one["reference"])
    distance, nearest = _distance(scaled, reference, min(_NEIGHBOURS, len(reference)))
    reach = _REACH * np.array(one["scale"])
    a_share = np.array(one["quantities"]) == "detected"  # which ends at 1
    above = np.where(a_share, np.clip(1.0 - high, _MARGIN, reach), reach)
    beyond_by = np.maximum((values - high) / above, (low - values) / reach)
    degree = np.nansum(np.clip(beyond_by, 0.0, 1.0), axis=1)
    degree += np.clip((distance / one["farthest"] - 1.0) / _REACH, 0.0, 1.0)
    degree += np.clip((wanted & ~seen.slots).sum(axis=1) / _MISSING, 0.0, 1.0)
    reasons = []
    for k in range(len(values)):
        found = [_said(one["quantities"][j], values[k, j], low[j], high[j]) for j in np.flatnonzero(beyond[k])]
        if missing := "".join(np.array(SLOTS)[wanted & ~seen.slots[k]]):
            found.append(f"no points in {', '.join(missing)}")
        if not found and distance[k] > one["farthest"]:
            apart = np.argsort(-np.abs(scaled[k] - reference[nearest[k]]), kind="stable")[:2]
            names = " and ".join(_QUANTITIES[one["quantities"][j]][0] for j in apart)
            found.append(f"no training object is like it, in {names} together")
        reasons.append(found)
    return reasons, degree


def _cut(domain, seen):
    """Return the one of `mallorn.survey.copies.CUTS` that each object resembles, (n,) str."""
    few, alone = seen.slots.sum(axis=1) <= domain["few_bands"], seen.faint < _ALONE
    called = {kept: name for name, kept in CUTS.items()}
    return np.array([*(called[pair] for pair in zip(few.tolist(), alone.tolist(), strict=True)), None], dtype=object)[
        :-1
    ]


def _values(seen):
    """Return the quantities (n, len(_QUANTITIES)) that are compared, NaN where unknown."""
    columns = []
    for name, (_, _, logarithm) in _QUANTITIES.items():
        values = np.asarray(getattr(seen, name), dtype=float)
        columns.append(np.log10(np.where(values > 0, values, np.nan)) if logarithm else values)
    return np.stack(columns, axis=1)


def _medians(values):
    return [np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan for column in values.T]


def _said(name, value, low, high):
    title, unit, logarithm = _QUANTITIES[name]
    value, low, high = (10.0**x if logarithm else x for x in (value, low, high))
    known = f"{_number(low)} to {_number(high)}" if np.isfinite(high) else f"{_number(low)} on"
    return f"{title} {_number(value)}{unit} (learned from {known})"


def _number(value):
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"


def _scaled(values, middle, scale):
    return np.nan_to_num(np.clip((values - middle) / scale, -_FARTHEST, _FARTHEST), nan=0.0)


def _distance(scaled, reference, k):
    """Return each row's distance to the k-th nearest row of the reference, and the index of the nearest row."""
    from scipy.spatial import cKDTree

    k = min(k, len(reference))
    distance, rows = cKDTree(reference).query(scaled, k=[1, k])
    return distance[:, 1], rows[:, 0]


def _rounded(values):
    return [float(f"{value:.6g}") for value in values]
