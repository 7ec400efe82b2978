"""How far a survey sees a source: the distributions from which redshifts and distances are drawn."""

from functools import cache

import numpy as np

from mallorn.simulate import cadence
from mallorn.simulate.physics import dimming
from mallorn.simulate.source import N_EPOCHS, source_flux, star_flux
from mallorn.simulate.types import kind_of
from mallorn.survey.cosmology import luminosity_distance

__all__ = ["distance_distribution", "redshift_distribution"]

_FARTHEST = 4.9
_LUCK = 2.0  # detections in the field that is taken, over those in a mean one
_COARSE = slice(None, None, 30)  # number of redshifts or distances at which a source's visibility is computed
_KPC = np.geomspace(0.003, 3e4, 35 * 30 + 1)
_TIMES = 500  # number of times at which a star's visibility is computed


@cache
def _redshifts(nearest):
    """Return redshifts from `nearest` on, and their luminosity distances, Mpc."""
    redshift = np.geomspace(nearest, _FARTHEST, 16 * 30 + 1)
    return redshift, luminosity_distance(redshift)


def redshift_distribution(config, passbands, seed, row):
    """Return the cumulative distribution of a source event's redshift, and its grid of redshifts.

    dP/dz ~ dV/dz / (1 + z) x P(detected), where V is the comoving volume and 1 + z the dilation of the rate of events.
    An event has a chance of one half where `min_detections` visits are expected to see it at five sigma at median
    depth. This follows from the mean rate of visits (those of a transient are all in season) and the logistic
    approximation of the normal distribution. An event that an earlier survey knew has limits to its peak, and many
    fields to be seen in: detections count by those of the best field. row: the event's row in truth.parquet.
    """
    kind = kind_of(row)
    redshift, distance = _redshifts(kind.nearest)
    z, d = redshift[_COARSE], distance[_COARSE]
    rest = passbands.wavelength / (1.0 + z[:, None])
    flux = source_flux(seed, row, rest.ravel()).reshape(N_EPOCHS, *rest.shape) * dimming(z, d)[:, None]
    seen = _seen(flux / cadence.median_flux_error(config, passbands))
    if kind.strict:
        seen = np.maximum(seen - _seen(0.0), 0.0)
    duty = cadence.duty(config) if kind.lasts else 1.0
    visits = duty * cadence.visit_rates(config, passbands) * (row["rest_span"] / (N_EPOCHS - 1) * (1.0 + z))[:, None]
    expected = (seen.sum(axis=0) * visits).sum(axis=1)
    expected = np.exp(np.interp(np.log(redshift), np.log(z), np.log(expected + 1e-12)))
    if kind.known is None:
        detected = 1.0 / (1.0 + (config["min_detections"] / expected) ** 4)
    else:
        peak = np.log(np.maximum(flux.max(axis=(0, 2)), 1e-12))
        peak = 23.9 - 2.5 / np.log(10.0) * np.interp(np.log(redshift), np.log(z), peak)
        detected = _known(kind.known, peak) / (1.0 + (config["min_detections"] / (_LUCK * expected)) ** 8)
    volume = np.gradient((distance / (1.0 + redshift)) ** 3)
    cumulative = np.cumsum(volume / (1.0 + redshift) * detected)
    return cumulative / cumulative[-1], redshift


def _known(limits, peak):
    """Return the chance (Z,) that an event is moved to where its peak has the magnitude `peak` (Z,), nearest first.

    It is 0 where the peak is brighter than the first of the `limits`, and falls to 0 about the second.
    """
    brightest, faintest = limits
    faint = peak > brightest
    chance = 1.0 / (1.0 + np.exp(np.clip((peak - max(faintest, peak[0] + 0.5)) / 0.2, -50.0, 50.0)))
    return np.where(faint | ~faint.any(), chance, 0.0)


def _seen(significance):
    """Return the probability that a visit finds five sigma where that many sigma are expected."""
    return 1.0 / (1.0 + np.exp(np.clip(1.702 * (5.0 - significance), -30.0, 30.0)))


def distance_distribution(config, passbands, seed, row):
    """Return the cumulative distribution of a star's distance, and its grid of distances, kpc.

    dP/dD ~ D^2 density(D) x P(detected), with detection as in `redshift_distribution`, brighter or fainter than the
    reference image, and only where the reference image is not saturated in any passband. row: the star's row in
    truth.parquet.
    """
    kind = kind_of(row)
    span = cadence.span(config)
    times = span * (np.arange(_TIMES) + 0.5) / _TIMES
    flux, reference = star_flux(seed, row, times, passbands.wavelength)
    dim = (0.01 / _KPC) ** 2
    error = cadence.star_error(reference * dim[_COARSE, None], cadence.median_flux_error(config, passbands))
    seen = _seen(np.abs(flux - reference)[:, None] * dim[_COARSE, None] / error) - _seen(0.0)
    visits = cadence.duty(config) * span * cadence.visit_rates(config, passbands)
    expected = (seen.mean(axis=0) * visits).sum(axis=1)
    expected = np.exp(np.interp(np.log(_KPC), np.log(_KPC[_COARSE]), np.log(expected + 1e-12)))
    detected = 1.0 / (1.0 + (config["min_detections"] / expected) ** 4)
    unsaturated = (reference * dim[:, None] < cadence.saturation(config, passbands)).all(axis=1)
    if not unsaturated.any():
        unsaturated[-1] = True
    cumulative = np.cumsum(_KPC**3 * kind.density(_KPC) * detected * unsaturated)
    return cumulative / cumulative[-1], _KPC
