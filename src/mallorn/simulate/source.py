"""One source event as its siblings see it: the epochs they share, and its light on them."""

import numpy as np

from mallorn.simulate import agn, transients
from mallorn.simulate.streams import stream

__all__ = ["N_EPOCHS", "epoch_step", "source_flux"]

N_EPOCHS = 1000


def source_flux(seed, row, wavelength):
    """Return a source event's flux at 10 pc, microjansky, shape (1000, W), on its rest-frame epochs.

    row: what truth.parquet says of one of its siblings. wavelength: (W,) rest, angstrom.
    """
    source, spec_type = row["source"], row["spec_type"]
    step = row["rest_span"] / (N_EPOCHS - 1)
    if spec_type == "AGN":
        p = {name: row[name] for name in ("magnitude", "log_black_hole_mass")}
        return agn.agn_flux(p, stream(seed, "walk", source), step, N_EPOCHS, wavelength)
    phase = step * np.arange(N_EPOCHS) - row["rest_peak"]
    return transients.transient_flux(spec_type, row, phase, wavelength)


def epoch_step(row):
    """Return the observed time between two epochs of a source's grid, days."""
    return row["rest_span"] * (1.0 + row["redshift"]) / (N_EPOCHS - 1)
