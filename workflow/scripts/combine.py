"""Combine the models of one training set, protocol and repeat into ensembles."""

import json
import logging

from mallorn.decide.classes import finest
from mallorn.decide.ensembles import Members, cross_fitted_ensemble, fit_ensemble, predict_ensemble
from mallorn.decide.predictions import read_held_out, read_out_of_fold, write_predictions
from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.folds import fold_of
from mallorn.metrics import average_precision


def main(models, folds, ensembles, about, settings):
    """Write, for each ensemble, out-of-fold predictions, predictions of the objects kept apart, and what it learned.

    Out-of-fold predictions are cross-fitted: what is applied to a fold was learned on the other folds.

    models: {model: {"out_of_fold", "held_out"[, "photoz", "photoz_averaged"]: path}}. folds: path.
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
        method, chosen = options["method"], options["members"]
        inside, outside = _members(out_of_fold, chosen), _members(apart, chosen)
        learning = (method, inside, target, first.fold, options)
        cross_fitted = cross_fitted_ensemble(*learning)
        learned = fit_ensemble(method, inside.sought, target, first.fold, options)
        names = finest(inside.names)[0]
        write_predictions(paths["out_of_fold"], first.object_id, cross_fitted, names, metadata, first.fold)
        held_out = predict_ensemble(learned, outside)
        write_predictions(paths["held_out"], apart[chosen[0]].object_id, held_out, names, metadata)
        for kind in {"photoz", "photoz_averaged"} & set(paths):
            made = {member: read_out_of_fold(models[member][kind]) for member in chosen}
            altered = made[chosen[0]]
            served = cross_fitted_ensemble(*learning, _members(made, chosen), altered.fold)
            write_predictions(paths[kind], altered.object_id, served, names, metadata, altered.fold)
        write_text(paths["learned"], json.dumps({"members": chosen, **learned}, indent=2) + "\n")
        score = average_precision(target, cross_fitted[:, 0])
        log.info("%s: average precision %.3f of %s", name, score, ", ".join(chosen))


def _members(predictions, chosen):
    return Members(*zip(*((predictions[name].classes, predictions[name].names) for name in chosen), strict=True))


if "snakemake" in globals():
    import scipy.optimize  # noqa: F401 - by stacked ensembles; what stands here, jobs find imported (mallorn.runs.forked)

    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.params.models,
            snakemake.input.folds,
            snakemake.params.ensembles,
            {key: snakemake.wildcards[key] for key in ("training", "protocol", "repeat")},
            snakemake.params.settings,
        )
