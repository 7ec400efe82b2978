"""tests/golden: a small model with 50 golden light curves, all of their features and their probabilities.

    python tests/golden_model.py            makes tests/golden anew, where features are meant to have changed
    python tests/golden_model.py check      by how much each family and the probabilities differ here, as JSON
    python tests/golden_model.py train      the same of the probabilities of a model that is trained here

Run both with `PYTHONPATH=src:tests`. The model is kept rather than trained by the tests: so a difference is one of
scoring, as who gets a model from elsewhere has it, and old models are read by new packages. It has a member of every
learner that reads features, small, and scores objects with and without redshift.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from mallorn.decide.bundle import DOMAIN, Scorer, golden_differences, write_bundle
from mallorn.decide.domain import domain_of
from mallorn.families.pipeline import extract_features
from mallorn.io.files import write_text
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Options, train_predict
from mallorn.learning.dataset import Labelled, of_values
from mallorn.learning.made import dataset_of
from mallorn.learning.model_files import Fits, write_fits
from mallorn.settings.resolve import defaults
from mallorn.simulate.curves import simulated_lightcurves
from mallorn.simulate.objects import draw_objects
from mallorn.survey.observed import observed
from mallorn.survey.passbands import LSST

__all__ = ["GOLDEN", "N_CURVES", "TOLERANCE", "family_of", "beyond", "golden_curves", "tolerance_of", "worst"]

GOLDEN = Path(__file__).parent / "golden"
N_CURVES = 50

TOLERANCE = {"": 1e-5, "bazin": 2.0, "probability": 1e-5}
"""By how much a feature may be off, of its size or of its standard deviation over the golden light curves, the larger
of both: of a family, or of all others by ""; and a probability. The fits of `bazin`, which the shipped configuration
leaves out, are those of a package: where a passband says little, the last digit of exp decides where they end."""

_SEED = 20261126
_TRAINING = {"AGN": 40, "SN Ia": 25, "SN II": 15, "SLSN-I": 10, "SN IIn": 10, "TDE": 40}
_SIMULATED = {"AGN": 5, "SN Ia": 5, "SN II": 3, "SLSN-I": 2, "SN IIn": 2, "TDE": 8}
_FAINT = 24.0  # five-sigma depth, AB magnitude
_NO_SIBLINGS = {"n_splits": 1, "siblings": {"train": 1, "test": 1}, "depth": dict.fromkeys(LSST.names, _FAINT)}
_FEW = {  # a block of `models` for each learner that reads features, small
    "catboost": {"iterations": 40, "learning_rate": 0.2, "depth": 2, "rsm": 0.3, "boosting_type": "Plain",
                 "bootstrap_type": "Bernoulli", "subsample": 0.7, "border_count": 16},
    "lightgbm": {"num_iterations": 20, "learning_rate": 0.15, "num_leaves": 4, "min_child_samples": 5,
                 "feature_fraction": 0.3, "max_bin": 31},
    "logistic": {"C": 0.1, "max_iter": 100},
    "mlp": {"hidden": 8, "alpha": 0.1, "learning_rate_init": 0.02, "batch_size": 32, "epochs": 30},
    "xgboost": {"num_boost_round": 20, "learning_rate": 0.15, "max_depth": 3, "subsample": 0.7,
                "colsample_bynode": 0.3},
}  # fmt: skip
_SELECTION = {
    "rounds": 4,
    "fraction": 0.7,
    "top": 30,
    "frequency": 0.5,
    "fewest": 20,
    "ranker": {"learner": "lightgbm", "balance": 0.5, "params": _FEW["lightgbm"]},
}
_WITHOUT_REDSHIFT = ("lightgbm", "logistic")  # members there, of all of them
_SELECTING = ("logistic", "mlp")  # which would keep all values of all features otherwise
_DECISION = {"calibration": {"method": "platt", "slope": 1.5, "intercept": 0.0}, "threshold": 0.5, "spread": 0.0}
_BLOCKS = ("ingest", "fits", "posterior", "features")


def _simulated(sources, seed):
    """Return (`LightCurves`, {"spec_type", "target"}) of one object with a spectroscopic and one with a photometric
    redshift of each event."""
    config = {**defaults()["simulation"], **_NO_SIBLINGS, "sources": sources}
    curves = simulated_lightcurves(config, LSST, seed)
    truth, _, _ = draw_objects(config, LSST, seed)
    order = np.argsort(truth["object_id"].astype(str), kind="stable")
    return curves, {name: truth[name][order] for name in ("spec_type", "target")}


def golden_curves():
    """Return 50 simulated `LightCurves` of every kind that a model meets.

    Of ten, two have the points above five sigma alone, one has those in g and r alone, one a few points; every third
    has no redshift, of the others every second a photometric one.
    """
    curves, _ = _simulated(_SIMULATED, _SEED + 1)
    rng, keep = np.random.default_rng(_SEED), np.ones(len(curves.mjd), dtype=bool)
    for k in range(len(curves)):
        points = slice(curves.start[k], curves.start[k + 1])
        flux, error, band = (getattr(curves, name)[points] for name in ("flux", "flux_err", "band"))
        if k % 10 in (3, 7):
            keep[points] = flux > 5 * error
        elif k % 10 == 5:
            keep[points] = np.isin(band, [LSST.index(name) for name in "gr"])
        elif k % 10 == 9:
            keep[points] = rng.random(len(flux)) < 0.1
    curves = curves.where(keep)
    unknown = np.arange(len(curves)) % 3 == 2
    redshift, error = (np.where(unknown, np.nan, values) for values in (curves.redshift, curves.redshift_err))
    return curves.with_redshift(redshift, error)


def _settings():
    """Return the blocks of the configuration that features are made by, with every family enabled."""
    config = defaults()
    families = {name: {**block, "enabled": True} for name, block in config["features"].items()}
    return {**{name: config[name] for name in _BLOCKS}, "features": families}


def make(folder):
    """Write the folder of the model, golden inputs included, and domain.json."""
    config, settings = defaults(), _settings()
    curves, labels = _simulated(_TRAINING, _SEED)
    classes, names, kinds = encode_classes(labels, "multiclass", config["training"], "TDE")
    trained = {"final": (curves, _FEW), "no_redshift": (curves.without_redshift(), _WITHOUT_REDSHIFT)}
    scorers, seen = {}, {}
    with tempfile.TemporaryDirectory() as parts:
        for training, (those, learners) in trained.items():
            made = extract_features(those, settings)
            columns = ("Z", "EBV", *made)
            dataset = of_values(dataset_of(those, columns, settings, made).features.values, columns)
            rows = Labelled.of(dataset, classes, len(names), those.object_id, kinds)
            members = {name: Path(parts, training, name) for name in learners}
            for name, part in members.items():
                write_fits(part, Fits(columns, names, ("features",), _fitted(name, rows)))
            learned = {"members": list(members), "method": "mean", "weights": [1 / len(members)] * len(members)}
            scorers[training] = Scorer([members], [learned], _DECISION)
            seen[training] = domain_of(observed(those), config["domain"]["tails"], _SEED)
        state, about = {"code": {}, "settings": settings}, {"model": "mean", "protocol": "grouped", "models": {}}
        write_bundle(folder, scorers, state, about, (golden_curves(), None))
    minimum = {name: config["domain"][name] for name in ("points", "detections", "nights")}
    write_text(Path(folder, DOMAIN), json.dumps({"minimum": minimum, "few_bands": 3, "scorers": seen}) + "\n")


def _fitted(name, rows):
    """Return the one fit of a learner to all `Labelled` objects."""
    spec = {"learner": name, "balance": 0.5, "seeds": 1, "params": _FEW[name]}
    spec["transforms"] = {"selection": _SELECTION} if name in _SELECTING else {}
    everything = [(np.arange(len(rows.dataset)), np.arange(1))]
    return train_predict(rows, everything, spec, _SEED, 1, Options(keep=True)).fits


def family_of(column):
    """Return the family of a feature, "" for what the logs say."""
    return column.partition("__")[0] if "__" in column else ""


def worst(folder=GOLDEN):
    """Return {family: largest difference of its features, "probability": largest of a probability} here.

    folder: of the model that scores the golden light curves. A feature's difference is that of
    `mallorn.decide.golden.measured`.
    """
    off, probability, held = golden_differences(folder, GOLDEN)
    found = {}
    for name, value in off.items():
        if family := family_of(name):
            found[family] = max(found.get(family, 0.0), value)
    return {**found, "probability": float(np.max(np.abs(probability - held)))}


def tolerance_of(name):
    """Return by how much a feature, or what `worst` has of a family, may be off."""
    return TOLERANCE.get(name.partition("__")[0], TOLERANCE[""])


def beyond(found):
    """Return in words what `worst` found beyond the tolerance."""
    limits = {name: tolerance_of(name) for name in found}
    return [
        f"{name} off by {value:.2g}, at most {limits[name]:g}" for name, value in found.items() if value > limits[name]
    ]


def main(what="make"):
    """Do what the words at the top of the file say."""
    if what == "make":
        shutil.rmtree(GOLDEN, ignore_errors=True)
        make(GOLDEN)
    elif what == "check":
        print(json.dumps(worst()))
    elif what == "train":
        with tempfile.TemporaryDirectory() as folder:
            make(folder)
            print(json.dumps(worst(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
