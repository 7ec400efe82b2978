"""A trained model, read from its folder, and what it says about light curves."""

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
from mallorn.survey.errors_in_words import error_words
from mallorn.survey.lightcurves import redshift_kind
from mallorn.survey.observed import observed, seen_in_slots
from mallorn.survey.photoz import drawn_redshifts, is_photometric
from mallorn.survey.sound import refuse_unsound

__all__ = ["Model", "load_model"]


def load_model(folder=None):
    """Return the `Model` of a folder that the workflow made (results/model); by default the one released with mallorn.

    Only numbers and the learners' own formats are read, never pickles: a model from elsewhere runs no code. Raises
    DataError if there is no model, or one of another format. Before it scores for the first time, the model must
    reproduce its golden inputs: see `Model.check`.
    """
    return Model(released_model() if folder is None else folder)


class Model:
    """A trained model.

    about: the content of model.json. classes: names of the C classes. target: the class that it looks for. threshold:
    an object is chosen from this calibrated probability of the target on. threshold_without_redshift: the same for
    objects without redshift, None if the model cannot score them. columns: names of the features that it reads.
    settings: the blocks of the configuration that its features are made by.
    """

    def __init__(self, folder):
        self.folder, self.about = Path(folder), read_bundle(folder)
        self.classes, self.target = tuple(self.about["classes"]), self.about["classes"][0]
        self.threshold = float(self.about["decision"]["threshold"])
        without = self.about.get("without_redshift")
        self.threshold_without_redshift = float(without["decision"]["threshold"]) if without else None
        self.columns, self.settings = tuple(self.about["features"]), self.about["settings"]
        self._last, self._left, self._notes = (None, {}), (None, None), None

    def __repr__(self):
        others = ", ".join(self.classes[1:])
        return f"Model({str(self.folder)!r}: {self.target} or {others}; {len(self.columns)} features)"

    # size: half of it is the description of the table's columns, which users read in the reference
    def predict(self, curves, draws=None, tell=True):
        """Return a `pandas.DataFrame` of what the model says about `LightCurves`, indexed by object id.

        curves: as from `mallorn.read`, with fluxes in microjansky, not corrected for Galactic dust. The workflow's
        `classify` gives the same numbers for the same points. Columns:

        - probability: of the target class.
        - probability_low, probability_high: the least and the most that a single member of the ensemble gives in any
          repeat, calibrated alike. They say how far models that learned from the same objects disagree, not what the
          noise of the points does.
        - probability__CLASS: of every class; they sum to 1.
        - outlier: how unusual the object is (see `mallorn.decide.outliers.find_outliers`): 2 if one in a hundred
          training objects is as unusual, 3 if one in a thousand.
        - redshift_kind: spectroscopic, photometric or none.
        - decision: whether the object is chosen (pandas' `boolean`), which it is from the probability `threshold` on.
        - domain: "in domain", "extrapolating" or "cannot say"; domain_reason: why it is not the first.
        - scored_as: the training set of the model that knows objects seen like it.
        - how it was observed: n_points, n_detections (above 5 sigma), passbands (slots with points), span (days),
          detected (share of the points), snr (the highest).

        Members that learned from copies as other surveys would have seen them score objects outside the domain of the
        others. Members that learned from young objects score young objects alone, and somewhat older ones together with
        the members of whole light curves; `scored_as` gives the shares. If the domain is "cannot say", for lack of
        points or of a redshift that the model needs, the probability is NaN and there is no decision. Unless `tell` is
        false, warnings say how many objects are of each kind, and how the light curves as a whole differ from those
        learned from, for example in their unit.

        If no training object has points in passbands beyond the slots u to y, such points are left out, here and in all
        that the model says, as if they were not there. Objects that would have too few points without them keep them.

        draws: number of draws of each photometric redshift from its distribution; the probability is their mean. 1
        takes the redshift as it is given. The default is what the model was made with (photoz_draws.new). Each draw
        needs features of its own. Members that were trained without redshifts score objects without one.

        Raises DataError, naming object and point, for light curves that are not as `LightCurves` requires.
        """
        import pandas

        whole, curves = curves, self._learned(curves)
        dataset, found, seen = self._dataset(curves, self._made(curves)), {}, self._observed(curves)
        judgement = judge(self._domain, seen)
        if tell:
            tell_judgement(self._domain, seen, judgement, _further_words(whole, curves))
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
        """Return how unusual objects are (n,), NaN if the model reads no features or has no detectors."""
        if "features" not in self.about["needs"]:
            return np.full(len(training), np.nan)
        return self._detectors.judge(training, self.columns, dataset.features.values, probability)

    def unlike(self, curves):
        """Return sentences on how `LightCurves` as a whole differ from those that the model has learned from.

        There are none if they do not differ. One sentence may guess that the fluxes have another unit, another one that
        the errors are none.
        """
        left = self._learned(curves)
        return [*unlike_words(self._domain, self._observed(left)), *_further_words(curves, left)]

    def _averaged(self, scorer, scores, curves, draws):
        """Return `member_scores` of objects with redshift, averaged over draws of photometric redshifts."""
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
        """Return a `pandas.DataFrame` of what an observer asks first about `LightCurves`, indexed by object id.

        Columns: n_points; snr, the highest flux over its error; peak_mjd; peak_magnitude, in r, without Galactic dust;
        absolute_magnitude; temperature (kK) and radius (cm) of the blackbody at peak; rise and fade, rest-frame days
        from half of peak to peak and back; kind, TDE, SN or AGN, of the hypothesis with the highest evidence; evidence,
        the ln evidence of the best TDE hypothesis less that of the others; flags, reasons for caution.
        """
        import pandas

        curves = self._learned(curves)
        made = self._made(curves)
        if not made:
            families = families_of(MEASURED_BY, self.settings["features"])
            made = extract_features(curves, self.settings, families, further=FURTHER)
        return pandas.DataFrame(description(made, len(curves)), index=_index(curves))

    def explain(self, curves, features=15, rows=None):
        """Return a `pandas.DataFrame` of the features that drive the probabilities of `LightCurves`.

        One row for each object and feature, for the `features` largest SHAP values of each object. Columns: object_id,
        feature, value, shap, and meaning. shap is what the feature adds to the margin of the target class (the mean
        SHAP value over the fits of members that have them). rows: indices of the objects to explain, all by default.
        Raises DataError if no member has SHAP values.
        """
        import pandas

        curves = self._learned(curves)
        rows = np.arange(len(curves)) if rows is None else np.asarray(rows)
        dataset, scored = self._dataset(curves, self._made(curves)).take(rows), self._scored_by(curves)[rows]
        shap = np.empty(dataset.features.values.shape)
        for training in dict.fromkeys(scored):
            mine = np.flatnonzero(scored == training)
            shap[mine] = self._contributions(training, dataset.take(mine))
        table = candidate_table(dataset.object_id, self.columns, dataset.features.values, shap, features)
        return pandas.DataFrame(table | {"meaning": [self._meanings.get(name, "") for name in table["feature"]]})

    @cached_property
    def _meanings(self):
        return meanings(self.settings["features"])

    @property
    def can_explain(self):
        """Whether any member has SHAP values, which `explain` needs."""
        return any(self._explaining(training) for training in self._scorers)

    def _scored_by(self, curves):
        """Return the training set (n,) str whose models score each object, or would if they could."""
        scorer = judge(self._domain, self._observed(curves)).leading
        without = WITHOUT_REDSHIFT if WITHOUT_REDSHIFT in self._scorers else FINAL
        return np.where(scorer == "", np.where(curves.has_redshift, FINAL, without), scorer)

    @property
    def trigger(self):
        """The `mallorn.survey.as_of.Trigger` from which the model counts the ages of objects."""
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
        """Return notes on versions that differ from those that the model was made with.

        The model's golden inputs, simulated light curves, are scored here, once for this code and these packages on
        this machine. Raises DataError, naming what differs, if features or probabilities differ from the model's by
        more than its tolerance. A model without golden inputs is accepted as it is.
        """
        if self._notes is None:
            self._notes = check_bundle(self.folder, self.about) if self.about.get("golden") else []
        return self._notes

    @cached_property
    def _scorers(self):
        """The scorers of objects by training set; each is read when it is first asked for."""
        self.check()
        return read_scorers(self.folder, self.about)

    @cached_property
    def _detectors(self):
        return Detectors.of_model(self.folder)

    @cached_property
    def _domain(self):
        return of_training_sets(self._judges, *self._scorers)

    @cached_property
    def _judges(self):
        """The content of domain.json."""
        return read_domain(self.folder / DOMAIN)

    def _learned(self, curves):
        """Return the `LightCurves` without points of a kind that the model has not learned from.

        The last result is kept, as in `_made`, which knows light curves again by their identity.
        """
        if self._left[0] is not curves and self._left[1] is not curves:
            refuse_unsound(curves)
            known = self._judges.get("beyond_slots", False)
            self._left = curves, curves if known else seen_in_slots(curves, self._judges["minimum"])
        return self._left[1]

    def _extracted(self, curves, further=None):
        reads = "features" in self.about["needs"]
        families = families_of((*self.columns, *(MEASURED_BY if further else ())), self.settings["features"])
        return extract_features(curves, self.settings, families, further=further) if reads else {}

    def _made(self, curves):
        """Return the features and the columns of `FURTHER`, {} for a model that reads no features.

        The result for the last light curves is kept, since users ask for reasons after probabilities.
        """
        if self._last[0] is not curves:
            self._last = curves, self._extracted(curves, FURTHER)
        return self._last[1]

    def _dataset(self, curves, made):
        return dataset_of(curves, self.columns, self.settings, made)


def _further_words(curves, left):
    """Return sentences on errors of `LightCurves` that look like none, and on the points that are not in `left`."""
    told = error_words(curves)
    if lost := len(curves.mjd) - len(left.mjd):
        names = ", ".join(curves.passbands.beyond_slots)
        told.append(f"no training object has points in {names}: {lost:,} points are left out")
    return told


def _index(curves):
    import pandas

    return pandas.Index(np.asarray(curves.object_id, dtype=object), name="object_id")
