"""Audit leakage through the time grid: events from single features, classes from time stamps alone."""

import numpy as np

from mallorn.evaluate.audits.time_grid import audit_class_from_times, audit_siblings_from_features, time_features
from mallorn.evaluate.audits.verdict import write_verdict
from mallorn.io.tables import read_columns
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled, of_values
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.learning.tables import read_features
from mallorn.seeds import derived_seed
from mallorn.survey.events import grid_steps
from mallorn.survey.lightcurves import lightcurve_groups


def main(train, folds, lightcurves, objects, siblings, times, settings, threads):
    """Write both verdicts of `mallorn.evaluate.audits.time_grid`, on the folds of the first repeat.

    train, folds: paths; siblings, times: paths of the verdicts; lightcurves, objects: paths of all splits, in the same
    order. settings: {"seed", "folds", "training", "audits"} of the configuration. threads: fits at a time.
    """
    training, audits = settings["training"], settings["audits"]
    table = read_features(train, training)
    of, place = read_columns(folds), {name: k for k, name in enumerate(table.object_id)}
    labels = {protocol: fold_of(of, protocol, 0, table.object_id) for protocol in PROTOCOLS}
    target, event = labels["grouped"]["target"], labels["grouped"]["event"]
    found, redshift = {}, np.full(len(place), np.nan)
    for points_path, objects_path in zip(lightcurves, objects, strict=True):
        for _, lc in lightcurve_groups(points_path, objects_path):
            lc = lc.take([k for k, name in enumerate(lc.object_id) if name in place])
            rows = [place[name] for name in lc.object_id]
            redshift[rows] = lc.redshift
            for name, values in {**time_features(lc), "step": grid_steps(lc, **settings["folds"]["grid"])[0]}.items():
                found.setdefault(name, np.full(len(place), np.nan))[rows] = values
    step = found.pop("step")

    def predict(values, fold):
        seed, spec = derived_seed(settings["seed"], "audit_times"), {"seeds": 1, **audits["model"]}
        objects = Labelled.of(of_values(values), 1 - target, 2, event)
        return cross_validate(objects, fold, spec, seed, threads).inside[:, 0]

    limit = audits["siblings_found"]
    write_verdict(siblings, audit_siblings_from_features(table.columns, table.values, redshift, event, limit))
    parts = {protocol: labels[protocol]["fold"] for protocol in PROTOCOLS}
    limit = audits["class_from_times"]
    write_verdict(times, audit_class_from_times(predict, found, step, redshift, target, event, parts, limit))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.input.train,
            snakemake.input.folds,
            snakemake.input.lightcurves,
            snakemake.input.objects,
            snakemake.output.siblings,
            snakemake.output.times,
            snakemake.params.settings,
            snakemake.threads,
        )
