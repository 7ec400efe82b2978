"""A trained model, read from its folder, and what it says of light curves."""

from functools import cached_property
from pathlib import Path

import numpy as np

from mallorn.decide.bundle import (
    averaged_scores,
    decide_scores,
    ensemble_scores,
    member_scores,
    read_bundle,
    read_scorers,
)
from mallorn.decide.by_redshift import NOT_SCORED, not_scored
from mallorn.errors import DataError
from mallorn.families.catalogue import meanings
from mallorn.families.pipeline import extract_features, make_artifacts
from mallorn.learners.learner import learner
from mallorn.learning.dataset import Dataset, Features, Grid
from mallorn.learning.explanations import candidate_table
from mallorn.learning.model_files import mean_contributions
from mallorn.learning.tables import clipped
from mallorn.survey.lightcurves import redshift_kind
from mallorn.survey.photoz import drawn_redshifts, is_photometric

__all__ = ["Model", "load_model"]


def load_model(folder):
    """Return the `Model` of a folder that the workflow made (results/model).

    Only numbers and the learners' own formats are read, never pickles: a model from elsewhere runs no code. Raises
    DataError if there is no model, or one of another format.
    """
    return Model(folder)


class Model:
    """A trained model.

    about: all that model.json says. classes: names of the C classes. target: the class sought. threshold: calibrated
    probability of it from which an object is chosen; threshold_without_redshift: the same of an object without one,
    None if the model cannot score it. columns: names of the features that it reads. settings: the blocks of the
    configuration by which its features are made.
    """

    def __init__(self, folder):
        self.folder, self.about = Path(folder), read_bundle(folder)
        self.classes, self.target = tuple(self.about["classes"]), self.about["classes"][0]
        self.threshold = float(self.about["decision"]["threshold"])
        without = self.about.get("without_redshift")
        self.threshold_without_redshift = float(without["decision"]["threshold"]) if without else None
        self.columns, self.settings = tuple(self.about["features"]), self.about["settings"]

    def __repr__(self):
        others = ", ".join(self.classes[1:])
        return f"Model({str(self.folder)!r}: {self.target} or {others}; {len(self.columns)} features)"

    def predict(self, curves, draws=None):
        """Return a `pandas.DataFrame` of what the model says of `LightCurves`, indexed by object id.

        curves: as from `mallorn.read`, fluxes in microjansky, not corrected for Galactic dust. Columns: probability, of
        the class sought; probability__CLASS of every class, which sum to 1; redshift_kind, spectroscopic, photometric
        or none; decision, whether the object is chosen (pandas' `boolean`). They are those that the workflow's
        `classify` gives for the same points.

        draws: of each photometric redshift from its distribution, over which the probability is averaged; 1 for the
        redshift as it is given. By default what the model was made with (photoz_draws.new). Each draw takes features of
        its own. An object without redshift is scored by members that were trained without. If the model has none, or an
        object has no point, its probability is NaN and its decision missing, and a warning says so.
        """
        import pandas

        known, dataset, found = curves.has_redshift, self._dataset(curves), {}
        for has_redshift, scorer in self._scorers.items():
            rows = np.flatnonzero(known == has_redshift)
            scores = member_scores(scorer, dataset.take(rows)) if len(rows) else scorer.no_scores()
            if has_redshift:
                scores = self._averaged(scorer, scores, curves.take(rows), draws)
            found[has_redshift] = scorer, ensemble_scores(scorer, scores)
        probability, chosen = decide_scores(len(self.classes), known, found)
        not_scored(curves.object_id, probability, chosen, curves.n_points)
        columns = {"probability": probability[:, 0]}
        columns |= {f"probability__{name}": probability[:, k] for k, name in enumerate(self.classes)}
        columns["redshift_kind"] = redshift_kind(curves.redshift, curves.redshift_err)
        columns["decision"] = pandas.array(chosen, dtype="boolean")
        columns["decision"][np.isnan(probability[:, 0])] = pandas.NA
        return pandas.DataFrame(columns, index=_index(curves))

    def _averaged(self, scorer, scores, curves, draws):
        """Return `member_scores` of objects with redshift, averaged over draws of photometric ones."""
        about = self.about.get("photoz", {"draws": 1})
        draws = about["draws"] if draws is None else draws
        rows = np.flatnonzero(is_photometric(curves.redshift, curves.redshift_err))
        if draws < 2 or not len(rows):
            return scores
        chosen = curves.take(rows)
        redshifts = drawn_redshifts(
            chosen.object_id,
            chosen.redshift,
            chosen.redshift_err,
            draws,
            about.get("largest", self.settings["ingest"]["redshift"]["max"]),
            about.get("seed", 0),
        )
        of_draws = [chosen.with_redshift(redshift, chosen.redshift_err) for redshift in redshifts]
        return averaged_scores(scores, rows, [member_scores(scorer, self._dataset(one)) for one in of_draws])

    def explain(self, curves, features=15):
        """Return a `pandas.DataFrame` of the features that drive the probabilities of `LightCurves`.

        One row for each object and feature, the `features` of largest size for each: object_id, feature, value, shap,
        which is what the feature adds to the margin of the class sought (SHAP values, mean over the fits of the members
        that have them), and meaning. Raises DataError if no member has SHAP values, or an object has no redshift and
        no member was trained without.
        """
        import pandas

        dataset, known = self._dataset(curves), curves.has_redshift
        shap = np.empty(dataset.features.values.shape)
        for has_redshift in np.unique(known):
            rows = np.flatnonzero(known == has_redshift)
            shap[rows] = self._contributions(bool(has_redshift), dataset.take(rows))
        table = candidate_table(curves.object_id, self.columns, dataset.features.values, shap, features)
        said = meanings(self.settings["features"])
        return pandas.DataFrame(table | {"meaning": [said.get(name, "") for name in table["feature"]]})

    def _contributions(self, has_redshift, dataset):
        """Return the SHAP values (n, p) of objects that all have a redshift, or all have none."""
        scorer = self._scorers.get(has_redshift)
        if scorer is None:
            raise DataError(f"{self.folder}: {NOT_SCORED % (len(dataset), len(dataset))}")
        found = [
            mean_contributions(fits, dataset)
            for members in scorer.members
            for fits in members
            if all(hasattr(learner(fit.learner), "contributions") for fit in fits.fits)
        ]
        if not found:
            raise DataError(f"{self.folder}: no member of this model has SHAP values")
        return np.mean(found, axis=0)

    @cached_property
    def _scorers(self):
        """What scores objects with and without redshift, read when it is first asked for."""
        return read_scorers(self.folder, self.about)

    def _dataset(self, curves):
        made = extract_features(curves, self.settings) if "features" in self.about["needs"] else {}
        logged = {"Z": curves.redshift, "EBV": curves.ebv}
        values, _ = clipped({**made, **logged}, self.columns)

        def grid():
            posterior = make_artifacts({"posterior"}, curves, self.settings)["posterior"]
            return Grid(*(getattr(posterior, name) for name in Grid._fields))

        features = Features(np.asarray(curves.object_id, dtype=object), self.columns, values)
        return Dataset(curves.object_id, features=features, grid=grid, points=curves)


def _index(curves):
    import pandas

    return pandas.Index(np.asarray(curves.object_id, dtype=object), name="object_id")
