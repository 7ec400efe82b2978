"""How well unusual objects are told: leave a class out of the training and see how high its objects rank."""

import numpy as np
from sklearn.metrics import roc_auc_score

from mallorn.decide.outliers import find_outliers, grow_forest, indecision, isolation, learn_outliers
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import Labelled
from mallorn.seeds import derived_seed

__all__ = ["WAYS", "held_out_types", "rank_left_out"]

WAYS = ("isolation", "indecision", "both")
"""Scores that are compared: the forest alone, the entropy of the classes alone, and both, as shipped."""


def held_out_types(spec_type, fewest):
    """Return the sorted types that at least `fewest` of the objects with `spec_type` (n,) have."""
    names, counts = np.unique(np.asarray(spec_type, dtype=str), return_counts=True)
    return [str(name) for name in names[counts >= fewest]]


def rank_left_out(dataset, labels, kind, settings, seed, threads):
    """Return one row {column: value} for each of `WAYS`: how high the objects of the type `kind` rank.

    Neither the model nor the detector has seen an object of this type. For each fold, what was learned on the other
    folds judges the fold's objects of other types, together with all objects of the type. auc is the chance that an
    object of the type ranks before one of the others; found is the share of the type that ranks as high as the top 5%
    of the others. Both are means over folds.

    dataset: `Dataset` of n objects with features. labels: as from `fold_of`, of one repeat. settings: {"target",
    "training", "outliers", "model" (a block of `models`)} of the configuration.
    """
    out = labels["spec_type"] == kind
    inside, left_out = np.flatnonzero(~out), dataset.take(np.flatnonzero(out))
    of = {name: values[inside] for name, values in labels.items()}
    training = {**settings["training"], "classes": _without(kind, settings["training"]["classes"])}
    classes, names, kinds = encode_classes(of, settings["model"]["classes"], training, settings["target"])
    classes, kinds = _dense(classes), _dense(kinds)
    objects = Labelled.of(dataset.take(inside), classes, classes.max() + 1, of["event"], kinds)
    seed = derived_seed(seed, "outliers", kind)
    made = cross_validate(objects, of["fold"], settings["model"], seed, threads, Options(outside=left_out))
    values, new = objects.dataset.features.values, left_out.features.values
    found = {way: [] for way in WAYS}
    for fold in np.unique(of["fold"]):
        known, held = of["fold"] != fold, of["fold"] == fold
        table = objects.dataset.features
        forest = grow_forest(table.object_id[known], table.columns, values[known], settings["outliers"], seed)
        detector = learn_outliers(forest, made.inside[known])
        probability = np.concatenate([made.inside[held], made.outside])
        judged = np.concatenate([values[held], new])
        is_new = np.arange(len(judged)) >= held.sum()
        scores = isolation(detector, judged), indecision(probability), find_outliers(detector, judged, probability)
        for way, score in zip(WAYS, scores, strict=True):
            high = score[is_new] >= np.quantile(score[~is_new], 0.95)
            found[way].append((roc_auc_score(is_new, score), high.mean()))
    about = {"left_out": kind, "objects": int(out.sum()), "events": len(np.unique(labels["event"][out]))}
    means = {way: np.mean(values, axis=0) for way, values in found.items()}
    return [{**about, "way": way, "auc": auc, "found": share} for way, (auc, share) in means.items()]


def _without(kind, classes):
    kept = {name: [one for one in kinds if one != kind] for name, kinds in classes.items()}
    return {name: kinds for name, kinds in kept.items() if kinds}


def _dense(classes):
    """Return classes (n,) numbered anew, without empty classes."""
    return np.unique(classes, return_inverse=True)[1]
