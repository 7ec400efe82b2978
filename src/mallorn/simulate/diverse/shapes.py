"""What all types of the diverse population share: how an earlier survey knew a light curve, spectral lines, dust."""

import numpy as np

from mallorn.survey.dust import extinction_per_ebv

__all__ = ["centred", "earlier_survey", "host_dust", "log_normal", "ripples"]

_FINE = np.arange(-200.0, 1500.0, 0.5)
_DEPTH = 20.5  # AB magnitude at five sigma of a visit of the earlier survey
_GAP = 6.0  # days between its visits of a field, in one passband
_WEATHER = 0.8  # share of the visits that are made
_LENGTHS = (10.0, 25.0, 60.0, 150.0)  # days
_BUMPS = 14
_BLUEST, _REDDEST = 1500.0, 11_000.0
_TURN = 20.0  # days after the peak at which early lines have given way to late ones
_SHORTEST = 1000.0  # angstrom, below which the dust is that of here


def log_normal(rng, median, scatter, low=0.0, high=np.inf):
    """Return a number whose natural logarithm is normal, within two bounds."""
    return float(np.clip(median * np.exp(scatter * rng.standard_normal()), low, high))


def centred(law, phase):
    """Return `law`, a function of days, shifted to have its peak at phase 0 and scaled to be 1 there; (P,)."""
    fine = law(_FINE)
    peak = np.argmax(fine)
    return np.interp(phase + _FINE[peak], _FINE, fine / fine[peak], left=0.0)


def earlier_survey(rng, phase, shape, limit):
    """Return a light curve as an earlier, shallower survey knew it, (P,): through noise, seasons and a smooth fit.

    Real events come from such a survey: what is known of one is the mean of a Gaussian process that was fitted to its
    points in one passband, as the MALLORN data were made. So the time before and after an event is not quite dark, a
    peak is a little low, and light that nobody saw in the months without visits is what the process makes of it.

    Visits are those of ZTF (Bellm et al. 2019, PASP 131, 018002), thinned: every six days in one passband, nights of
    clouds left out, to 20.5 mag at five sigma, while the field is up, some seven months a year, in which the peak lies.
    Peak magnitudes follow 10^(0.6 m) up to `limit`, since the sample is limited by flux. The process is a Matern-3/2
    with the length, of four, that is most likely. phase: (P,) equally spaced days. shape: (P,) flux over that of the
    peak.
    """
    time = phase - phase[0]
    brightest = limit + np.log10(1.0 - rng.random()) / 0.6
    error = 0.2 * 10.0 ** (0.4 * (max(brightest, limit - 3.0) - _DEPTH))
    season, place = rng.uniform(180.0, 260.0), rng.uniform(0.05, 0.95)
    made = rng.random(int(time[-1] / _GAP) + 1) < _WEATHER
    noise = rng.standard_normal(len(made))
    night = _GAP * np.arange(len(made))
    seen = made & ((night - time[np.argmax(shape)] + place * season) % 365.25 < season)
    if seen.sum() < 5:
        return shape
    night, y = night[seen], np.interp(night[seen], time, shape) + error * noise[seen]
    return _smooth(night, y, error, time)


def _smooth(night, y, error, time):
    """Return the mean at `time` of the most likely of four Matern-3/2 processes about zero."""
    from scipy.linalg import cho_factor, cho_solve

    variance = max(np.mean(y**2) - error**2, error**2)
    apart, best, most = np.abs(night[:, None] - night), None, -np.inf
    for length in _LENGTHS:
        covariance = variance * _matern(apart / length)
        covariance[np.diag_indices_from(covariance)] += error**2
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        weight = cho_solve(factor, y, check_finite=False)
        likely = -0.5 * y @ weight - np.log(np.diag(factor[0])).sum()
        if likely > most:
            best, most = (length, weight), likely
    length, weight = best
    return variance * _matern(np.abs(time[:, None] - night) / length) @ weight


def _matern(distance):
    scaled = np.sqrt(3.0) * distance
    return (1.0 + scaled) * np.exp(-scaled)


def ripples(rng, phase, wavelength, scatter):
    """Return by what factor spectral lines make an event brighter or fainter than its continuum, (P, W).

    Fourteen bumps, 3 to 10% of the wavelength wide, of random heights, `scatter` magnitudes in all; one such set gives
    way to another some twenty days after the peak. Real spectra of one type differ by as much: the scatter of
    supernovae's spectra about templates of their types in Pierel et al. (2018, PASP 130, 114504) is a tenth or two.
    """
    height = rng.standard_normal((2, _BUMPS)) * scatter * 1.5
    centre = rng.uniform(np.log(_BLUEST), np.log(_REDDEST), _BUMPS)
    width = rng.uniform(0.03, 0.10, _BUMPS)
    bump = np.exp(-0.5 * ((np.log(wavelength)[:, None] - centre) / width) ** 2)
    early = 1.0 / (1.0 + np.exp(np.clip((phase - _TURN) / 8.0, -50.0, 50.0)))
    first, last = height @ bump.T
    return 10.0 ** (-0.4 * (early[:, None] * (first - last) + last))


def host_dust(wavelength, ebv):
    """Return which part of the light leaves the dust of the host galaxy, (W,); that of the Milky Way's law."""
    return 10.0 ** (-0.4 * ebv * extinction_per_ebv(np.maximum(wavelength, _SHORTEST)))
