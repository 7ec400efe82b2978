"""One source event as its siblings see it: the epochs they share, and its light on them."""

import numpy as np

from mallorn.simulate.streams import stream
from mallorn.simulate.types import TYPES

__all__ = ["N_EPOCHS", "epoch_step", "source_flux"]

N_EPOCHS = 1000


def source_flux(seed, row, wavelength):
    """Return a source event's flux at 10 pc, microjansky, shape (1000, W), on its rest-frame epochs.

    row: what truth.parquet says of one of its siblings. wavelength: (W,) rest, angstrom.
    """
    kind = TYPES[row["spec_type"]]
    step = row["rest_span"] / (N_EPOCHS - 1)
    phase = step * np.arange(N_EPOCHS) - (row["rest_peak"] if kind.peaks else 0.0)
    p = {name: row[name] for name in kind.parameters}
    return kind.flux(p, stream(seed, "walk", row["source"]), phase, wavelength)


def epoch_step(row):
    """Return the observed time between two epochs of a source's grid, days."""
    return row["rest_span"] * (1.0 + row["redshift"]) / (N_EPOCHS - 1)
