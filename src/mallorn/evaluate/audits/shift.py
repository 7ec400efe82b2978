"""Audit the shift from training to test set: adversarial validation, and weights that make one resemble the other.

A classifier is trained to tell training from test objects, out of fold. If it cannot, both are alike in the features.
If it can, its odds of "test" are, by Bayes' theorem, proportional to the ratio of the densities of test and training
objects. That ratio is the weight that a training object would need (Sugiyama, Suzuki & Kanamori 2012, Density Ratio
Estimation, ch. 4).
"""

import numpy as np

from mallorn.evaluate.audits.verdict import verdict
from mallorn.learning.cross_validation import cross_validate
from mallorn.learning.dataset import Labelled, of_values
from mallorn.metrics import roc_auc
from mallorn.seeds import generator

__all__ = ["TEST_OBJECTS", "adversarial_validation", "audit_shift", "importance_weights"]

TEST_OBJECTS = 20_000
"""Number of test objects that audits compare with the training objects; from larger test sets this many are drawn."""


def adversarial_validation(train, test, spec, number, seed, threads):
    """Return (out-of-fold probability (n + m,) of being a test object, training objects first; importance (p,)).

    train (n, p), test (m, p) float32; spec: {"learner", "balance", "params"} of a model; number of folds.
    """
    values = np.concatenate([train, test])
    classes = np.repeat([1, 0], [len(train), len(test)])  # class 0 is the one whose probability is returned
    fold = np.arange(len(values)) % number
    fold = fold[generator(seed, "adversarial").permutation(len(fold))]
    dataset = of_values(values)
    objects = Labelled.of(dataset, classes, 2, dataset.object_id)
    predictions = cross_validate(objects, fold, {"seeds": 1, **spec}, seed, threads)
    return predictions.inside[:, 0], predictions.importance


def importance_weights(probability, n_train, largest):
    """Return weights (n,) of the training objects: odds of "test", clipped at `largest` times the mean; with mean 1.

    probability (n + m,) as from `adversarial_validation`.
    """
    p = np.clip(probability[:n_train], 1e-6, 1.0 - 1e-6)
    weight = p / (1.0 - p)
    weight = np.minimum(weight / weight.mean(), largest)
    return weight / weight.mean()


def audit_shift(columns, probability, importance, n_train, limits):
    """Return the verdict on the shift: warn or fail above two `limits` of ROC AUC; it names the features responsible.

    columns (p,) names; probability and importance as from `adversarial_validation`.
    """
    is_test = np.arange(len(probability)) >= n_train
    auc = roc_auc(is_test, probability)
    order = np.argsort(-importance, kind="stable")[:10]
    responsible = {columns[k]: float(importance[k]) for k in order}
    result = "fail" if auc > limits[1] else "warn" if auc > limits[0] else "pass"
    finding = f"a classifier tells test from training objects with ROC AUC {auc:.3f}"
    if result != "pass":
        finding += f", mostly by {', '.join(list(responsible)[:3])}"
    return verdict("train and test shift", result, finding, roc_auc=auc, limits=list(limits), responsible=responsible)
