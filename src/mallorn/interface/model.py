"""A trained model, read from its folder, and what it says of light curves."""

from functools import cached_property
from pathlib import Path

import numpy as np

from mallorn.decide.bundle import read_bundle, read_members, score
from mallorn.errors import DataError
from mallorn.families.catalogue import meanings
from mallorn.families.pipeline import extract_features, make_artifacts
from mallorn.learners.learner import learner
from mallorn.learning.dataset import Dataset, Features, Grid
from mallorn.learning.explanations import candidate_table
from mallorn.learning.model_files import mean_contributions
from mallorn.learning.tables import clipped

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
    probability of it from which an object is chosen. columns: names of the features that it reads. settings: the blocks
    of the configuration by which its features are made.
    """

    def __init__(self, folder):
        self.folder, self.about = Path(folder), read_bundle(folder)
        self.classes, self.target = tuple(self.about["classes"]), self.about["classes"][0]
        self.threshold = float(self.about["decision"]["threshold"])
        self.columns, self.settings = tuple(self.about["features"]), self.about["settings"]

    def __repr__(self):
        others = ", ".join(self.classes[1:])
        return f"Model({str(self.folder)!r}: {self.target} or {others}; {len(self.columns)} features)"

    def predict(self, curves):
        """Return a `pandas.DataFrame` of what the model says of `LightCurves`, indexed by object id.

        curves: as from `mallorn.read`, fluxes in microjansky, not corrected for Galactic dust. Columns: probability, of
        the class sought; probability__CLASS of every class, which sum to 1; decision, whether the object is chosen.
        They are those that the workflow's `classify` gives for the same points.
        """
        import pandas

        probability, chosen = score(self.about, self._members, [self._dataset(curves)])
        columns = {"probability": probability[:, 0]}
        columns |= {f"probability__{name}": probability[:, k] for k, name in enumerate(self.classes)}
        return pandas.DataFrame(columns | {"decision": chosen}, index=_index(curves))

    def explain(self, curves, features=15):
        """Return a `pandas.DataFrame` of the features that drive the probabilities of `LightCurves`.

        One row for each object and feature, the `features` of largest size for each: object_id, feature, value, shap,
        which is what the feature adds to the margin of the class sought (SHAP values, mean over the fits of the members
        that have them), and meaning. Raises DataError if no member has SHAP values.
        """
        import pandas

        dataset = self._dataset(curves)
        found = [
            mean_contributions(fits, dataset)
            for members in self._members
            for fits in members
            if all(hasattr(learner(fit.learner), "contributions") for fit in fits.fits)
        ]
        if not found:
            raise DataError(f"{self.folder}: no member of this model has SHAP values")
        values = dataset.features.values
        table = candidate_table(curves.object_id, self.columns, values, np.mean(found, axis=0), features)
        said = meanings(self.settings["features"])
        return pandas.DataFrame(table | {"meaning": [said.get(name, "") for name in table["feature"]]})

    @cached_property
    def _members(self):
        """The `Fits` of each repeat's members, read when they are first asked for."""
        return read_members(self.folder, self.about)

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
