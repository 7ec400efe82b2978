"""Scores of single objects over time, for their pages."""

import numpy as np

from mallorn.io.tables import read_columns

__all__ = ["read_over_time", "several", "told_over_time"]


def read_over_time(path):
    """Return {object id: {column: list}} from a table of the rule score_over_time; {} for no path."""
    if not path:
        return {}
    table, found = read_columns(path), {}
    names = table["object_id"].astype(str)
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(names == name)
        found[name] = {column: values[rows].tolist() for column, values in table.items()}
    return found


def several(said):
    """Return an object's scores over time, {column: (m,)}, if there are at least two times, else None."""
    return said if said and len(said["age"]) > 1 else None


def told_over_time(said, target):
    """Return, in words, when the probability of the target class first reached the threshold, and by which models."""
    passed = [k for k, (p, least) in enumerate(zip(said["probability"], said["threshold"], strict=True)) if p >= least]
    if not passed:
        return f"P({target}) never reached the threshold."
    age, models = (said[name][passed[0]] for name in ("age", "scored_as"))
    return f"P({target}) reached the threshold {age:.0f} days after the trigger ({models})."
