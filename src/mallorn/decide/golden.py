"""Golden inputs: light curves in a model's folder, with the features and probabilities that they must give.

golden/points.parquet, objects.parquet   simulated light curves, every third without a redshift
golden/features.parquet                  object_id and the features that the model reads, in the manifest's order
golden/probabilities.parquet             object_id and the calibrated probability of each class

With other versions of packages, or on another processor, they show whether the model still gives the same scores.
"""

import hashlib
import json
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np

from mallorn.decide.predictions import CLASS_PREFIX, class_columns
from mallorn.errors import DataError
from mallorn.families.pipeline import extract_features, families_of
from mallorn.hypotheses.cache import user_folder
from mallorn.io.tables import read_columns, write_table
from mallorn.learning.made import dataset_of
from mallorn.simulate.curves import simulated_lightcurves
from mallorn.survey.lightcurves import read_lightcurves, write_lightcurves

__all__ = [
    "TOLERANCE",
    "differences",
    "golden_curves",
    "measured",
    "passed_before",
    "remember",
    "write_golden",
]

TOLERANCE = {"features": 1e-3, "probability": 1e-3}
"""Largest difference allowed: of a feature, as a share of its value or of its standard deviation over the golden
inputs, whichever is larger; and of a probability."""

_FOLDER = "golden"
_SOURCES = {"AGN": 2, "SN Ia": 2, "SN II": 1, "SLSN-I": 1, "TDE": 2}
_DEPTH = 24.0  # AB magnitude, in every passband
_SEED = 20261126
_EVERY = 3  # golden inputs, one of them without redshift
_NAMED = 3  # features that a message names
_TINY = 1e-6  # for values around 0
_LOOSE = {"bazin": 2.0}
"""Families with a tolerance of their own: where a passband says little, their fits end elsewhere on another processor
(docs/explanation/reproducibility.md). Probabilities are held to the model's tolerance all the same."""


def golden_curves(simulation, passbands):
    """Return simulated `LightCurves`, always the same: an event of every type, seen twice or more.

    simulation: that block of the configuration, for cadence and noise. passbands: those of the training survey.
    """
    few = {"n_splits": 1, "sources": _SOURCES, "siblings": {"train": 1, "test": 1}}
    depth = dict.fromkeys(passbands.names, _DEPTH)
    curves = simulated_lightcurves({**simulation, **few, "depth": depth}, passbands, _SEED)
    unknown = np.arange(len(curves)) % _EVERY == _EVERY - 1
    redshift, error = (np.where(unknown, np.nan, v) for v in (curves.redshift, curves.redshift_err))
    return curves.with_redshift(redshift, error)


def write_golden(folder, manifest, score, curves, kernels=None):
    """Write golden inputs to the folder of a model.

    manifest: of the model. score: function of (`Dataset`, (n,) bool whether each object has a redshift) that returns
    the calibrated probabilities (n, C). curves: as from `golden_curves`. kernels: see `make_artifacts`.
    """
    path = Path(folder, _FOLDER)
    path.mkdir(parents=True, exist_ok=True)
    write_lightcurves(curves, path / "points.parquet", path / "objects.parquet")
    features, probability = _computed(manifest, score, curves, kernels)
    write_table(path / "features.parquet", {"object_id": curves.object_id, "features": features})
    write_table(
        path / "probabilities.parquet",
        {"object_id": curves.object_id, **class_columns(probability, manifest["classes"])},
    )


def measured(folder, manifest, score, kernels=None):
    """Return ({feature: difference}, probabilities (n, C) here, stored probabilities (n, C)) of golden inputs.

    folder: of the model whose golden inputs are scored; the other arguments are as for `write_golden`. A difference is
    the largest over the golden inputs. Its unit is the feature's size or its standard deviation over them, whichever is
    larger. It is infinite if a value is missing on one side only. Raises DataError if golden inputs are missing.
    """
    path = Path(folder, _FOLDER)
    for name in ("points", "objects", "features", "probabilities"):
        if not (path / f"{name}.parquet").is_file():
            fix = "get the whole folder of the model again"
            raise DataError.at(path / f"{name}.parquet", expected="golden inputs", found="nothing", fix=fix)
    curves = read_lightcurves(path / "points.parquet", path / "objects.parquet")
    features, probability = _computed(manifest, score, curves, kernels)
    expected = read_columns(path / "features.parquet")["features"].reshape(features.shape)
    table = read_columns(path / "probabilities.parquet")
    held = np.stack([table[f"{CLASS_PREFIX}{name}"] for name in manifest["classes"]], axis=1)
    off = {name: _off(features[:, k], expected[:, k]) for k, name in enumerate(manifest["features"])}
    return off, probability, held


def differences(folder, manifest, score, kernels=None):
    """Return texts on what differs from a model's golden inputs: features, probabilities; none if nothing does.

    Arguments and errors as for `measured`.
    """
    tolerance = manifest["golden"]
    off, probability, held = measured(folder, manifest, score, kernels)
    n_features = len(off)
    held_to = {name: _LOOSE.get(name.split("__")[0], tolerance["features"]) for name in off}
    off = {name: share for name, share in off.items() if not share <= held_to[name]}
    told = []
    if off:
        worst = sorted(off, key=lambda name: -off[name])[:_NAMED]
        named = ", ".join(f"{name} (by {off[name]:.2g})" for name in worst)
        told.append(f"{len(off)} of {n_features} features differ by more than {tolerance['features']:g}: {named}")
    unlike = np.where(np.isnan(probability) & np.isnan(held), 0.0, np.abs(probability - held)).max(axis=1)
    if not (unlike <= tolerance["probability"]).all():
        worst = int(np.argmax(np.nan_to_num(unlike, nan=np.inf)))
        name = read_columns(Path(folder, _FOLDER, "objects.parquet"), ["object_id"])["object_id"][worst]
        pair = f"{probability[worst, 0]:.4f} for {held[worst, 0]:.4f} of {name}"
        told.append(f"probabilities differ by more than {tolerance['probability']:g}: {pair}")
    return told


def _computed(manifest, score, curves, kernels):
    """Return (features (n, p) that the model reads, probabilities (n, C))."""
    reads, settings = "features" in manifest["needs"], manifest["settings"]
    families = families_of(manifest["features"], settings["features"])
    made = extract_features(curves, settings, families, kernels) if reads else {}
    dataset = dataset_of(curves, manifest["features"], settings, made, kernels)
    return dataset.features.values, score(dataset, curves.has_redshift)


def _off(found, expected):
    """Return the largest difference of a feature in units of its size or scatter; infinite if a value is missing."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    known = np.isfinite(expected)
    if not np.array_equal(np.isnan(found), np.isnan(expected)):
        return np.inf
    if not known.any():
        return 0.0
    scale = np.maximum(np.abs(expected[known]), np.std(expected[known])) + _TINY
    return float(np.max(np.abs(found[known] - expected[known]) / scale))


def passed_before(folder):
    """Return whether `remember` was called for this very model, with this code, these packages and this processor."""
    return _mark(folder).is_file()


def remember(folder):
    """Note in the user's cache that the golden inputs of a model agreed: they need not be computed again."""
    with suppress(OSError):  # it is no error if the home cannot be written to
        mark = _mark(folder)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _mark(folder):
    digest = hashlib.sha256(user_folder().name.encode())
    source = Path(__file__).parents[1]
    for path in sorted(source.rglob("*.py")):
        digest.update(path.read_bytes())
    for path in sorted(Path(folder).resolve().rglob("*")):
        if path.is_file():
            about = path.stat()
            digest.update(json.dumps([str(path), about.st_size, about.st_mtime_ns]).encode())
    for name in ("catboost", "celerite2", "light-curve", "lightgbm", "scipy", "scikit-learn", "xgboost-cpu"):
        with suppress(Exception):
            digest.update(f"{name} {version(name)}".encode())
    return user_folder().parent / "checked" / digest.hexdigest()[:24]
