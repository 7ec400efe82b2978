"""Distance of the normalised posterior light curve from that of a typical tidal disruption event.

The template is the average of ZTF's spectroscopic samples (van Velzen et al. 2021, ApJ 908, 4; Hammerstein et al. 2023,
ApJ 942, 9). It is not fitted to any label of this survey. With x the rest-frame phase in days,

    f_b(x) ~ B_nu(lambda_b / (1 + z), T) g(x),   g = exp(-x^2 / 2 rise^2) before, (1 + x / t0)^(-5/3) after the peak,

with one constant temperature in all bands: a fast, hot rise, a fall that follows the rate of fallback, colours that
stay blue. Distances are sqrt(sum w (m - A f)^2 / sum w m^2), between 0 (the template) and 1 (nothing in common). The
sums are over the survey's slots and the phases of `window`, with the best A >= 0 and w = 1 / (sd^2 + (`floor` x peak
flux)^2), where m and sd are the posterior's mean and standard deviation. They do not depend on the unit of flux.
"""

import numpy as np

from mallorn.families.family import Feature, columns
from mallorn.survey.blackbody import planck
from mallorn.survey.passbands import SLOT_WAVELENGTHS, SLOTS

__all__ = ["NEEDS", "extract", "features", "tde_shape"]

NEEDS = ("posterior",)

PARTS = ("before", "rise", "fall", "late")
SOURCE = "van Velzen et al. 2021, ApJ 908, 4; Hammerstein et al. 2023, ApJ 942, 9"


def features(config):
    """Return the `Feature` list of this family for its block of config.yaml."""
    spans = dict(zip(PARTS, config["parts"], strict=True))
    made = [
        Feature("distance", "", "distance to the template: one amplitude for all bands", SOURCE),
        Feature("shape_distance", "", "the same with a free amplitude in each band: the shape alone", SOURCE),
        Feature("color_distance", "", "distance of those amplitudes to the template's SED", SOURCE),
        Feature("stretched_distance", "", "shape distance to the template stretched in time, best of all", SOURCE),
        Feature("ln_stretch", "", "ln of the stretch in time that fits best", SOURCE),
        Feature("band_distance", "", "shape distance in one band", SOURCE, per_band=True),
    ]
    made += [
        Feature(f"excess_{part}", "", f"mean of light curve minus template over peak, {a:+g} to {b:+g} d", SOURCE)
        for part, (a, b) in spans.items()
    ]
    return [feature._replace(fewest=1) for feature in made]


def extract(inputs, config):
    """Return {column: (n,) array} of this family; see `family.py`."""
    posterior, objects = inputs.tables["posterior"], inputs.lightcurves
    inside = (posterior.phase >= config["window"][0]) & (posterior.phase <= config["window"][1])
    phase = np.asarray(posterior.phase, dtype=float)[inside]
    slots = objects.passbands.has_slot
    there = slice(None) if slots.all() else np.flatnonzero(slots)
    mean = posterior.mean[:, there][:, :, inside].astype(float)
    sd = posterior.sd[:, there][:, :, inside].astype(float)
    peak = _highest(mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sd = mean / peak[:, None, None], sd / peak[:, None, None]
        wavelength = SLOT_WAVELENGTHS[there] / (1.0 + objects.rest_redshift[:, None])
        made = _compare(phase, mean, 1.0 / (sd**2 + config["floor"] ** 2), wavelength, config)
    of_slots = np.full((len(objects), len(SLOTS)), np.nan)
    of_slots[:, there] = made["band_distance"]
    made["band_distance"] = of_slots
    values = []
    for feature in features(config):
        values += list(made[feature.name].T) if feature.per_band else [made[feature.name]]
    return dict(zip(columns("template", features(config)), values, strict=True))


def tde_shape(phase, rise, t0):
    """Return the template's g (see above) at rest-frame `phase` (days), 1 at peak; `rise` and `t0` in days."""
    phase = np.asarray(phase, dtype=float)
    fall = (1.0 + np.maximum(phase, 0.0) / t0) ** (-5.0 / 3.0)
    return np.where(phase < 0, np.exp(-0.5 * (phase / rise) ** 2), fall)


def _highest(mean):
    """Return the highest flux (n,) of any band, NaN if there is none or it is not positive."""
    highest = np.where(np.isfinite(mean), mean, -np.inf).max((1, 2), initial=-np.inf)
    return np.where(highest > 0, highest, np.nan)


def _compare(phase, mean, weight, wavelength, config):
    """Return {feature: values} for normalised light curves `mean` (n, S, G) of weight `weight`.

    wavelength: (n, S) in the rest frame, angstrom.
    """
    sed = planck(wavelength, config["temperature"])
    sed /= sed.max(1, keepdims=True, initial=0.0)
    stretches = np.geomspace(config["stretch"]["start"], config["stretch"]["stop"], config["stretch"]["size"])
    shape = tde_shape(phase, config["rise"], config["t0"])
    stretched = tde_shape(phase / stretches[:, None], config["rise"], config["t0"])
    square = (weight * mean**2).sum(2)  # (n, S)
    project, norm = (weight * mean) @ shape, weight @ shape**2
    amplitude = np.maximum(project / norm, 0.0)
    total = square.sum(1)
    common = np.maximum((sed * project).sum(1) / (sed**2 * norm).sum(1), 0.0)
    gain = common**2 * (sed**2 * norm).sum(1)
    curves = np.maximum((weight * mean) @ stretched.T, 0.0) ** 2 / (weight @ (stretched**2).T)
    distance = np.sqrt(np.maximum(1.0 - curves.sum(1) / total[:, None], 0.0))  # (n, stretches)
    likeness = np.exp(-0.5 * (distance**2 - distance.min(1, keepdims=True) ** 2) / config["stretch"]["softness"] ** 2)
    sed_gain = np.maximum((norm * amplitude * sed).sum(1), 0.0) ** 2 / (norm * sed**2).sum(1)
    made = {
        "distance": _distance(gain, total),
        "shape_distance": _distance((amplitude**2 * norm).sum(1), total),
        "color_distance": _distance(sed_gain, (norm * amplitude**2).sum(1)),
        "stretched_distance": distance.min(1),
        "ln_stretch": (likeness @ np.log(stretches)) / likeness.sum(1),
        "band_distance": _distance(amplitude**2 * norm, square),
    }
    residual = mean - amplitude[:, :, None] * shape
    for part, (start, stop) in zip(PARTS, config["parts"], strict=True):
        there = (phase >= start) & (phase < stop)
        made[f"excess_{part}"] = (weight * residual)[:, :, there].sum((1, 2)) / weight[:, :, there].sum((1, 2))
    return made


def _distance(gain, total):
    return np.sqrt(np.maximum(1.0 - gain / total, 0.0))
