"""What was said of single objects over time, for their pages."""

import numpy as np

from mallorn.io.tables import read_columns

__all__ = ["read_over_time"]


def read_over_time(path):
    """Return {object id: {column: list}} of a table that the rule score_over_time made; {} for no path."""
    if not path:
        return {}
    table, found = read_columns(path), {}
    names = table["object_id"].astype(str)
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(names == name)
        found[name] = {column: values[rows].tolist() for column, values in table.items()}
    return found
