"""Simulated light curves and all artifacts that feature families read, computed by the library, for the tests."""

import importlib
import pkgutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

import mallorn.families
from mallorn.families.family import Inputs
from mallorn.gp.fit import fit_lightcurves
from mallorn.gp.models import DRW, Matern32, MultibandMatern32
from mallorn.gp.posterior import phase_grid, predict_posterior
from mallorn.settings.resolve import defaults
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS, SLOTS

_BAND_MODELS = {"drw": DRW, "matern": Matern32}

_SHARED = ("artifacts", "catalogue", "family", "join", "origin", "pipeline", "stored", "stored_artifacts")
CONFIG = defaults()


def family_modules():
    """Return {name: module} of all families: the modules of `mallorn.families` but `family`, their contract."""
    names = [m.name for m in pkgutil.iter_modules(mallorn.families.__path__) if m.name not in _SHARED]
    return {name: importlib.import_module(f"mallorn.families.{name}") for name in names}


def pack(points, redshift=0.1, redshift_err=np.nan, ebv=0.0):
    """Return `LightCurves` of a list with one (mjd, band name or names, flux, error) a light curve, in any order."""
    n, parts = len(points), []
    for mjd, band, flux, error in points:
        mjd, flux, error = np.broadcast_arrays(np.asarray(mjd, dtype=float), flux, error)
        band = np.broadcast_to([SLOTS.index(b) for b in band], mjd.shape) if len(mjd) else np.zeros(0)
        order = np.lexsort((band, mjd))
        parts.append([np.asarray(x, dtype=float)[order] for x in (mjd, band, flux, error)])
    mjd, band, flux, error = (np.concatenate(x) for x in zip(*parts, strict=True))
    redshift = np.broadcast_to(np.asarray(redshift, dtype=float), n).copy()
    return LightCurves(
        object_id=np.array([f"object_{k:03d}" for k in range(n)], dtype=object),
        redshift=redshift,
        redshift_err=np.broadcast_to(np.asarray(redshift_err, dtype=float), n).copy(),
        ebv=np.broadcast_to(np.asarray(ebv, dtype=float), n).copy(),
        luminosity_distance=luminosity_distance(redshift),
        start=np.concatenate([[0], np.cumsum([len(p[0]) for p in parts])]).astype(np.int64),
        mjd=mjd,
        band=band.astype(np.int8),
        flux=flux,
        flux_err=error,
        passbands=LSST,
    )


def simulated(n, seed):
    """Return `n` light curves of flares, supernova-like events and random walks in turn, over three seasons."""
    rng = np.random.default_rng(seed)
    points, redshift = [], rng.uniform(-0.02, 0.6, n)
    for k in range(n):
        nights = np.concatenate([365.0 * s + np.sort(rng.uniform(0, 190, rng.integers(12, 30))) for s in range(3)])
        chances = [0.08, 0.12, 0.24, 0.24, 0.2, 0.12]
        band = np.concatenate([rng.choice(6, 3, replace=False, p=chances) for _ in nights])
        mjd = np.repeat(nights, 3)
        phase = (mjd - 365.0 - rng.uniform(40, 150)) / (1.0 + redshift[k])
        colour = SLOT_WAVELENGTHS[band] / 6000.0
        if k % 3 == 0:
            shape = np.where(phase < 0, np.exp(-0.5 * (phase / 15) ** 2), (1 + np.maximum(phase, 0) / 50) ** (-5 / 3))
            truth = 12 * shape * colour**-1.5
        elif k % 3 == 1:
            cooling = np.clip(1 + phase / 40, 0.3, 4.0)
            shape = np.exp(-phase / 25 - np.logaddexp(0, -phase / 4))
            truth = 20 * np.minimum(shape, 2.0) * colour ** (cooling - 2.0)
        else:
            walk = np.cumsum(rng.normal(0, 0.6, 1300))
            truth = (walk - walk.mean())[np.clip(phase + 600, 0, 1299).astype(int)] * colour**-0.7 / 2
        error = rng.uniform(0.2, 0.6, len(mjd)) * (1 + (band == 0) + 2 * (band == 5))
        points.append((mjd + 61000.0, [SLOTS[b] for b in band], truth + rng.normal(0, error), error))
    return pack(points, redshift, ebv=rng.uniform(0.01, 0.2, n))


def too_few():
    """Return light curves with next to nothing in them: no point, one to seven points, one point a band, no noise."""
    rng = np.random.default_rng(5)
    points = [([], [], [], [])]
    for n in range(1, 8):
        points.append((61000.0 + 7.0 * np.arange(n), ["r"] * n, rng.normal(3, 2, n), 0.5))
    points.append((61000.0 + np.arange(6), list(SLOTS), [1.0, 2.0, 3.0, 2.0, 1.0, -1.0], 0.3))
    points.append((61000.0 + np.arange(12), list("ugrizy" * 2), -5.0, 0.3))
    points.append((61000.0 + np.arange(40), list("gr" * 20), 2.0, 0.1))
    points.append((np.repeat(61000.0 + np.arange(8), 6), list("ugrizy" * 8), rng.normal(0, 1, 48), 50.0))
    return pack(points, np.linspace(-0.05, 0.8, len(points)), ebv=0.05)


def flat():
    """Return light curves in which something never changes: flux, error, time of night, passband; and extreme ones."""
    mjd, gri = 61000.0 + 4.0 * np.arange(60), list("gri" * 20)
    step = np.where(np.arange(60) < 30, 1.0, 2.0)
    points = [
        (mjd, gri, 10.0, 0.5),
        (mjd, gri, -10.0, 0.5),
        (mjd, ["y"] * 60, 3.0, 0.1),
        (mjd, gri, 10.0, 1e-6),
        (mjd, gri, 1e9, 1e8),
        (mjd, gri, step, 0.1),
        (61000.0 + 1e-3 * np.arange(60), gri, 5.0, 0.5),
        (np.repeat(61000.0, 3), list("gri"), 5.0, 0.5),
        (61000.0 + 365.0 * np.arange(20), ["r"] * 20, 1.0 + np.arange(20) % 2, 0.5),
        (mjd, gri, np.where(np.arange(60) == 30, 1e6, 0.0) + 1e-3, 0.5),
    ]
    return pack(points, np.where(np.arange(len(points)) % 2, 0.1, 0.0), ebv=0.05)


class Artifacts:
    """The artifacts of `lightcurves`, made by the library with the configuration shipped when first asked for.

    use_kernels: called before the hypotheses are fitted, to say where compiled code is kept.
    """

    def __init__(self, lightcurves, use_kernels):
        self.lightcurves, self.use_kernels, self.made = lightcurves, use_kernels, {}

    def inputs(self, needs):
        """Return the `Inputs` of a family with these `NEEDS`."""
        given = self.lightcurves if "lightcurves" in needs else without_points(self.lightcurves)
        return Inputs(given, {need: self._artifact(need) for need in needs if need != "lightcurves"})

    def _artifact(self, name):
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def _make(self, name):
        clean, kind = self.lightcurves.dereddened(), name.removeprefix("fits/")
        if kind in _BAND_MODELS:
            model, block = _BAND_MODELS[kind], CONFIG["fits"][kind]
            slots = clean.in_slots()
            return {slot: fit_lightcurves(model, slots.in_band(k), block) for k, slot in enumerate(SLOTS)}
        if kind == "multiband":
            return fit_lightcurves(MultibandMatern32, clean, CONFIG["fits"][kind])
        if kind == "posterior":
            return posterior(self.lightcurves, self._artifact("fits/multiband"))
        if kind == "hypotheses":
            from mallorn.hypotheses.fit import fit_hypotheses

            self.use_kernels()
            return fit_hypotheses(self.lightcurves, CONFIG["fits"][kind])
        if kind == "semi_parametric":
            from mallorn.hypotheses.semi import fit_semi_parametric

            config = CONFIG["fits"][kind]
            epoch = self._artifact("fits/hypotheses")[f"{config['epoch']}_t0"]
            return fit_semi_parametric(self.lightcurves, epoch, config)
        raise ValueError(f"no way known to make the artifact {name}: add it here")


def posterior(lightcurves, fits):
    """Return the posterior as families find it, without the way through a file."""
    table, block = predict_posterior(lightcurves, fits, CONFIG["posterior"]), CONFIG["posterior"]
    phase, knots, n = phase_grid(block), np.array(block["knots"], dtype=float), len(lightcurves)
    shapes = {"mean": (n, 6, -1), "sd": (n, 6, -1), "knot_mean": (n, -1, 6), "knot_cov": (n, len(knots), 6, 6)}
    table = {name: np.reshape(value, shapes[name]) if name in shapes else value for name, value in table.items()}
    return SimpleNamespace(phase=phase, knots=knots, **table)


def without_points(lightcurves):
    """Return the same objects without points, as a family that does not need them finds them."""
    return lightcurves.where(np.zeros(len(lightcurves.mjd), dtype=bool))


def jittered(lightcurves, size, seed):
    """Return the light curves with each time moved by up to `size` days, in the new order of time."""
    lc = lightcurves
    mjd = lc.mjd + np.random.default_rng(seed).uniform(-size, size, len(lc.mjd))
    order = np.lexsort((lc.band, mjd, lc.owner))
    return replace(lc, mjd=mjd[order], band=lc.band[order], flux=lc.flux[order], flux_err=lc.flux_err[order])
