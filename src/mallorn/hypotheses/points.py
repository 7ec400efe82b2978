"""Helpers of all fits of hypotheses: the points that they use, the scale of fluxes, and errors from a Hessian."""

import numpy as np

__all__ = ["STATUS", "first_epoch", "fitted_points", "flux_scale", "errors_and_log_det"]

STATUS = {
    0: "converged",
    1: "no convergence within max_steps",
    2: "no downhill step found before convergence",
    3: "no points",
    4: "curvature at the optimum not positive: no errors, no evidence",
}
"""Meaning of the columns `{hypothesis}_status`."""


def fitted_points(lightcurves, error_floor):
    """Return (x, flux, error, wavelength), the form in which fits take the raw `lightcurves`.

    error_floor: fraction of the flux that is added to its error in quadrature, a number or (N,). x (N,): rest-frame
    days since the object's first point. flux, error (N,): de-reddened microjansky; errors include the floor. wavelength
    (n, B): rest-frame effective wavelengths of the passbands, angstrom.
    """
    lc = lightcurves.dereddened()
    stretch = 1.0 + lc.rest_redshift
    x = (lc.mjd - first_epoch(lc)[lc.owner]) / stretch[lc.owner]
    return x, lc.flux, np.hypot(lc.flux_err, error_floor * lc.flux), lc.passbands.wavelength / stretch[:, None]


def first_epoch(lightcurves):
    """Return the time of each object's first point, shape (n,) MJD; NaN without points."""
    filled = lightcurves.n_points > 0
    first = np.full(len(lightcurves), np.nan)
    first[filled] = lightcurves.mjd[lightcurves.start[:-1][filled]]
    return first


def flux_scale(flux, error):
    """Standard deviation of the fluxes without the 2% strongest, at least the median error; NaN without points."""
    if not flux.size:
        return np.nan
    size, n = np.abs(flux), flux.size
    last = int((n - 1) * 0.98)  # numpy's percentile, median and std would take most of the time of this function
    rest = flux[size <= np.partition(size, last)[last]]
    rest = rest - rest.sum() / rest.size
    middle = (n - 1) // 2, n // 2
    low, high = np.partition(error, middle)[[*middle]]
    return max(np.sqrt((rest * rest).sum() / rest.size), 0.5 * (low + high))


def errors_and_log_det(matrix):
    """Return standard errors (n, P) and ln det (n,) of Hessians (n, P, P); NaN where one is not positive definite."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2))
        correlation = matrix / (scale[:, :, None] * scale[:, None, :])
    sound = np.isfinite(correlation).all(axis=(1, 2))
    correlation[~sound] = np.eye(matrix.shape[1])
    values, vectors = np.linalg.eigh(correlation)
    sound &= values[:, 0] > 1e-13
    values[~sound] = np.nan
    log_det = np.sum(np.log(values), axis=1) + 2 * np.sum(np.log(scale), axis=1)
    return np.sqrt(np.sum(vectors**2 / values[:, None, :], axis=2)) / scale, log_det
