"""Score the training objects at each age by models of young objects, by models of whole curves, and by both as used."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.augmentation.early import WHOLE, age_name
from mallorn.decide.domain import read_domain
from mallorn.decide.ensembles import Members, predict_ensemble
from mallorn.decide.predictions import read_out_of_fold
from mallorn.decide.young import share_of_whole
from mallorn.evaluate.early import (
    chosen_by_fold,
    found_about_peak,
    gains_by_age,
    known_by,
    mapped_by_fold,
    mean_gain,
    of_own_fold,
    passed_at,
    scores_by_age,
    shared,
)
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.classes import encode_classes
from mallorn.learning.folds import fold_of
from mallorn.learning.model_files import read_fits, seen_by
from mallorn.learning.tables import DatasetFiles, read_dataset, rows_of
from mallorn.learning.training_sets import FINAL
from mallorn.plots.early import plot_early
from mallorn.survey.as_of import Trigger, peak_times, trigger_times
from mallorn.survey.as_of import ages as known_for
from mallorn.survey.copies import cuts_of, originals
from mallorn.survey.lightcurves import lightcurve_groups


def main(files, early, whole, given, outputs, settings):
    """Write four tables as CSV, and the figure of the first.

    scores: a row for each protocol, model, age and class. The models are `early`, of young objects, calibrated by age;
    `whole`, of whole light curves; and `served`, the combination that scoring uses. gains: for each age the gain of
    `served` over `whole`, and the mean over ages. times: when `served` first chooses each object of the class sought.
    found: how many of them how long before and after their peaks.

    Scores and gains are means over the repeats of the folds; times are those of the first.

    files: `DatasetFiles` of the copies at each age. early: {protocol: paths of their out-of-fold predictions, one for
    each repeat}. whole: {protocol: [{"fits": {model: folder}, "learned": path or None}, ...]}, of each repeat, of the
    models that learned from whole light curves. given: {"folds", "domain": path}. outputs: {"scores", "gains", "times",
    "found": path, "figure": path without ending}. settings: {"seed", "target", "early", a block of `augmentations`} and
    the blocks "training", "evaluation", "threshold" and "calibration".
    """
    table = read_columns(given["folds"])
    scores, gains, times, when = [], [], [], []
    domain, trigger = read_domain(given["domain"]), Trigger(**settings["early"]["trigger"])
    ages = [age_name(age) for age in sorted(settings["early"]["ages"])] + [WHOLE]
    moments, seen = _moments(files, trigger), _seen(files, trigger)
    for protocol, paths in early.items():
        repeats = [read_out_of_fold(path) for path in paths]
        p, of_repeats = repeats[0], []
        seen_as = _Seen(*np.array([seen[name] for name in p.object_id]).T)
        for one, taught in zip(repeats, whole[protocol], strict=True):
            labels = fold_of(table, protocol, one.repeat, p.object_id)
            by_whole = _by_whole(one, files, settings["training"], **taught)
            of_repeats.append(_as_used(one, labels["target"], by_whole, seen_as, domain, settings))
        of = {
            model: np.stack([of_own_fold(one[model], q.fold) for one, q in zip(of_repeats, repeats, strict=True)])
            for model in of_repeats[0]
        }
        classes, names, _ = encode_classes(labels, "multiclass", settings["training"], settings["target"])
        rows, age = known_by(originals(p.object_id), cuts_of(p.object_id), ages)
        about = {name: values[rows] for name, values in labels.items()} | {"class": np.array(names)[classes][rows]}
        for model, probability in of.items():
            first = {"protocol": protocol, "model": model}
            found = scores_by_age(about, age, probability[:, rows], p.names, settings["evaluation"], settings["seed"])
            scores += [first | row for row in found]
        both = [of[name][:, rows, 0] for name in ("served", "whole")]
        found = gains_by_age(about, age, *both, settings["evaluation"], settings["seed"])
        young = np.flatnonzero(age != WHOLE)
        of_young = {name: values[young] for name, values in about.items()}, age[young], *(q[:, young] for q in both)
        found += mean_gain(*of_young, settings["evaluation"], settings["seed"])
        gains += [{"protocol": protocol, **row} for row in found]
        of_objects = _times(p, of_repeats[0]["served"], labels, ages, moments, settings)
        times += of_objects
        when += [{"protocol": protocol, **row} for row in found_about_peak(of_objects)]
    for name, rows in (("scores", scores), ("gains", gains), ("times", times), ("found", when)):
        write_csv(outputs[name], {column: [row[column] for row in rows] for column in rows[0]}, digits=5)
    plot_early(scores, settings["target"], outputs["figure"])


class _Seen(NamedTuple):
    """Part of how copies were `Observed`: days (n,) since the trigger, and the number of points (n,)."""

    age: np.ndarray
    n_points: np.ndarray


def _as_used(p, target, by_whole, seen, domain, settings):
    """Return {model: {fold: probabilities (n, C)}} of copies: both models, calibrated by other folds, and `served`."""
    method = settings["early"]["calibration"]
    early = mapped_by_fold(method, target, p.classes, p.fold, seen.age)
    whole_curves = cuts_of(p.object_id) == WHOLE
    whole = mapped_by_fold(settings["calibration"]["method"], target, by_whole, p.fold, seen.age, whole_curves)
    share = share_of_whole(domain, seen, FINAL)
    return {"early": early, "whole": whole, "served": {k: shared(early[k], whole[k], share) for k in early}}


def _seen(files, trigger):
    """Return {object id: (days since the trigger, number of points)} of all copies."""
    found = {}
    for points, objects in zip(files.lightcurves, files.objects, strict=True):
        for _, lc in lightcurve_groups(points, objects):
            found |= dict(zip(lc.object_id, zip(known_for(lc, trigger), lc.n_points, strict=True), strict=True))
    return found


def _by_whole(p, files, training, fits, learned):
    """Return probabilities (n, C) of copies by models of whole light curves that were trained without their objects."""
    fits = {name: read_fits(folder) for name, folder in fits.items()}
    about = json.loads(Path(learned).read_text(encoding="utf-8")) if learned else None
    about = about or {"members": list(fits), "method": "mean", "weights": [1.0]}
    members = [fits[name] for name in about["members"]]
    needs = {need for one in members for need in one.needs}
    dataset = read_dataset(files, training, needs)
    dataset = dataset.take(rows_of(p.object_id, dataset.object_id))
    probability, folds = np.empty(p.classes.shape), np.unique(p.fold)
    for k, fold in enumerate(folds):
        held = np.flatnonzero(p.fold == fold)
        found = tuple(_mean(one, dataset.take(held), k, len(folds)) for one in members)
        probability[held] = predict_ensemble(about, Members(found, tuple(one.classes for one in members)))
    return probability


def _mean(fits, dataset, part, parts):
    """Return the mean prediction of the fits to one of the parts."""
    each = len(fits.fits) // parts
    dataset = seen_by(fits, dataset)
    return np.mean([fit.predict(dataset) for fit in fits.fits[part * each : (part + 1) * each]], axis=0)


def _moments(files, trigger):
    """Return {object id: (trigger, peak)}, MJD, of whole light curves; the peak is the brightest detection.

    The copy of an object with the most points has all of them.
    """
    found, points_of = {}, {}
    for points, objects in zip(files.lightcurves, files.objects, strict=True):
        for _, lc in lightcurve_groups(points, objects):
            times = trigger_times(lc, trigger), peak_times(lc, trigger=trigger)
            for name, n, *moments in zip(originals(lc.object_id).astype(str), lc.n_points, *times, strict=True):
                if n > points_of.get(name, 0):
                    found[name], points_of[name] = tuple(moments), n
    return found


def _times(p, served, labels, ages, moments, settings):
    """Return a row for each object of the class sought: the first age at which it is chosen, and the time of its peak.

    served: {fold: probabilities (n, C)}, as from `_as_used`. Each age has its own thresholds, from the other folds.
    """
    cuts, chosen = cuts_of(p.object_id), np.zeros(len(p.object_id), dtype=bool)
    for age in ages:
        here = np.flatnonzero(cuts == age)
        if len(here) and 0 < labels["target"][here].sum() < len(here):
            given = labels["target"], {k: q[:, 0] for k, q in served.items()}, p.fold
            chosen |= chosen_by_fold(settings["threshold"], *given, here)
    day_of = dict(zip(ages, [*sorted(settings["early"]["ages"]), np.inf], strict=True))
    days = np.array([day_of.get(cut, np.inf) for cut in cuts])
    sought = np.flatnonzero(labels["target"] == 1)
    of = originals(p.object_id).astype(str)
    event = dict(zip(of, labels["event"], strict=True))
    rows = []
    for name, day in zip(*passed_at(of[sought], days[sought], chosen[sought]), strict=True):
        trigger, peak = moments.get(name, (np.nan, np.nan))
        row = {"protocol": p.protocol, "object_id": name, "event": event[name], "trigger_mjd": trigger}
        rows.append(row | {"peak_after_trigger": peak - trigger, "chosen_after_trigger": day})
    return rows


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given, figure = snakemake.input, snakemake.output.figure.removesuffix(".svg")
        main(
            DatasetFiles(given.features, [given.lightcurves], [given.objects], [given.posterior]),
            snakemake.params.early,
            snakemake.params.whole,
            {name: given[name] for name in ("folds", "domain")},
            {**{name: snakemake.output[name] for name in ("scores", "gains", "times", "found")}, "figure": figure},
            snakemake.params.settings,
        )
