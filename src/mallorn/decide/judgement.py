"""Verdicts on objects: which models score each, with which weights, and whether they have learned from its like.

`mallorn.decide.domain.judge` makes them.
"""

from typing import NamedTuple

import numpy as np

from mallorn.learning.training_sets import (
    EARLY,
    EARLY_WITHOUT_REDSHIFT,
    FINAL,
    OTHER_SURVEYS,
    OTHER_SURVEYS_WITHOUT_REDSHIFT,
    WITHOUT_REDSHIFT,
)

__all__ = ["TRIOS", "Judgement"]

TRIOS = {
    True: (FINAL, EARLY, OTHER_SURVEYS),
    False: (WITHOUT_REDSHIFT, EARLY_WITHOUT_REDSHIFT, OTHER_SURVEYS_WITHOUT_REDSHIFT),
}
"""The training sets that score objects with a redshift, and those without: of whole curves, young ones, and others."""


class Judgement(NamedTuple):
    """Verdicts on n objects.

    weights: {training set: (n,)} of its models in the score of each object; they add up to 1, or to 0 for an object
    without a score. cut (n,) str: the cut of `mallorn.survey.copies` that it resembles, "" where no scorer of such cuts
    has a weight. status (n,) one of `STATUS`. reason (n,) str: why it is not in the domain. age (n,): days from the
    trigger to the last point.
    """

    weights: dict
    cut: np.ndarray
    status: np.ndarray
    reason: np.ndarray
    age: np.ndarray

    def weight(self, training):
        """Return the weight (n,) of a training set's models in the score of each object."""
        return self.weights.get(training, np.zeros(len(self.cut)))

    @property
    def leading(self):
        """The training set (n,) str whose models weigh most in the score of each object, "" without a score."""
        if not self.weights:
            return np.full(len(self.cut), "", dtype=object)
        table, names = np.stack([*self.weights.values()]), np.array([*self.weights], dtype=object)
        return np.where(table.max(axis=0) > 0.0, names[table.argmax(axis=0)], "")

    def columns(self, seen):
        """Return {column: (n,)}: the columns on the domain that files have, for objects `Observed` as `seen`."""
        counts = {"n_points": seen.n_points, "n_detections": seen.n_detections}
        about = {"passbands": seen.passbands, "span": seen.span, "detected": seen.detected, "snr": seen.snr}
        scored_as = [self._called(k) for k in range(len(self.cut))]
        said = {"domain": self.status, "domain_reason": self.reason, "scored_as": np.array([*scored_as, None])[:-1]}
        return {**said, **counts, **about}

    def _called(self, k):
        """Return the words for the models that score object k, such as "early 75%, final 25%"."""
        named = {}
        for whole, early, others in TRIOS.values():
            seen_as = f"{others}: {self.cut[k]}" if self.cut[k] else others
            named |= {early: early, whole: whole, others: seen_as}
        shares = {words: self.weight(name)[k] for name, words in named.items() if self.weight(name)[k] > 0.0}
        if len(shares) < 2:
            return "".join(shares)
        return ", ".join(f"{words} {min(max(share, 0.01), 0.99):.0%}" for words, share in shares.items())
