"""Score the training objects at each age by models that learned from young objects, and by those of whole curves."""

import json
from pathlib import Path

import numpy as np

from mallorn.augmentation.early import WHOLE, age_name
from mallorn.decide.ensembles import Members, predict_ensemble
from mallorn.decide.predictions import read_out_of_fold
from mallorn.decide.thresholds import cross_fitted_thresholds
from mallorn.evaluate.early import gains_by_age, known_by, passed_at, scores_by_age
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.learning.classes import encode_classes
from mallorn.learning.folds import fold_of
from mallorn.learning.model_files import read_fits, seen_by
from mallorn.learning.tables import DatasetFiles, read_dataset, rows_of
from mallorn.survey.as_of import Trigger, peak_times, trigger_times
from mallorn.survey.copies import cuts_of, originals
from mallorn.survey.lightcurves import lightcurve_groups


def main(files, early, whole, folds, outputs, settings):
    """Write three tables as CSV.

    scores: a row for each protocol, model, age and class. gains: for each age, what models of young objects gain.
    times: when each object of the class sought is first chosen.

    files: `DatasetFiles` of the copies at each age. early: paths of their out-of-fold predictions, one for each
    protocol. whole: {protocol: {"fits": {model: folder}, "learned": path or None}} of the models that learned from
    whole light curves. folds: path. outputs: {"scores", "gains", "times": path}. settings: {"seed", "target", "ages",
    "trigger"} and the blocks "training", "evaluation" and "threshold".
    """
    table, scores, gains, times = read_columns(folds), [], [], []
    ages = [age_name(age) for age in sorted(settings["ages"])] + [WHOLE]
    moments = _moments(files, Trigger(**settings["trigger"]))
    for p in map(read_out_of_fold, early):
        labels = fold_of(table, p.protocol, p.repeat, p.object_id)
        classes, names, _ = encode_classes(labels, "multiclass", settings["training"], settings["target"])
        rows, age = known_by(originals(p.object_id), cuts_of(p.object_id), ages)
        about = {name: values[rows] for name, values in labels.items()} | {"class": np.array(names)[classes][rows]}
        of = {"early": p.classes, "whole": _by_whole(p, files, settings["training"], **whole[p.protocol])}
        for model, probability in of.items():
            first = {"protocol": p.protocol, "model": model}
            found = scores_by_age(about, age, probability[rows], p.names, settings["evaluation"], settings["seed"])
            scores += [first | row for row in found]
        both = (probability[rows, 0] for probability in of.values())
        found = gains_by_age(about, age, *both, settings["evaluation"], settings["seed"])
        gains += [{"protocol": p.protocol, **row} for row in found]
        times += _times(p, labels, ages, moments, settings)
    for name, rows in (("scores", scores), ("gains", gains), ("times", times)):
        write_csv(outputs[name], {column: [row[column] for row in rows] for column in rows[0]}, digits=5)


def _by_whole(p, files, training, fits, learned):
    """Return probabilities (n, C) of copies by models of whole light curves that held their objects out."""
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
    """Return the mean of what the fits to one of the parts say."""
    each = len(fits.fits) // parts
    dataset = seen_by(fits, dataset)
    return np.mean([fit.predict(dataset) for fit in fits.fits[part * each : (part + 1) * each]], axis=0)


def _moments(files, trigger):
    """Return {object id: (trigger, peak)}, MJD, of whole light curves; the peak is the brightest detection."""
    found = {}
    for points, objects in zip(files.lightcurves, files.objects, strict=True):
        for _, lc in lightcurve_groups(points, objects):
            lc = lc.take(np.flatnonzero(cuts_of(lc.object_id) == WHOLE))
            pairs = zip(trigger_times(lc, trigger), peak_times(lc, trigger=trigger), strict=True)
            found |= dict(zip(originals(lc.object_id).astype(str), pairs, strict=True))
    return found


def _times(p, labels, ages, moments, settings):
    """Return a row for each object of the class sought: the first age at which it is chosen, and when its peak was.

    Each age has thresholds of its own, from the other folds.
    """
    cuts, chosen = cuts_of(p.object_id), np.zeros(len(p.object_id), dtype=bool)
    for age in ages:
        here = np.flatnonzero(cuts == age)
        if len(here) and 0 < labels["target"][here].sum() < len(here):
            given = labels["target"][here], p.probability[here], p.fold[here]
            chosen[here] = p.probability[here] >= cross_fitted_thresholds(settings["threshold"], *given)
    days = np.array([np.inf if cut == WHOLE else float(cut.split()[0]) for cut in cuts])
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
        given = snakemake.input
        main(
            DatasetFiles(given.features, [given.lightcurves], [given.objects], [given.posterior]),
            list(given.early),
            snakemake.params.whole,
            given.folds,
            {name: snakemake.output[name] for name in ("scores", "gains", "times")},
            snakemake.params.settings,
        )
