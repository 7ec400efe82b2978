"""Copies of training objects as other surveys would have seen them: nearer, in fewer passbands, detections alone.

Models that have learnt from forced photometry in all passbands have never seen a light curve without faint points, or
with passbands missing. Other models therefore learn from four cuts of each object's points:

- forced: all passbands, detections and non-detections.
- detections: all passbands, the points above five sigma, as archives of alerts hold them.
- few_bands: a few passbands.
- alerts: the detections in a few passbands.

Each cut loses some points. It also moves most objects nearer, since shallower surveys see nearer events. The new
redshift is drawn evenly in its logarithm, which is nearly even in the survey's limiting magnitude.

Moving an object from redshift z to z' < z needs no model of what it is. Times shrink by f = (1 + z') / (1 + z), a point
of wavelength w becomes one of wavelength w f, and fluxes per frequency grow by f (D(z) / D(z'))^2, where D is the
luminosity distance. The point goes to the passband nearest to w f, if one is near. The mean of the object's multi-band
Gaussian process makes up for the remaining step in wavelength: its value at the one less that at the other.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mallorn.gp.models import MultibandMatern32
from mallorn.gp.predict import Process
from mallorn.seeds import generator
from mallorn.survey.as_of import DETECTION_SNR
from mallorn.survey.copies import CUTS, copy_name, originals
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.dust import transmission
from mallorn.survey.observed import enough, observed
from mallorn.survey.passbands import SLOTS

__all__ = ["copies_metadata", "seen_by_other_surveys"]

_REACH = 0.13
"""Largest |ln| of the ratio of wavelengths at which a passband takes a moved point: half the step from g to r."""


class _Draw(NamedTuple):
    """The draws for one copy: its redshift, the share of its points that is kept, the slots that it has."""

    redshift: float
    keep: float
    slots: np.ndarray
    points: np.random.Generator


def seen_by_other_surveys(lightcurves, fits, options, seed, minimum):
    """Return the copies of training objects in each of `CUTS`, as a list of `LightCurves`.

    lightcurves: raw. fits: table of the multi-band fits of the same objects without Galactic dust, as from
    `mallorn.gp.fit.fit_lightcurves`. options: block `augmentations.other_surveys`. minimum: block `domain`; copies with
    less are left out.

    `mallorn.survey.copies` names a copy. Draws depend on the seed, the object and the cut alone. An object without
    redshift is not moved.
    """
    return [_in_cut(lightcurves, fits, options, seed, minimum, cut) for cut in CUTS]


def copies_metadata(metadata, lightcurves, name):
    """Return the metadata of copies: {column: array}, as from `read_logs`, all of one split, called `name`.

    metadata: of the training objects, and maybe others. lightcurves: the `LightCurves` of the copies.
    """
    row_of = {object_id: row for row, object_id in enumerate(metadata["object_id"])}
    rows = np.array([row_of[original] for original in originals(lightcurves.object_id)], dtype=int)
    columns = {column: values[rows] for column, values in metadata.items()}
    return {
        **columns,
        "object_id": lightcurves.object_id,
        "split": np.full(len(rows), name, dtype=object),
        "Z": lightcurves.redshift,
        "Z_err": lightcurves.redshift_err,
        "luminosity_distance": lightcurves.luminosity_distance,
    }


def _in_cut(lightcurves, fits, options, seed, minimum, cut):
    few_bands, detections = CUTS[cut]
    pairs = zip(lightcurves.object_id, lightcurves.redshift, strict=True)
    draws = [_draw(generator(seed, "other_surveys", cut, name), z, options) for name, z in pairs]
    lc = _moved(lightcurves, fits, np.array([draw.redshift for draw in draws]))
    slot, keep = lc.passbands.slot[lc.band], np.ones(len(lc.mjd), dtype=bool)
    for k, draw in enumerate(draws):
        points = slice(lc.start[k], lc.start[k + 1])
        keep[points] = draw.points.random(lc.n_points[k]) < draw.keep
        if few_bands:
            keep[points] &= np.isin(slot[points], draw.slots)
    if detections:
        keep &= lc.flux > DETECTION_SNR * lc.flux_err
    lc = lc.where(keep)
    lc = lc.take(np.flatnonzero(enough(observed(lc), minimum)))
    return replace(lc, object_id=np.array([copy_name(name, cut) for name in lc.object_id], dtype=object))


def _draw(rng, z, options):
    lowest, moved = options["nearest"], rng.random() < options["moved"]
    nearer, keep = rng.random(), rng.uniform(options["keep"], 1.0)
    slots = options["passbands"][rng.integers(len(options["passbands"]))]
    redshift = lowest * (z / lowest) ** nearer if moved and z > lowest else z
    return _Draw(redshift, keep, np.array([SLOTS.index(name) for name in slots]), rng)


def _moved(lightcurves, fits, redshift):
    """Return the raw light curves of the same objects at the redshifts (n,), which are their own or lower ones."""
    lc = lightcurves.dereddened()
    mjd, band, flux, flux_err = lc.mjd.copy(), lc.band.copy(), lc.flux.copy(), lc.flux_err.copy()
    keep, wavelength = np.ones(len(mjd), dtype=bool), lc.passbands.wavelength
    theta = np.stack([fits[f"ln_{name}"] for name in MultibandMatern32.parameters], axis=1)
    stretch = (1.0 + redshift) / (1.0 + lc.redshift)
    brighter = stretch * (lc.luminosity_distance / luminosity_distance(redshift)) ** 2
    for k in np.flatnonzero((redshift < lc.redshift) & (lc.n_points > 0)):
        points = slice(lc.start[k], lc.start[k + 1])
        distance = np.abs(np.log(wavelength * stretch[k])[:, None] - np.log(wavelength))
        nearest = np.argmin(distance, axis=1)
        keep[points] = distance.min(axis=1)[lc.band[points]] < _REACH
        flux[points] += _difference(lc, k, theta[k], wavelength[nearest] / stretch[k])
        flux[points] *= brighter[k]
        flux_err[points] *= brighter[k]
        band[points] = nearest[lc.band[points]]
        mjd[points] = lc.mjd[points][0] + (lc.mjd[points] - lc.mjd[points][0]) * stretch[k]
    dust = transmission(lc.ebv, lc.passbands.extinction)[lc.owner, band]
    moved = replace(lc, mjd=mjd, band=band, flux=flux * dust, flux_err=flux_err * dust).where(keep)
    return moved.in_order().with_redshift(redshift, np.where(redshift < lc.redshift, np.nan, lc.redshift_err))


def _difference(lc, k, theta, wavelength):
    """Return how much brighter each point of object `k` would be at the `wavelength` (B,) given to its passband."""
    if not np.isfinite(theta).all():
        return 0.0
    o, own = lc[k], lc.passbands.wavelength
    try:
        process = Process(MultibandMatern32, theta, o.mjd, o.band, o.flux, o.flux_err, own)
    except np.linalg.LinAlgError:
        return 0.0
    return process.mean(o.mjd, wavelength[o.band]) - process.mean(o.mjd, own[o.band])
