"""Find where sampled curves first reach a level on the way out from their peaks."""

import numpy as np

__all__ = ["distance_above", "distance_below"]


def distance_above(level, values, top):
    """Return how many columns to the right of `top` the rows of `values` first reach `level`.

    values: (R, T). top: (R,) int. level: a number or (R,). Linear between columns; a row that never reaches the level
    gives the distance of the last column.
    """
    rows, columns = np.arange(len(values)), np.arange(values.shape[1])
    level = np.broadcast_to(level, len(values))
    reached = (values >= level[:, None]) & (columns > top[:, None])
    first = np.argmax(reached, axis=1)
    found = reached[rows, first]
    low, high = values[rows, first - found], values[rows, first]
    fraction = np.where(found & (low < level), (level - low) / np.where(high > low, high - low, 1.0), 0.0)
    return np.where(found, first - 1 - top + fraction, len(columns) - 1 - top)


def distance_below(level, values, top):
    """Return how far to the right of `top` the rows of `values` first fall to `level`; see `distance_above`."""
    return distance_above(-np.asarray(level), -values, top)
