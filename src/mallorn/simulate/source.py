"""One source as the survey sees it: an event's epochs and its light at them, or a star's light at any time."""

import numpy as np

from mallorn.simulate.kinds import Star
from mallorn.simulate.streams import stream
from mallorn.simulate.types import TYPES, kind_of

__all__ = ["N_EPOCHS", "epoch_step", "is_star", "source_flux", "star_flux"]

N_EPOCHS = 1000


def is_star(spec_type):
    """Return whether a type is one of stars, without redshifts and siblings."""
    return isinstance(TYPES[spec_type], Star)


def source_flux(seed, row, wavelength):
    """Return a source event's flux at 10 pc, microjansky, shape (1000, W), on its rest-frame epochs.

    row: the row of one of its siblings in truth.parquet. wavelength: (W,) rest, angstrom.
    """
    kind = kind_of(row)
    step = row["rest_span"] / (N_EPOCHS - 1)
    phase = step * np.arange(N_EPOCHS) - (row["rest_peak"] if kind.peaks else 0.0)
    return kind.flux(_parameters(row), stream(seed, "walk", row["source"]), phase, wavelength)


def star_flux(seed, row, time, wavelength):
    """Return a star's flux in direct images and in the reference image at 10 pc, microjansky, shapes (T, W) and (W,).

    row: the star's row in truth.parquet. time: (T,) days since the survey began. wavelength: (W,) angstrom.
    """
    kind, p = kind_of(row), _parameters(row)
    rng = stream(seed, "star", row["source"], row["sibling"])
    return kind.flux(p, rng, time, wavelength), kind.reference(p, wavelength)


def epoch_step(row):
    """Return the observed time between two epochs of a source's grid, days."""
    return row["rest_span"] * (1.0 + row["redshift"]) / (N_EPOCHS - 1)


def _parameters(row):
    return {name: row[name] for name in kind_of(row).parameters}
