"""How the training objects of each class evolve around their peaks: median and scatter of light curves and a colour.

Light curves are made from points and show what the survey saw in each passband. Colours are those of the posteriors,
since two passbands are seldom visited at once.
"""

from typing import NamedTuple

import numpy as np

from mallorn.gp.posterior import phase_grid, read_posterior
from mallorn.survey.lightcurves import lightcurve_groups, read_passbands
from mallorn.survey.passbands import SLOTS, Passbands

__all__ = ["FEWEST", "Evolution", "color_slots", "read_evolution"]

FEWEST = 3
"""Fewest objects for a median."""

_BIN = 10.0
_LARGEST_ERROR = 0.3
_SNR = 3.0
_QUANTILES = (16.0, 50.0, 84.0)


class Evolution(NamedTuple):
    """Quantiles (16, 50, 84%) over the objects of each class, NaN where fewer than `FEWEST` are known.

    n: {class: objects with a peak}. phase (P,): rest-frame days from peak. flux: {class: (3, B, P)} in the B
    `passbands`, over the highest flux of the object's posterior at peak. pair: the two slots of the colour, or None.
    color_phase (G,): rest-frame days from peak; color: {class: (3, G)}, AB magnitudes; empty without a pair.
    """

    n: dict
    passbands: Passbands
    phase: np.ndarray
    flux: dict
    pair: tuple | None
    color_phase: np.ndarray
    color: dict


def color_slots(passbands):
    """Return the two slots of a survey's colour: g and r, else the bluest two that it has; None for fewer."""
    slots = passbands.slots
    if {"g", "r"} <= set(slots):
        return "g", "r"
    return tuple(slots[:2]) if len(slots) > 1 else None


def read_evolution(lightcurves, objects, posterior, class_of, config):
    """Return the `Evolution` of some objects.

    lightcurves, objects, posterior: {split: path}. class_of: {object_id: name of its class}; other objects are left
    out. config: block `posterior` of the configuration.
    """
    passbands = read_passbands(next(iter(objects.values())))
    pair, grid = color_slots(passbands), phase_grid(config)
    edges = np.linspace(grid[0], grid[-1], max(2, round((grid[-1] - grid[0]) / _BIN) + 1))
    parts = {name: ([], []) for name in dict.fromkeys(class_of.values())}
    for split, path in objects.items():
        for group, lc in lightcurve_groups(lightcurves[split], path):
            mine = np.array([class_of.get(name) for name in lc.object_id.astype(str)], dtype=object)
            fitted = read_posterior(posterior[split], config, group)
            peak = _peak_flux(fitted, passbands)
            known = np.array([name is not None for name in mine])
            rows = np.flatnonzero(known & (fitted.status == 0) & (peak > 0))
            if not len(rows):
                continue
            flux = _binned(lc.take(rows), fitted.peak_mjd[rows], peak[rows], edges)
            color = _color(fitted, rows, pair)
            for name, (fluxes, colors) in parts.items():
                fluxes.append(flux[mine[rows] == name])
                colors.append(color[mine[rows] == name])
    shapes = (len(passbands), len(edges) - 1), (len(grid),)
    whole = {
        name: [np.concatenate([np.empty((0, *shape)), *part]) for part, shape in zip(both, shapes, strict=True)]
        for name, both in parts.items()
    }
    return Evolution(
        n={name: len(flux) for name, (flux, _) in whole.items()},
        passbands=passbands,
        phase=0.5 * (edges[1:] + edges[:-1]),
        flux={name: _quantiles(flux) for name, (flux, _) in whole.items()},
        pair=pair,
        color_phase=grid,
        color={name: _quantiles(color) for name, (_, color) in whole.items()} if pair else {},
    )


def _peak_flux(posterior, passbands):
    """Return the highest flux (n,) of each object at the peaks of the survey's slots; 0 for none.

    If the survey has no slot, all slots count: the posterior is predicted in all of them.
    """
    there = passbands.has_slot if passbands.has_slot.any() else True
    flux = np.where(there, posterior.band_peak_flux, np.nan)
    return np.nan_to_num(flux, nan=0.0).max(axis=1)


def _binned(lc, peak_mjd, peak_flux, edges):
    """Return the mean flux over `peak_flux` of each object, passband and bin of phases, (n, B, P); NaN where poor."""
    curves, shape = lc.dereddened(), (len(lc), len(lc.passbands), len(edges) - 1)
    owner = curves.owner
    phase = (curves.mjd - peak_mjd[owner]) / (1.0 + curves.rest_redshift[owner])
    place = np.searchsorted(edges, phase, side="right") - 1
    inside = (place >= 0) & (place < shape[2])
    key = ((owner * shape[1] + curves.band) * shape[2] + place)[inside]
    flux, error = (values[inside] / peak_flux[owner[inside]] for values in (curves.flux, curves.flux_err))
    weight = np.bincount(key, error**-2.0, minlength=np.prod(shape)).reshape(shape)
    total = np.bincount(key, flux * error**-2.0, minlength=np.prod(shape)).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight >= _LARGEST_ERROR**-2.0, total / weight, np.nan)


def _color(posterior, rows, pair):
    """Return the colour (m, G) of the objects `rows` on the posterior's grid; NaN where it is not well known."""
    if pair is None:
        return np.full((len(rows), len(posterior.phase)), np.nan)
    blue, red = (SLOTS.index(slot) for slot in pair)
    mean, sd = posterior.mean[rows].astype(float), posterior.sd[rows].astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = (mean[:, [blue, red]] > _SNR * sd[:, [blue, red]]).all(axis=1)
        return np.where(known, -2.5 * np.log10(mean[:, blue] / mean[:, red]), np.nan)


def _quantiles(values):
    """Return the quantiles over the first axis, (3, ...)."""
    quantiles = np.full((len(_QUANTILES), *values.shape[1:]), np.nan)
    enough = np.isfinite(values).sum(axis=0) >= FEWEST
    quantiles[:, enough] = np.nanpercentile(values[:, enough], _QUANTILES, axis=0)
    return quantiles
