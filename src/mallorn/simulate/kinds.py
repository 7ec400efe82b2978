"""The contract of a type of simulated object: a module with `TYPES`, {name: `Event` or `Star`}, that `types` lists.

An event happens in another galaxy. It is drawn once, its siblings see it at redshifts of their own, and its light is a
curve on 1,000 equally spaced rest-frame epochs. A star lies in or near the Milky Way. It has no redshift and no
siblings. Its light is a function of time, since periods of hours must be sampled at the visits themselves.
"""

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Event", "Star"]


class Event(NamedTuple):
    """A type of event at a redshift.

    parameters: {name: unit} of what `draw` returns, columns of truth.parquet.
    draw: function of a generator that returns {parameter: value}.
    flux: function (p, rng, phase, wavelength) that returns the difference flux at 10 pc, microjansky, (P, W). p:
        {parameter: value}; rng: the event's own generator, fresh; phase: (P,) equally spaced rest-frame days since the
        peak, or since the first epoch for an event that does not `peak`; wavelength: (W,) rest, angstrom.
    peaks: whether there is a moment, phase 0, that must lie in the survey.
    lasts: whether it is seen for years; the part of the year in which a field is seen then counts.
    nearest: smallest redshift.
    known: brightest and faintest AB magnitude of the peak in its brightest passband, None for no limits: an event that
        a shallower survey knew is moved farther away, but not too far.
    late: share of the events whose first epoch comes after the peak, by up to 60 days.
    strict: whether visits that chance alone would find are not counted in how often it is seen, as they must not be for
        rarely seen events. Older types count them, and their surveys stay as they were.
    """

    parameters: dict
    draw: Callable
    flux: Callable
    peaks: bool = True
    lasts: bool = False
    nearest: float = 0.03
    known: tuple | None = None
    late: float = 0.0
    strict: bool = False


class Star(NamedTuple):
    """A type of star, or of pair of stars.

    parameters: as of `Event`.
    draw: function (rng, span) that returns {parameter: value}; span: length of the survey, days.
    flux: function (p, rng, time, wavelength) that returns the flux at 10 pc, microjansky, (T, W), of the direct image.
        p: {parameter: value}; rng: the star's own generator, fresh; time: (T,) days since the survey began, at least
        0, in any order; wavelength: (W,) angstrom. The flux at a time depends on no other time.
    reference: function (p, wavelength) that returns the flux (W,) of the reference image at 10 pc, microjansky.
    density: function of distances, kpc, that returns the relative number of such stars per unit of volume.
    """

    parameters: dict
    draw: Callable
    flux: Callable
    reference: Callable
    density: Callable
