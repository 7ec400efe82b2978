"""The common form that every reader of a survey's files returns: points in microjansky, and facts on the objects.

A reader `mallorn.sources.NAME` has a function `batches(path, settings)` that yields `Batch`es, each of whole objects:
memory does not grow with the file. Units are the same for all: MJD in days, fluxes in microjansky (AB magnitude 23.9).
Values by which a format marks a missing one (-9, -99, -999, 100, ...) are NaN here.
"""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["KINDS", "Batch", "flux_of_magnitude", "to_microjansky"]

KINDS = ("spectroscopic", "photometric", "none")
"""Kinds of redshifts."""

ZERO_POINT = 23.9
"""AB magnitude of one microjansky."""


@dataclass
class Batch:
    """Some objects of a survey, and their points in any order.

    points: {column: (N,) array}. object_id: str, digit for digit as in the file. mjd: days, in the scale that `about`
    names. passband: str, the name in the data file of passbands, "SURVEY.NAME" (such as "ztf.g"). flux, flux_err:
    microjansky, not corrected for Galactic dust. detected: int8, 1 for a detection, 0 for a point that is none (forced
    photometry, an upper limit), -1 if unknown. limit: bool, an upper limit, with flux 0 and the error of the limit.
    objects: {column: (n,) array}. object_id: str. ra, dec: degrees (ICRS). redshift, redshift_err; redshift_kind: one
    of `KINDS`. ebv: magnitudes. label: str or None. Further columns (host_...) are carried along.
    aside: {(reason, object_id): rows} of the file that are not among the points.
    about: {str: str} on the whole file: "time" ("MJD UTC", "MJD TAI", "JD UTC, converted"), "flux" ("difference",
    "direct"), and anything else that a user should know.
    """

    points: dict
    objects: dict
    aside: dict = field(default_factory=dict)
    about: dict = field(default_factory=dict)

    @property
    def n_rows(self):
        """Rows of the file that this batch accounts for: points and rows set aside."""
        return len(self.points["mjd"]) + sum(self.aside.values())


def to_microjansky(flux, zero_point):
    """Return `flux` in microjansky. zero_point: AB magnitude of 1 unit of `flux`, scalar or (N,)."""
    return np.asarray(flux, dtype=float) * 10.0 ** (-0.4 * (np.asarray(zero_point, dtype=float) - ZERO_POINT))


def flux_of_magnitude(magnitude, error=None):
    """Return (flux, flux_err) in microjansky from AB magnitudes and their errors, (N,) each; errors None give NaN.

    flux = 10^(-0.4 (m - 23.9)); to first order flux_err = flux ln(10) / 2.5 x error.
    """
    flux = 10.0 ** (-0.4 * (np.asarray(magnitude, dtype=float) - ZERO_POINT))
    if error is None:
        return flux, np.full(np.shape(flux), np.nan)
    return flux, flux * np.log(10.0) / 2.5 * np.asarray(error, dtype=float)
