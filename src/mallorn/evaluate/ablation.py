"""Ablation: measure what each feature family brings, by leaving it out and by using it alone, on the same folds."""

import numpy as np

from mallorn.decide.thresholds import cross_fitted_thresholds
from mallorn.families.join import LOG_COLUMNS
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled
from mallorn.metrics import average_precision, bootstrap_weights, decision_scores
from mallorn.runtime.progress import progress
from mallorn.seeds import derived_seed

__all__ = ["ablate", "family_of", "summarise", "variants"]


def family_of(column):
    """Return the family of a column `family__feature[__band]`; columns of the log belong to "log"."""
    return "log" if column in LOG_COLUMNS else column.split("__")[0]


def variants(columns):
    """Return {(variant, family): columns} to compare: ("all", "") and, for each family, "without" it and it "alone".

    A family alone keeps the columns of the log, which every model may use; these count as the family "log".
    """
    families = list(dict.fromkeys(family_of(name) for name in columns))
    chosen = {("all", ""): tuple(columns)}
    for family in families:
        chosen["without", family] = tuple(name for name in columns if family_of(name) != family)
        chosen["alone", family] = tuple(name for name in columns if family_of(name) in (family, "log"))
    return {key: names for key, names in chosen.items() if names}


def ablate(dataset, chosen, repeats, settings, seed, threads):
    """Train the model on each of `chosen` columns; return {key: probabilities (R, n) of the class sought}.

    dataset: `Dataset` of n objects with features. chosen: as from `variants`. repeats: R items, the labels and folds of
    `fold_of`. settings: {"target", "training", "model" (a block of `models`)} of the configuration. Folds and seeds are
    the same for all variants.
    """
    table, spec = dataset.features, settings["model"]
    predictions = {key: np.empty((len(repeats), len(dataset))) for key in chosen}
    for k, labels in enumerate(repeats):
        classes, names, kinds = encode_classes(labels, spec["classes"], settings["training"], settings["target"])
        for key, columns in progress(chosen.items(), len(chosen), f"variants, repeat {k}"):
            seen = dataset.with_features(columns, table.select(columns).values)
            objects = Labelled.of(seen, classes, len(names), labels["event"], kinds)
            result = cross_validate(objects, labels["fold"], spec, derived_seed(seed, "ablation", k), threads)
            predictions[key][k] = result.inside[:, 0]
    return predictions


def summarise(protocol, predictions, repeats, threshold, rounds, seed):
    """Return one row {column: value} for each variant, the mean over repeats.

    Columns: protocol, variant, family, average_precision, f1 (cross-fitted), and for both scores the gain over all
    features with its standard deviation over `rounds` bootstraps. These are paired: the same events are drawn for both.
    A family that helps has a negative gain when left out.

    predictions: as from `ablate`. threshold: block of config.yaml.
    """
    labels = repeats[0]
    weights = [None, *bootstrap_weights(labels["event"], labels["target"], rounds, derived_seed(seed, "ablation"))]
    scores = {key: _scores(probability, repeats, threshold, weights) for key, probability in predictions.items()}
    reference, rows = scores["all", ""], []
    for (variant, family), score in scores.items():
        gain = score - reference
        spread = gain[1:].std(axis=0)
        rows.append({"protocol": protocol, "variant": variant, "family": family})
        for k, name in enumerate(("average_precision", "f1")):
            rows[-1] |= {name: score[0, k], f"{name}_gain": gain[0, k], f"{name}_gain_sd": spread[k]}
    return rows


def _scores(probability, repeats, threshold, weights):
    """Return average precision and F1 under each set of weights, averaged over repeats, shape (len(weights), 2)."""
    total = np.zeros((len(weights), 2))
    for p, labels in zip(probability, repeats, strict=True):
        target = labels["target"]
        decision = p >= cross_fitted_thresholds(threshold, target, p, labels["fold"])
        for k, weight in enumerate(weights):
            total[k] += average_precision(target, p, weight), decision_scores(target, decision, weight)["f1"]
    return total / len(repeats)
