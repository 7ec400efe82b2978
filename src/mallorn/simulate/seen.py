"""What a survey's files say about a simulated object besides its light curve: flags, the position and the host."""

from typing import NamedTuple

import numpy as np

from mallorn.simulate import cadence
from mallorn.simulate.lightcurves import light_curve, reference_flux
from mallorn.simulate.physics import absolute_flux, blackbody_ratio, dimming
from mallorn.simulate.source import is_star
from mallorn.simulate.streams import stream

__all__ = ["Host", "Seen", "host", "members", "position", "redshift", "seen"]

_APART = 0.02  # days between two detections that trigger: half an hour, which excludes asteroids
_SKY = (-65.0, 5.0)  # declinations of the survey, degrees
_NUCLEAR = ("AGN", "CLAGN", "TDE")
_KPC_PER_ARCSEC = 1000.0 * np.pi / 648_000.0  # at an angular distance of 1 Mpc
_FLAT_BELOW = 3000.0  # angstrom: young stars keep a galaxy's spectrum flat below this wavelength
_SPECTROSCOPIC = 5e-4  # error of a redshift from a spectrum, divided by 1 + z


class Seen(NamedTuple):
    """A light curve without the points that have no flux, sorted by time.

    mjd, flux, flux_err: (N,) days, microjansky; band: (N,) number of the passband. detected: (N,) bool, five sigma
    above or below the reference image. saturated: (N,) bool, in the direct image. trigger: index of the point by which
    the object is found, the first detection half an hour or more after another; -1 if there is none. reference: (B,)
    flux of the reference image, microjansky; NaN for events, since the light of their hosts in the image is not
    simulated.
    """

    mjd: np.ndarray
    band: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    detected: np.ndarray
    saturated: np.ndarray
    trigger: int
    reference: np.ndarray


class Host(NamedTuple):
    """A host galaxy: its photometric redshift and error, the separation in arc seconds, AB magnitudes (B,)."""

    photometric: float
    photometric_err: float
    separation: float
    magnitude: np.ndarray


def members(truth, split, part):
    """Return a dict for each object of a split and a set ("train" or "test"), in order: its row of the truth."""
    chosen = np.flatnonzero((truth["split"] == split) & (truth["set"] == part))
    return [{name: values[k] for name, values in truth.items()} for k in chosen]


def seen(config, passbands, seed, row):
    """Return the `Seen` of one object; see `mallorn.simulate.lightcurves.light_curve` for the arguments."""
    mjd, band, flux, error = light_curve(config, passbands, seed, row)
    known = np.isfinite(flux)
    mjd, band, flux, error = mjd[known], band[known], flux[known], error[known]
    reference = reference_flux(passbands, seed, row)
    saturated = flux + reference[band] > cadence.saturation(config, passbands)[band]
    detected = np.abs(flux) > 5.0 * error
    at = np.flatnonzero(detected)
    later = at[mjd[at] - mjd[at[0]] > _APART] if len(at) else at
    if not is_star(row["spec_type"]):
        reference = np.full(len(passbands), np.nan)
    return Seen(mjd, band, flux, error, detected, saturated, int(later[0]) if len(later) else -1, reference)


def position(seed, row):
    """Return right ascension and declination of an object, degrees: anywhere between declinations -65 and +5."""
    chance = stream(seed, "position", row["source"], row["sibling"]).random(2)
    low, high = np.sin(np.radians(_SKY))
    return float(360.0 * chance[0]), float(np.degrees(np.arcsin(low + (high - low) * chance[1])))


def redshift(row):
    """Return an event's redshift in the survey's files and its error; training objects have it from spectra."""
    error = row["log_redshift_err"]
    return row["log_redshift"], _SPECTROSCOPIC * (1.0 + row["redshift"]) if np.isnan(error) else error


def host(config, passbands, seed, row):
    """Return the `Host` of an event, None for a star.

    It is a galaxy of absolute magnitude -20.5 with a scatter of 1 and the colours of a blackbody of 5,000 K, flat in
    the ultraviolet. Nuclear events lie within about a twentieth of an arc second of its centre, others about 3 kpc
    away. The photometric redshift of a test object is that of its log.
    """
    if is_star(row["spec_type"]):
        return None
    rng = stream(seed, "host", row["source"], row["sibling"])
    z, distance = row["redshift"], row["luminosity_distance"]
    magnitude, scatter, away = rng.normal(-20.5, 1.0), rng.standard_normal(), rng.rayleigh(1.0)
    rest = np.maximum(passbands.wavelength / (1.0 + z), _FLAT_BELOW)
    flux = absolute_flux(magnitude) * blackbody_ratio(rest, 4400.0, 5000.0) * dimming(z, distance)
    error = row["log_redshift_err"]
    photometric = row["log_redshift"]
    if np.isnan(error):
        error = config["photometric_redshift_error"] * (1.0 + z)
        photometric = z + error * scatter
    near = 0.05 if row["spec_type"] in _NUCLEAR else 3.0 / (_KPC_PER_ARCSEC * distance / (1.0 + z) ** 2)
    return Host(float(photometric), float(error), float(near * away), 23.9 - 2.5 * np.log10(flux))
