"""What every reader of a survey's files returns: points in microjansky and what is known of the objects.

A reader `mallorn.sources.NAME` has a function `batches(path, settings)` that yields `Batch`es, each of whole objects,
so that memory does not grow with the file. All units are one: MJD in days, fluxes in microjansky (AB magnitude 23.9).
Values that a format writes in place of a missing one (-9, -99, -999, 100, ...) are NaN here.
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
    microjansky, not corrected for Galactic dust. detected: int8, 1 a detection, 0 a point that is none (forced
    photometry, an upper limit), -1 unknown. limit: bool, an upper limit, whose flux is 0 with the error of the limit.
    objects: {column: (n,) array}. object_id: str. ra, dec: degrees (ICRS). redshift, redshift_err; redshift_kind: one
    of `KINDS`. ebv: magnitudes. label: str or None. Further columns (host_...) are carried along.
    aside: {(reason, object_id): rows} that are in the file and not among the points.
    about: {str: str} of the whole file: "time" ("MJD UTC", "MJD TAI", "JD UTC, converted"), "flux" ("difference",
    "direct"), and what else a user should know.
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
    """Return `flux` in units of AB zero point `zero_point` (magnitude of 1 unit; scalar or (N,)) in microjansky."""
    return np.asarray(flux, dtype=float) * 10.0 ** (-0.4 * (np.asarray(zero_point, dtype=float) - ZERO_POINT))


def flux_of_magnitude(magnitude, error=None):
    """Return (flux, flux_err) in microjansky of AB magnitudes and their errors, (N,) each; errors None give NaN.

    flux = 10^(-0.4 (m - 23.9)); to first order flux_err = flux ln(10) / 2.5 x error.
    """
    flux = 10.0 ** (-0.4 * (np.asarray(magnitude, dtype=float) - ZERO_POINT))
    if error is None:
        return flux, np.full(np.shape(flux), np.nan)
    return flux, flux * np.log(10.0) / 2.5 * np.asarray(error, dtype=float)
