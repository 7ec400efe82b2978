"""All that is known about single objects, gathered from the artifacts of their splits."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mallorn.curves.knots import knot_positions
from mallorn.errors import DataError
from mallorn.gp.posterior import read_posterior
from mallorn.io.tables import read_columns
from mallorn.survey.blackbody import fit_blackbody
from mallorn.survey.lightcurves import find_objects, read_lightcurves
from mallorn.survey.passbands import MICROJANSKY_ZERO_POINT, SLOT_WAVELENGTHS, SLOTS, Passbands

__all__ = ["EVIDENCES", "Likelihood", "ObjectView", "Sed", "magnitude", "read_points", "read_views"]

EVIDENCES = {
    "tde_fixed": "TDE: t^-5/3 fall, constant temperature",
    "tde_free": "TDE: free power law, drifting temperature",
    "tde_double": "TDE: two components",
    "supernova": "supernova: Bazin, cooling",
    "hot_supernova": "supernova: Bazin, constant temperature",
    "achromatic": "any transient of constant colours",
    "drifting_color": "any transient of drifting power-law colours",
    "drw": "damped random walk of all bands (AGN)",
}
"""Descriptions of the hypotheses whose evidences are compared."""


_MANY_PASSBANDS = 8  # with more passbands than this, those without points are not shown


class Sed(NamedTuple):
    """An SED at rest-frame `phase` days in the `slots` that the survey has.

    For each slot: rest-frame `wavelength`, angstrom, `flux` and `error`, uJy.

    temperature (K) and temperature_err (of ln T) are None if no blackbody is seen.
    """

    phase: float
    slots: tuple
    wavelength: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    temperature: float | None
    temperature_err: float | None


class Likelihood(NamedTuple):
    """Both Gaussian processes fitted to one slot: log likelihoods, NaN without a fit, and time scales, days."""

    band: str
    n_points: int
    drw: float
    matern: float
    tau: float
    length: float


@dataclass(frozen=True)
class ObjectView:
    """One object; its redshift is NaN if unknown.

    mjd (d), band (positions in `passbands`), flux and flux_err (uJy, de-reddened): (N,) points.

    peak_mjd: None without a posterior. phase: (G,) rest-frame days; mean and sd (S, G): posterior of the slots, uJy.
    band_peak_flux: (S,) uJy. sed: `Sed` list. likelihoods: `Likelihood` list. evidence: {name: ln evidence}.
    """

    object_id: str
    split: str
    spec_type: str | None
    redshift: float
    redshift_err: float
    ebv: float
    mjd: np.ndarray
    band: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    passbands: Passbands
    peak_mjd: float | None
    phase: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    band_peak_flux: np.ndarray
    sed: list = field(default_factory=list)
    likelihoods: list = field(default_factory=list)
    evidence: dict = field(default_factory=dict)

    @property
    def stretch(self):
        """Observed over rest-frame days, 1 + z; 1 where the redshift is unknown."""
        return 1.0 if np.isnan(self.redshift) else 1.0 + self.redshift

    @property
    def n_points(self):
        """Number of points in each passband, (B,)."""
        return np.bincount(self.band, minlength=len(self.passbands))


def magnitude(flux):
    """Return AB magnitudes of `flux` in microjansky, NaN where it is not above 0."""
    flux = np.asarray(flux, dtype=float)
    return MICROJANSKY_ZERO_POINT - 2.5 * np.log10(np.where(flux > 0, flux, np.nan))


def read_views(store, logs, object_id, settings, fits=True):
    """Return {object_id: `ObjectView`} of some objects, in the given order.

    store: `Store`. logs: table of results/metadata.parquet. settings: {"posterior": block of the configuration,
    "blackbody": block of the feature family, "phases": rest-frame days of the SEDs, among the posterior's knots}.
    fits: also the SEDs, likelihoods and evidences. Raises DataError for an object that the logs do not hold.
    """
    wanted = np.asarray(object_id, dtype=str)
    ids = logs["object_id"].astype(str)
    place = {name: k for k, name in enumerate(ids)}
    for name in wanted:
        if name not in place:
            raise DataError(f"object {name!r} is in no log of the survey; ids are compared letter by letter")
    views = {}
    for split in dict.fromkeys(logs["split"][place[name]] for name in wanted):
        mine = [name for name in wanted if logs["split"][place[name]] == split]
        types = {name: logs["spec_type"][place[name]] for name in mine}
        views.update(_views_of_split(store, split, mine, types, settings, fits))
    return {name: views[name] for name in wanted}


def read_points(lightcurves, objects, logs, object_id):
    """Return {object_id: `ObjectView`} with the points alone, before anything is fitted; see `read_views`."""
    none = np.full((len(SLOTS), 0), np.nan)
    views = {}
    split_of = dict(zip(logs["object_id"], logs["split"], strict=True))
    type_of = dict(zip(logs["object_id"], logs["spec_type"], strict=True))
    for name in object_id:
        split = split_of[name]
        ((group, row),) = find_objects(objects[split], [name])
        raw = read_lightcurves(lightcurves[split], objects[split], group=group).take(row)
        about = {
            "passbands": raw.passbands,
            "redshift_err": float(raw.redshift_err[0]),
            "ebv": float(raw.ebv[0]),
            "spec_type": type_of[name],
        }
        empty = {
            "peak_mjd": None,
            "phase": none[0],
            "mean": none,
            "sd": none,
            "band_peak_flux": np.full(len(SLOTS), np.nan),
        }
        views[name] = ObjectView(split=split, **about, **empty, **raw.dereddened()[0]._asdict())
    return views


def _views_of_split(store, split, names, spec_type, settings, fits):
    views = {}
    for group, rows in find_objects(store.objects[split], names):
        views |= _views_of_group(store, split, group, rows, spec_type, settings, fits)
    return views


def _views_of_group(store, split, group, rows, spec_type, settings, fits):
    raw = read_lightcurves(store.lightcurves[split], store.objects[split], group=group).take(rows)
    curves = raw.dereddened()
    posterior = read_posterior(store.posterior[split], settings["posterior"], group)
    further = _fits_of_group(store, split, group, rows, posterior, raw, settings) if fits else [{}] * len(rows)
    views = {}
    for k, name in enumerate(raw.object_id):
        row, curve = rows[k], curves[k]
        fitted = posterior.status[row] == 0
        passbands, band = _shown(raw.passbands, curve.band)
        views[name] = ObjectView(
            object_id=name,
            split=split,
            spec_type=spec_type[name],
            redshift=curve.redshift,
            redshift_err=float(raw.redshift_err[k]),
            ebv=float(raw.ebv[k]),
            mjd=curve.mjd,
            band=band,
            flux=curve.flux,
            flux_err=curve.flux_err,
            passbands=passbands,
            peak_mjd=float(posterior.peak_mjd[row]) if fitted else None,
            phase=posterior.phase,
            mean=posterior.mean[row].astype(float),
            sd=posterior.sd[row].astype(float),
            band_peak_flux=posterior.band_peak_flux[row],
            **further[k],
        )
    return views


def _shown(passbands, band):
    """Return the passbands to show, only those with points if there are many, and the positions (N,) in them."""
    seen = np.unique(band)
    if len(passbands) <= _MANY_PASSBANDS or not len(seen):
        return passbands, band
    return Passbands(tuple(passbands.rows[k] for k in seen)), np.searchsorted(seen, band).astype(np.int8)


def _fits_of_group(store, split, group, rows, posterior, objects, settings):
    def fits(path):
        return read_columns(path, rows=rows, group=group)

    drw = {band: fits(path) for band, path in store.drw[split].items()}
    matern = {band: fits(path) for band, path in store.matern[split].items()}
    hypotheses = fits(store.hypotheses[split])
    seds = _seds(posterior, rows, objects, settings)
    made = []
    for k in range(len(rows)):
        likelihoods = [
            _likelihood(band, drw[band], matern[band], k) for band in SLOTS if band in objects.passbands.slots
        ]
        evidence = {
            name: float(hypotheses[f"{name}_ln_evidence"][k])
            for name in EVIDENCES
            if f"{name}_ln_evidence" in hypotheses
        }
        made.append({"sed": seds[k], "likelihoods": likelihoods, "evidence": evidence})
    return made


def _likelihood(band, drw, matern, k):
    def fitted(fits, name):
        return float(fits[name][k]) if fits["status"][k] == 0 else np.nan

    tau, length = np.exp(fitted(drw, "ln_tau")), np.exp(fitted(matern, "ln_length"))
    values = fitted(drw, "ln_likelihood"), fitted(matern, "ln_likelihood")
    return Likelihood(band, int(drw["n_points"][k]), *values, float(tau), float(length))


def _seds(posterior, rows, objects, settings):
    """Return, for each of `rows`, the list of its `Sed`s at the phases that are knots of the posterior.

    Slots that the survey lacks are left out; without any there is no `Sed`.
    """
    there, redshift = np.flatnonzero(objects.passbands.has_slot), objects.rest_redshift
    if not len(there):
        return [[] for _ in rows]
    config, knots = settings["blackbody"], posterior.knots
    at = knot_positions(knots, settings["phases"], "report.sed_phases")
    flux = posterior.knot_mean[rows][:, at][:, :, there]
    cov = posterior.knot_cov[rows][:, at][:, :, there][:, :, :, there]
    n, phases, bands = flux.shape
    wavelength = np.repeat(SLOT_WAVELENGTHS[there] / (1.0 + redshift[:, None]), phases, axis=0)
    flux, cov = flux.reshape(-1, bands).astype(float), cov.reshape(-1, bands, bands).astype(float)
    floor = np.eye(bands) * (config["error_floor"] * flux[:, :, None]) ** 2
    grid = config["temperature"]
    temperatures = np.geomspace(grid["start"], grid["stop"], grid["size"])
    prior = config["temperature_prior"]
    fit = fit_blackbody(wavelength, flux, cov + floor, temperatures, prior["mean"], prior["sd"])
    with np.errstate(invalid="ignore"):
        seen = fit.chi2_zero - fit.chi2 > config["min_snr"] ** 2
    error = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    views = []
    for k in range(n):
        if posterior.status[rows[k]] != 0:
            views.append([])
            continue
        block = range(k * phases, (k + 1) * phases)
        views.append(
            [
                Sed(
                    float(knots[place]),
                    objects.passbands.slots,
                    wavelength[j],
                    flux[j],
                    error[j],
                    float(np.exp(fit.log_temperature[j])) if seen[j] else None,
                    float(fit.log_temperature_err[j]) if seen[j] else None,
                )
                for place, j in zip(at, block, strict=True)
            ]
        )
    return views
