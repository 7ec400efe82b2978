"""A trained model, read from its folder, and what it says of light curves."""

from functools import cached_property
from pathlib import Path

import numpy as np

from mallorn.decide.bundle import (
    DOMAIN,
    averaged_scores,
    check_bundle,
    ensemble_scores,
    member_range,
    member_scores,
    read_bundle,
    read_scorers,
)
from mallorn.decide.decision import decide_scores, thresholds
from mallorn.decide.domain import judge, of_training_sets, read_domain, tell_judgement, unlike_words
from mallorn.decide.outliers import Detectors
from mallorn.decide.young import trigger_of
from mallorn.errors import DataError
from mallorn.families.catalogue import meanings
from mallorn.families.pipeline import extract_features, families_of
from mallorn.interface.described import FURTHER, MEASURED_BY, description
from mallorn.interface.released import released_model
from mallorn.learners.learner import learner
from mallorn.learning.explanations import candidate_table
from mallorn.learning.made import dataset_of
from mallorn.learning.model_files import mean_contributions
from mallorn.learning.training_sets import FINAL, KNOWING_NO_REDSHIFT, WITHOUT_REDSHIFT
from mallorn.survey.lightcurves import redshift_kind
from mallorn.survey.observed import observed
from mallorn.survey.photoz import drawn_redshifts, is_photometric
from mallorn.survey.sound import refuse_unsound

__all__ = ["Model", "load_model"]


def load_model(folder=None):
    """Return the `Model` of a folder that the workflow made (results/model); by default the one released with mallorn.

    Only numbers and the learners' own formats are read, never pickles: a model from elsewhere runs no code. Raises
    DataError if there is no model, or one of another format. Before it scores for the first time it is held to its
    golden inputs: see `Model.check`.
    """
    return Model(released_model() if folder is None else folder)


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
        self._last, self._notes = (None, {}), None

    def __repr__(self):
        others = ", ".join(self.classes[1:])
        return f"Model({str(self.folder)!r}: {self.target} or {others}; {len(self.columns)} features)"

    def predict(self, curves, draws=None, tell=True):
        """Return a `pandas.DataFrame` of what the model says of `LightCurves`, indexed by object id.

        curves: as from `mallorn.read`, fluxes in microjansky, not corrected for Galactic dust. Columns: probability, of
        the class sought; probability_low and probability_high, the least and the most that a single member of the
        ensemble gives in any repeat, calibrated alike: how far models that learned from the same objects disagree, not
        what the noise of the points does; probability__CLASS of every class, which sum to 1; outlier, how unusual the
        object is (see `mallorn.decide.outliers.find_outliers`): 2 if one in a hundred training objects is as unusual, 3
        if one in a thousand; redshift_kind, spectroscopic, photometric or none; decision, whether the object is chosen
        (pandas' `boolean`), which it is from the probability `threshold` on; domain, "in domain", "extrapolating" or
        "cannot say", and domain_reason, why it is not the first; scored_as, which of the model's training sets knows
        objects seen like it; how it was observed: n_points, n_detections (above 5 sigma), passbands (slots with
        points), span (days), detected (share of the points), snr (the highest). They are those that the workflow's
        `classify` gives for the same points.

        Members of the model that have learned from copies as other surveys would have seen them score what is outside
        the domain of the others. Those that have learned from young objects score what is young by itself, and, with
        those of whole light curves, what is no longer quite so; `scored_as` says by which shares. An object that
        "cannot" be said anything of, for lack of points or of a redshift that the model needs, has the probability NaN
        and no decision. Unless `tell` is false warnings tell how many are of each kind, and how the light curves as a
        whole are unlike those learned from, such as by another unit.

        draws: of each photometric redshift from its distribution, over which the probability is averaged; 1 for the
        redshift as it is given. By default what the model was made with (photoz_draws.new). Each draw takes features of
        its own. An object without redshift is scored by members that were trained without.

        Raises DataError, naming object and point, for light curves that are not as `LightCurves` says.
        """
        import pandas

        dataset, found, seen = self._dataset(curves, self._made(curves)), {}, self._observed(curves)
        judgement = judge(self._domain, seen)
        if tell:
            tell_judgement(self._domain, seen, judgement)
        least, most = np.zeros((2, len(curves)))
        for training in self._scorers:
            weight = judgement.weight(training)
            rows = np.flatnonzero(weight)
            if not len(rows):
                continue
            scorer = self._scorers[training]
            scores = member_scores(scorer, dataset.take(rows))
            if training not in KNOWING_NO_REDSHIFT:
                scores = self._averaged(scorer, scores, curves.take(rows), draws)
            found[training] = scorer, ensemble_scores(scorer, scores)
            low, high = member_range(scorer, scores, judgement.age[rows])
            least[rows] += weight[rows] * low
            most[rows] += weight[rows] * high
        probability, chosen = decide_scores(len(self.classes), judgement, found)
        sought = probability[:, 0]
        columns = {"probability": sought}
        columns |= {"probability_low": np.minimum(least, sought), "probability_high": np.maximum(most, sought)}
        columns |= {f"probability__{name}": probability[:, k] for k, name in enumerate(self.classes)}
        columns["outlier"] = self._outliers(judgement.leading, dataset, probability)
        columns["redshift_kind"] = redshift_kind(curves.redshift, curves.redshift_err)
        columns["decision"] = pandas.array(chosen, dtype="boolean")
        columns["decision"][np.isnan(probability[:, 0])] = pandas.NA
        columns["threshold"] = thresholds(judgement, self._scorers)
        columns |= judgement.columns(seen)
        return pandas.DataFrame(columns, index=_index(curves))

    def _outliers(self, training, dataset, probability):
        """Return how unusual objects are, (n,), NaN if the model reads no features or has nothing to tell it by."""
        if "features" not in self.about["needs"]:
            return np.full(len(training), np.nan)
        return self._detectors.judge(training, self.columns, dataset.features.values, probability)

    def unlike(self, curves):
        """Return sentences on how `LightCurves` as a whole are unlike those that the model has learned from.

        There are none if they are not. A guess at another unit of the fluxes is among them.
        """
        return unlike_words(self._domain, self._observed(curves))

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
        drawn = (self._dataset(one, self._extracted(one)) for one in of_draws)
        return averaged_scores(scores, rows, [member_scores(scorer, one) for one in drawn])

    def describe(self, curves):
        """Return a `pandas.DataFrame` of what an observer asks first of `LightCurves`, indexed by object id.

        Columns: n_points; snr, the highest flux over its error; peak_mjd; peak_magnitude, in r, without Galactic dust;
        absolute_magnitude; temperature (kK) and radius (cm) of the blackbody at peak; rise and fade, rest-frame days
        from half of peak to peak and back; kind, TDE, SN or AGN, of the hypothesis with the highest evidence, and
        evidence, ln evidence of the best TDE hypothesis less that of the others; flags, what to be wary of.
        """
        import pandas

        made = self._made(curves)
        if not made:
            families = families_of(MEASURED_BY, self.settings["features"])
            made = extract_features(curves, self.settings, families, further=FURTHER)
        return pandas.DataFrame(description(made, len(curves)), index=_index(curves))

    def explain(self, curves, features=15, rows=None):
        """Return a `pandas.DataFrame` of the features that drive the probabilities of `LightCurves`.

        One row for each object and feature, the `features` of largest size for each: object_id, feature, value, shap,
        which is what the feature adds to the margin of the class sought (SHAP values, mean over the fits of the members
        that have them), and meaning. rows: numbers of the objects to explain, all by default. Raises DataError if no
        member has SHAP values.
        """
        import pandas

        rows = np.arange(len(curves)) if rows is None else np.asarray(rows)
        dataset, scored = self._dataset(curves, self._made(curves)).take(rows), self._scored_by(curves)[rows]
        shap = np.empty(dataset.features.values.shape)
        for training in dict.fromkeys(scored):
            mine = np.flatnonzero(scored == training)
            shap[mine] = self._contributions(training, dataset.take(mine))
        table = candidate_table(dataset.object_id, self.columns, dataset.features.values, shap, features)
        said = meanings(self.settings["features"])
        return pandas.DataFrame(table | {"meaning": [said.get(name, "") for name in table["feature"]]})

    @property
    def can_explain(self):
        """Whether a member has SHAP values, so that `explain` can tell reasons."""
        return any(self._explaining(training) for training in self._scorers)

    def _scored_by(self, curves):
        """Return the training set (n,) str whose models score an object, or would if they could."""
        scorer = judge(self._domain, self._observed(curves)).leading
        without = WITHOUT_REDSHIFT if WITHOUT_REDSHIFT in self._scorers else FINAL
        return np.where(scorer == "", np.where(curves.has_redshift, FINAL, without), scorer)

    @property
    def trigger(self):
        """The `mallorn.survey.as_of.Trigger` from which it counts the ages of objects."""
        return trigger_of(self._domain)

    def _observed(self, curves):
        return observed(curves, self.trigger)

    def _explaining(self, training):
        return [
            fits
            for members in self._scorers[training].members
            for fits in members
            if all(hasattr(learner(fit.learner), "contributions") for fit in fits.fits)
        ]

    def _contributions(self, training, dataset):
        """Return the SHAP values (n, p) of objects by the models of a training set."""
        found = [mean_contributions(fits, dataset) for fits in self._explaining(training)]
        if not found:
            raise DataError(f"{self.folder}: no member of this model has SHAP values")
        return np.mean(found, axis=0)

    def check(self):
        """Return notes on versions that are others than where the model was made.

        The model's golden inputs, simulated light curves, are computed here, once for this code and these packages on
        this machine. Raises DataError, naming what differs, if features or probabilities are not those of the model
        within the tolerance that it states. A model without golden inputs is taken as it is.
        """
        if self._notes is None:
            self._notes = check_bundle(self.folder, self.about) if self.about.get("golden") else []
        return self._notes

    @cached_property
    def _scorers(self):
        """What scores objects, by training set, read when it is first asked for."""
        self.check()
        return read_scorers(self.folder, self.about)

    @cached_property
    def _detectors(self):
        return Detectors.of_model(self.folder)

    @cached_property
    def _domain(self):
        return of_training_sets(read_domain(self.folder / DOMAIN), *self._scorers)

    def _extracted(self, curves, further=None):
        reads = "features" in self.about["needs"]
        families = families_of((*self.columns, *(MEASURED_BY if further else ())), self.settings["features"])
        return extract_features(curves, self.settings, families, further=further) if reads else {}

    def _made(self, curves):
        """Return features and what `FURTHER` adds, {} for a model that reads no features.

        Those of the last light curves are kept: who asks for probabilities asks for reasons next.
        """
        if self._last[0] is not curves:
            refuse_unsound(curves)
            self._last = curves, self._extracted(curves, FURTHER)
        return self._last[1]

    def _dataset(self, curves, made):
        return dataset_of(curves, self.columns, self.settings, made)


def _index(curves):
    import pandas

    return pandas.Index(np.asarray(curves.object_id, dtype=object), name="object_id")
