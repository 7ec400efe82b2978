"""The scores of out-of-fold predictions, with the threshold of each fold chosen on the others."""

from mallorn.metrics import average_precision, decision_scores, roc_auc
from mallorn.thresholds import crossed_thresholds

__all__ = ["SCORE_COLUMNS", "score"]

SCORE_COLUMNS = ("average_precision", "roc_auc", "f1", "precision", "recall", "threshold")


def score(target, probability, fold, options):
    """Return {column: value} for `SCORE_COLUMNS` of one repeat of cross-validation.

    f1, precision and recall are crossed: the objects of a fold are decided with the threshold that the rule chooses on
    the out-of-fold predictions of the other folds, and the decisions of all folds are pooled. `threshold` is the mean
    over the objects of their folds' thresholds.

    target (n,) 0 or 1; probability, fold (n,); options: block `threshold` of config.yaml (see `mallorn.thresholds`).
    """
    threshold = crossed_thresholds(options, target, probability, fold)
    return {
        "average_precision": average_precision(target, probability),
        "roc_auc": roc_auc(target, probability),
        **decision_scores(target, probability >= threshold),
        "threshold": float(threshold.mean()),
    }
