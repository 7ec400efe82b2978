"""Scores on new draws of folds: of what is submitted, and of variants among which a choice is made.

A score on the folds that a choice was made on flatters what was chosen. New draws do not, with another set of draws for
the score after the choice. Gains are paired: all variants have the same folds, and the same events in each bootstrap.
"""

from typing import NamedTuple

import numpy as np

from mallorn.evaluate.compared import SCORES, scored, train, with_mean
from mallorn.evaluate.nested import nested_score
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import Labelled
from mallorn.learning.folds import draw_folds, fold_of
from mallorn.learning.pipeline import with_selection
from mallorn.metrics import interval
from mallorn.seeds import derived_seed

__all__ = ["CONFIGURED", "MEAN", "Variant", "draws_of", "fresh_gains", "fresh_scores", "nested_draw", "train_variants"]

CONFIGURED = "configured"
"""Name of the variant that the configuration submits."""

MEAN = "mean"
"""Name of the mean of a variant's members."""


class Variant(NamedTuple):
    """A variant of what is trained and decided.

    exclude: patterns of columns that are left out. specs: {name: block of `models`} of its members. threshold: a block
    of the configuration."""

    exclude: list
    specs: dict
    threshold: dict


def draws_of(labels, object_id, folds, protocol, draws, seed):
    """Return the labels and folds of `fold_of` for `draws` new draws by one protocol.

    labels: {"spec_type", "target", "event"} (n,) each; folds: block of the configuration. Both protocols have the same
    seed; a draw depends on the seed and on its own number alone.
    """
    about = [labels[name] for name in ("spec_type", "target", "event")]
    table = draw_folds(object_id, *about, folds["number"], draws, folds["rare"], seed)
    return [fold_of(table, protocol, k, object_id) for k in range(draws)]


def train_variants(datasets, variants, repeats, settings, seed, threads):
    """Return {variant: {model: `Trained`}}: the members of each variant and, as `MEAN`, their plain mean.

    datasets: {variant: `Dataset`}; variants: {name: `Variant`}. Members that two variants share, with the same columns
    and block, are trained once. The other arguments are those of `mallorn.evaluate.compared.train`.
    """
    done, trained = {}, {}
    for name, variant in variants.items():
        members = {}
        for member, spec in variant.specs.items():
            key = repr((sorted(variant.exclude), spec))
            if key not in done:
                done |= {key: train(datasets[name], {member: spec}, repeats, settings, seed, threads)[member]}
            members[member] = done[key]
        trained[name] = with_mean(members, MEAN, list(members))
    return trained


def fresh_scores(protocol, variants, trained, repeats, settings, seed):
    """Return one row {column: value} for each variant and model: the mean over draws.

    Columns: variant, protocol, model, draws, and for average_precision and f1 (calibration and thresholds from the
    other folds) the mean, the standard deviation over draws (`_sd`), and the interval over events (`_low`, `_high`);
    cpu_s of one draw. settings: {"calibration", "evaluation"}, blocks of the configuration.
    """
    rows = []
    for name, models in trained.items():
        for model, one in models.items():
            each, drawn = _scored(one, variants[name], repeats, settings, seed)
            row = {"variant": name, "protocol": protocol, "model": model, "draws": len(repeats)}
            for k, column in enumerate(SCORES):
                low, high = interval(drawn[:, k], settings["evaluation"]["level"])
                row |= {column: np.mean(each[:, k]), f"{column}_sd": np.std(each[:, k])}
                row |= {f"{column}_low": float(low), f"{column}_high": float(high)}
            rows.append({**row, "cpu_s": one.cpu_s})
    return rows


def fresh_gains(protocol, variants, trained, repeats, settings, seed):
    """Return one row {column: value} for each variant except `CONFIGURED`: the gains of its mean over that variant's.

    Columns: variant, protocol, draws, and for average_precision and f1 the gain, its standard error over draws (`_se`,
    NaN for one draw), and its interval over the same events drawn for both. The arguments are those of `fresh_scores`.
    """
    found = {name: _scored(models[MEAN], variants[name], repeats, settings, seed) for name, models in trained.items()}
    base, rebase = found.pop(CONFIGURED)
    rows = []
    for name, (each, drawn) in found.items():
        row = {"variant": name, "protocol": protocol, "draws": len(repeats)}
        for k, column in enumerate(SCORES):
            gain = each[:, k] - base[:, k]
            error = np.std(gain, ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.nan
            low, high = interval(drawn[:, k] - rebase[:, k], settings["evaluation"]["level"])
            row |= {f"{column}_gain": np.mean(gain), f"{column}_gain_se": error}
            row |= {f"{column}_gain_low": float(low), f"{column}_gain_high": float(high)}
        rows.append(row)
    return rows


def nested_draw(dataset, variant, labels, settings, seed, threads):
    """Return the `nested_score` of the mean of a variant's members on one draw of folds.

    The other folds are cross-validated. Their fits predict the fold, and their out-of-fold predictions give calibration
    and threshold. labels: as from `fold_of`. settings: {"target", "training", "selection", "seed", "calibration",
    "evaluation"} of the configuration.
    """
    outer = []
    for k in np.unique(labels["fold"]):
        rest, held = np.flatnonzero(labels["fold"] != k), np.flatnonzero(labels["fold"] == k)
        known, apart = ({name: values[rows] for name, values in labels.items()} for rows in (rest, held))
        inside, outside = [], []
        for spec in variant.specs.values():
            classes, names, kinds = encode_classes(known, spec["classes"], settings["training"], settings["target"])
            objects = Labelled.of(dataset.take(rest), classes, len(names), known["event"], kinds)
            given, options = with_selection(spec, settings["selection"]), Options(outside=dataset.take(held))
            own = derived_seed(seed, "nested", int(k))
            found = cross_validate(objects, known["fold"], given, own, threads, options)
            inside.append(found.inside[:, 0])
            outside.append(found.outside[:, 0])
        part = {"inside": (known["target"], np.mean(inside, axis=0), known["fold"]), "inside_event": known["event"]}
        part |= {"target": apart["target"], "event": apart["event"], "probability": np.mean(outside, axis=0)}
        outer.append(part)
    return nested_score(outer, {**settings, "threshold": variant.threshold})


def _scored(one, variant, repeats, settings, seed):
    rounds, method = settings["evaluation"]["rounds"], settings["calibration"]["method"]
    return scored(one.probability, repeats, variant.threshold, rounds, seed, method)
