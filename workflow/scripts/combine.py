"""Combine the models of one training set, protocol and repeat to ensembles."""

import json
import logging

import numpy as np

from mallorn.decide.ensembles import apply_ensemble, crossed_ensemble, fit_ensemble
from mallorn.decide.predictions import read_held_out, read_out_of_fold, write_predictions
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.folds import fold_of
from mallorn.metrics import average_precision


def main(models, folds, ensembles, about, settings):
    """Write, for each ensemble, out-of-fold predictions, those of the objects kept apart, and what it has learned.

    Out-of-fold predictions are crossed: what is applied to a fold was learned on those of the other folds.

    models: {model: {"out_of_fold", "held_out"[, "photoz"]: path}}. folds: path.
    ensembles: {ensemble: {the same and "learned": path}}. about: {"training", "protocol", "repeat"}.
    settings: block `ensembles` of the configuration.
    """
    log = logging.getLogger(__name__)
    out_of_fold = {name: read_out_of_fold(paths["out_of_fold"]) for name, paths in models.items()}
    apart = {name: read_held_out(paths["held_out"]) for name, paths in models.items()}
    first = next(iter(out_of_fold.values()))
    target = fold_of(read_columns(folds), about["protocol"], about["repeat"], first.object_id)["target"]
    for name, paths in ensembles.items():
        options, metadata = settings[name], {**about, "model": name}
        members = options["members"]
        inside = np.stack([out_of_fold[member].probability for member in members], axis=1)
        crossed = crossed_ensemble(options["method"], inside, target, first.fold, options)
        learned = fit_ensemble(options["method"], inside, target, first.fold, options)
        outside = np.stack([apart[member].probability for member in members], axis=1)
        _write(paths["out_of_fold"], first.object_id, crossed, metadata, first.fold)
        _write(paths["held_out"], apart[members[0]].object_id, apply_ensemble(learned, outside), metadata)
        if "photoz" in paths:
            _photoz(models, members, paths["photoz"], first, target, inside, options, metadata)
        write_text(paths["learned"], json.dumps({"members": members, **learned}, indent=2) + "\n")
        log.info("%s: average precision %.3f of %s", name, average_precision(target, crossed), ", ".join(members))


def _photoz(models, members, path, first, target, inside, options, metadata):
    """Write the crossed predictions of the copies with photometric redshifts."""
    copies = [read_out_of_fold(models[member]["photoz"]) for member in members]
    probability = np.stack([copy.probability for copy in copies], axis=1)
    result = np.empty(len(probability))
    for k in np.unique(copies[0].fold):
        other, mine = first.fold != k, copies[0].fold == k
        learned = fit_ensemble(options["method"], inside[other], target[other], first.fold[other], options)
        result[mine] = apply_ensemble(learned, probability[mine])
    _write(path, copies[0].object_id, result, metadata, copies[0].fold)


def _write(path, object_id, probability, metadata, fold=None):
    write_predictions(path, object_id, np.stack([probability, 1.0 - probability], axis=1), ("", ""), metadata, fold)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.params.models,
            snakemake.input.folds,
            snakemake.params.ensembles,
            {key: snakemake.wildcards[key] for key in ("training", "protocol", "repeat")},
            snakemake.params.settings,
        )
