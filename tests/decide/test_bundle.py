import json

import numpy as np
import pytest
from learning_data import PARAMS, SPEC, TRAINING, labelled, survey

from mallorn.decide import bundle
from mallorn.decide.bundle import (
    PACKAGES,
    Scorer,
    check_bundle,
    ensemble_scores,
    installed,
    member_scores,
    read_bundle,
    read_scorers,
    write_bundle,
)
from mallorn.decide.decision import decide_scores, thresholds
from mallorn.decide.judgement import Judgement
from mallorn.errors import DataError
from mallorn.learning.classes import encode_classes
from mallorn.learning.cross_validation import Options, cross_validate
from mallorn.learning.dataset import of_values
from mallorn.learning.model_files import Fits, write_fits

COLUMNS = tuple(f"family__{k}" for k in range(10))
STATE = {
    "reading": {"kaggle": "2c"},
    "code": {"fits/drw": "0a", "features.color": "1b"},
    "settings": {"fits": {"drw": {"a": 1}, "matern": [1, 2]}},
}
DECISION = {"calibration": {"method": "platt", "slope": 1.5, "intercept": 0.25}, "threshold": 0.4, "spread": 0.0}
LEARNED = [
    {"members": ["tree", "line"], "method": "weighted", "weights": [0.25, 0.75]},
    {"members": ["tree", "line"], "method": "weighted", "weights": [1.0, 0.0]},
]
WITHOUT = {"calibration": {"method": "none"}, "threshold": 0.7, "spread": 0.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A bundle of two members and two repeats; the features, and the members' probabilities in each repeat."""
    folder = tmp_path_factory.mktemp("bundle")
    _, types, target, event, values = survey()
    classes, names, _ = encode_classes({"spec_type": types, "target": target}, "binary", TRAINING, "TDE")
    fold = np.unique(event, return_inverse=True)[1] // 5 % 3
    members, probability = [], []
    for repeat in range(2):
        parts = {}
        for name, learner in (("tree", "xgboost"), ("line", "logistic")):
            spec = {**SPEC, "learner": learner, "params": PARAMS[learner]}
            options = Options(of_values(values), keep=True)
            p = cross_validate(labelled(values, classes, 2, event), fold, spec, repeat, 1, options)
            parts[name] = folder / f"{name}_{repeat}"
            write_fits(parts[name], Fits(COLUMNS, names, ("features",), p.fits))
            probability.append(p.outside[:, 0])
        members.append(parts)
    about = {"model": "both", "protocol": "stratified"}
    scorer, without = Scorer(members, LEARNED, DECISION), Scorer(members[1:], LEARNED[:1], WITHOUT)
    write_bundle(folder / "model", {"final": scorer, "no_redshift": without}, STATE, about)
    write_bundle(folder / "plain", {"final": scorer}, STATE, about)
    shallow = without._replace(decision={**WITHOUT, "cuts": {"alerts": {**WITHOUT, "threshold": 0.2}}})
    write_bundle(folder / "seen", {"final": scorer, "other_surveys": shallow}, STATE, about)
    by_age = {"method": "age", "slope": 1.0, "intercept": 0.0, "slope_of_age": 0.5, "intercept_of_age": 0.0}
    spec, more = {**SPEC, "learner": "logistic", "params": PARAMS["logistic"]}, np.column_stack([values, values[:, 0]])
    fits = cross_validate(labelled(more, classes, 2, event), fold, spec, 7, 1, Options(keep=True)).fits
    write_fits(folder / "young line", Fits((*COLUMNS, "age__since"), names, ("features",), fits))
    alone = {"members": ["line"], "method": "mean", "weights": [1.0]}
    early = Scorer([{"line": folder / "young line"}], [alone], {"calibration": by_age, "threshold": 0.2})
    write_bundle(folder / "young", {"final": scorer, "early": early}, STATE, about)
    return folder / "model", values, probability


def score(folder, values, known):
    return judged(folder, values, np.where(known, "final", "no_redshift"))[:2]


def judged(folder, values, names, cuts="", age=None, beside=0.0):
    """Return what is decided of objects by the scorers `names` (n,), and from which probability on."""
    manifest, found = read_bundle(folder), {}
    scorers = read_scorers(folder, manifest)
    names = np.where(np.isin(names, list(scorers)), names, "").astype(object)
    cuts, unknown = np.broadcast_to(np.array(cuts, dtype=object), names.shape), np.full(len(names), np.nan)
    weights = {name: np.where(names == name, 1.0 - beside if name == "early" else 1.0, 0.0) for name in scorers}
    weights["final"] = np.where(names == "early", beside, weights["final"])
    judgement = Judgement(weights, cuts, None, None, unknown if age is None else age)
    for training, scorer in scorers.items():
        seen = values[judgement.weight(training) > 0]
        seen = np.column_stack([seen, seen[:, 0]])[:, : len(manifest["features"])]
        scores = member_scores(scorer, of_values(seen, manifest["features"]))
        found[training] = scorer, ensemble_scores(scorer, scores)
    return *decide_scores(len(manifest["classes"]), judgement, found), thresholds(judgement, scorers)


def test_scores_are_those_of_ensemble_calibration_and_threshold_by_hand(made):
    folder, values, (tree, line, again, _) = made
    probability, chosen = score(folder, values, np.ones(len(values), dtype=bool))
    mean = (0.25 * tree + 0.75 * line + again) / 2
    odds = 1.5 * np.log(mean / (1 - mean)) + 0.25
    np.testing.assert_allclose(probability[:, 0], 1 / (1 + np.exp(-odds)), atol=1e-9)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert np.array_equal(chosen, probability[:, 0] >= 0.4)
    assert 0 < chosen.sum() < len(values)


def test_objects_without_redshift_are_scored_by_their_own_members_and_threshold(made):
    folder, values, (tree, line, again, last) = made
    known = np.arange(len(values)) % 3 > 0
    probability, chosen = score(folder, values, known)
    whole, _ = score(folder, values, np.ones(len(values), dtype=bool))
    np.testing.assert_array_equal(probability[known], whole[known])
    np.testing.assert_allclose(probability[~known, 0], (0.25 * again + 0.75 * last)[~known], atol=1e-9)
    assert np.array_equal(chosen[~known], probability[~known, 0] >= 0.7)
    assert len(set(chosen[~known])) == 2


def test_a_model_that_has_not_learned_to_do_without_gives_no_probability(made):
    folder, values, _ = made
    known = np.arange(len(values)) % 3 > 0
    probability, chosen = score(folder.with_name("plain"), values, known)
    assert np.isnan(probability[~known]).all()
    assert not chosen[~known].any()
    np.testing.assert_array_equal(probability[known], score(folder, values, known)[0][known])


def test_objects_seen_by_other_surveys_are_decided_by_the_threshold_of_their_cut(made):
    folder, values, (*_, again, last) = made
    own = np.arange(len(values)) % 3 == 0
    cuts = np.where(np.arange(len(values)) % 2, "alerts", "forced")
    names = np.where(own, "final", "other_surveys")
    probability, chosen, threshold = judged(folder.with_name("seen"), values, names, cuts)
    np.testing.assert_allclose(probability[~own, 0], (0.25 * again + 0.75 * last)[~own], atol=1e-9)
    assert threshold.tolist() == np.where(own, 0.4, np.where(cuts == "alerts", 0.2, 0.7)).tolist()
    assert np.array_equal(chosen, probability[:, 0] >= threshold)


def test_models_of_young_and_of_whole_curves_share_in_a_score_by_their_weights(made):
    folder, values, _ = made
    young = np.arange(len(values)) % 2 == 0
    beside, age = np.where(young, np.linspace(0.0, 1.0, len(values)), 0.0), np.full(len(values), 90.0)
    names = np.where(young, "early", "final")
    probability, chosen, threshold = judged(folder.with_name("young"), values, names, age=age, beside=beside)
    whole, early = (
        judged(folder.with_name("young"), values, np.full(len(values), n), age=age) for n in ("final", "early")
    )
    share = np.where(young, beside, 1.0)
    np.testing.assert_allclose(probability, share[:, None] * whole[0] + (1 - share)[:, None] * early[0], atol=1e-12)
    np.testing.assert_allclose(threshold, share * 0.4 + (1 - share) * 0.2)
    assert np.array_equal(chosen, probability[:, 0] >= threshold)
    np.testing.assert_array_equal(probability[~young], whole[0][~young])  # whole curves: to the last bit
    odds = np.log(early[0][:, 0] / (1.0 - early[0][:, 0]))
    older = judged(folder.with_name("young"), values, names, age=age + 300.0, beside=beside * 0.0)[0][young, 0]
    line = (1.0 + 0.5 * (np.log(391.0) - np.log(51.0))) / (1.0 + 0.5 * (np.log(91.0) - np.log(51.0)))
    np.testing.assert_allclose(np.log(older / (1.0 - older)), line * odds[young], rtol=1e-6)


def test_members_may_read_features_of_their_own(made):
    manifest = read_bundle(made[0].with_name("young"))
    assert manifest["features"] == [*COLUMNS, "age__since"]


def test_the_manifest_says_what_the_model_is(made):
    manifest = json.loads((made[0] / "model.json").read_text())
    assert (manifest["model"], manifest["classes"]) == ("both", ["TDE", "other"])
    assert manifest["versions"] == installed()
    assert set(installed()) == set(PACKAGES)
    assert all(installed().values())
    assert manifest["features"] == list(COLUMNS)


def test_what_made_the_model_passes(made):
    assert check_bundle(made[0], read_bundle(made[0]), STATE, ("object_id", *COLUMNS)) == []


def test_light_curves_may_be_read_by_another_source(made):
    state = {**STATE, "reading": {"snana": "3d"}}
    assert check_bundle(made[0], read_bundle(made[0]), state, COLUMNS) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"versions": {**installed(), "numpy": "0.1"}}, r"numpy 0\.1 here, \d.* in the model"),
        ({"versions": {**installed(), "light-curve": ""}}, "light-curve is not installed here"),
        ({"columns": ("object_id", *COLUMNS[1:])}, r"1 of 10 features are missing: family__0"),
        ({"code": {**STATE["code"], "fits/drw": "9"}}, "the code of fits/drw is not that of the model"),
        ({"code": {"fits/drw": "0a"}}, r"the code of features\.color is not that of the model"),
        ({"reading": {"kaggle": "9"}}, "the code that reads kaggle is not that of the model"),
        ({"settings": {"fits": {"drw": {"a": 2}, "matern": [1, 2]}}}, r"config\.yaml, fits\.drw, is not"),
    ],
)
def test_what_differs_is_refused_and_named_where_no_golden_inputs_are(made, change, told, monkeypatch):
    state = {**STATE, **{key: change[key] for key in STATE if key in change}}
    columns, versions = change.get("columns", COLUMNS), change.get("versions", installed())
    monkeypatch.setattr(bundle, "installed", lambda: versions)
    with pytest.raises(DataError, match=told) as error:
        check_bundle(made[0], read_bundle(made[0]), state, columns)
    assert "snakemake export_model" in str(error.value)
    assert len(str(error.value).splitlines()) == 3


def test_a_folder_without_model_or_of_another_format_is_refused(made, tmp_path):
    with pytest.raises(DataError, match="found nothing. Next step: make one by `snakemake export_model`"):
        read_bundle(tmp_path)
    (tmp_path / "model.json").write_text('{"format": 99}')
    with pytest.raises(DataError, match="expected format 4, found format 99"):
        read_bundle(tmp_path)
