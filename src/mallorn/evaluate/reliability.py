"""Reliability: the frequency of targets at each probability, before and after calibration inside folds."""

import numpy as np

from mallorn.decide.calibration import METHODS, cross_fitted
from mallorn.metrics import bootstrap, brier, calibration_table, expected_calibration_error, interval
from mallorn.seeds import derived_seed

__all__ = ["RELIABILITY_COLUMNS", "reliability"]

RELIABILITY_COLUMNS = (
    *("method", "from", "to", "objects", "probability", "frequency", "frequency_low", "frequency_high"),
    *("brier", "expected_calibration_error"),
)
"""Columns of `reliability`."""

_RULE = {"rule": "maximum_f1", "fraction": None}  # the threshold that `cross_fitted` also returns is not used


def reliability(target, event, repeats, options, seed):
    """Return a row {column: value} of `RELIABILITY_COLUMNS` for each method of calibration and bin of probability.

    The bins pool R repeats. objects: mean number in a repeat. probability and frequency: means of probability and
    target, with an interval over events. brier and expected_calibration_error: of the method, averaged over repeats,
    the same in all its rows. A fold's map is fitted to the predictions of the other folds.

    target (n,) 0 or 1, event (n,) str; repeats: R pairs (probability (n,), fold (n,)).
    options: block `evaluation` of config.yaml.
    """
    edges = np.linspace(0.0, 1.0, options["bins"]["probability"] + 1)
    pooled, rows = np.tile(target, len(repeats)), []
    for method in METHODS:
        calibrated = [cross_fitted(method, _RULE, target, p, fold)[0] for p, fold in repeats]
        joined = np.concatenate(calibrated)
        errors = [expected_calibration_error(calibration_table(target, p, edges)) for p in calibrated]

        def statistics(weight, joined=joined):
            return {"frequency": calibration_table(pooled, joined, edges, np.tile(weight, len(repeats)))["frequency"]}

        drawn = bootstrap(statistics, event, target, options["rounds"], derived_seed(seed, "scores"))
        low, high = interval(drawn["frequency"], options["level"])
        table = calibration_table(pooled, joined, edges)
        of_method = {
            "brier": float(np.mean([brier(target, p) for p in calibrated])),
            "expected_calibration_error": float(np.mean(errors)),
        }
        for k in range(len(edges) - 1):
            values = (
                *(method, table["low"][k], table["high"][k], table["count"][k] / len(repeats)),
                *(table["probability"][k], table["frequency"][k], low[k], high[k]),
            )
            rows.append(dict(zip(RELIABILITY_COLUMNS, values, strict=False)) | of_method)
    return rows
