"""Rules across settings, each broken once; the defaults break none."""

import pytest

from mallorn.errors import ConfigError
from mallorn.hypotheses.models import HYPOTHESES
from mallorn.hypotheses.semi_models import SEMI_PARAMETRIC
from mallorn.learners.learner import LEARNERS
from mallorn.learning.folds import PROTOCOLS
from mallorn.plugins import defines
from mallorn.settings.resolve import defaults, resolve
from mallorn.settings.rules import PARENTS, SEMI_PARENTS, broken_rules
from mallorn.survey.passbands import SLOTS

SURVEYS = {"lsst": list("ugrizy"), "ztf": list("gri"), "atlas": list("co")}

BROKEN = [
    ({"report": {"sed_phases": [3]}}, "report.sed_phases: 3 must be among posterior.knots"),
    ({"posterior": {"knots": [-20, 20, 50, 100]}}, "features.redshift.phases: 0 must be among posterior.knots"),
    ({"features": {"color": {"changes": [[0, 21]]}}}, "features.color.changes: 21 must be among"),
    ({"features": {"blackbody": {"phases": [1, 2]}}}, "features.blackbody.phases: 1, 2 must be among"),
    ({"posterior": {"phases": {"stop": 302}}}, "posterior.phases: stop 302 less start -100 is not two or more steps"),
    ({"posterior": {"band_peak_window": [1, 9]}}, "posterior.band_peak_window: fewer than 3 of posterior.phases"),
    ({"features": {"shape": {"stretch": [0.75, 0.5, 0.3]}}}, "features.shape.stretch: 0.3 is not among"),
    ({"features": {"shape": {"stretch": [0.2, 0.5, 0.75]}}}, "features.shape.stretch: expected falling values"),
    ({"features": {"shape": {"duty_level": 0.3}}}, "features.shape.duty_level: 0.3 is not among features.shape.levels"),
    (
        {"features": {"hypotheses": {"models": ["tde_free"]}}},
        "features.hypotheses.models: 'tde_free' starts from the fit of",
    ),
    ({"features": {"hypotheses": {"sampling": ["x"]}}}, "features.hypotheses.sampling: x must be among"),
    ({"features": {"hypotheses": {"comparisons": [["supernova", "constant"]]}}}, "comparisons: constant must be among"),
    (
        {"features": {"hypotheses": {"competing": ["constant"]}}},
        "hypotheses.competing: constant must be among",
    ),
    (
        {"fits": {"semi_parametric": {"epoch": "x"}}},
        "fits.semi_parametric.epoch: x must be among fits.hypotheses.models",
    ),
    ({"fits": {"semi_parametric": {"models": ["parabola"]}}}, "features.semi_parametric.models: blackbody, drifting_"),
    ({"fits": {"semi_parametric": {"models": ["drifting_parabola"]}}}, "'drifting_parabola' starts from the fit of"),
    ({"features": {"semi_parametric": {"models": ["walk"]}}}, "features.semi_parametric.comparisons: blackbody, drift"),
    ({"fits": {"drw": {"priors": {"tau": {"median": 0.1}}}}}, "fits.drw.priors.tau: median 0.1 is not between"),
    ({"fits": {"drw": {"starts": [{"sigma": 1, "tau": 0.1}]}}}, "fits.drw.starts.0: tau 0.1 is not between"),
    ({"features": {"decay": {"tau": {"start": 600}}}}, "features.decay.tau: start 600 is not below stop 500"),
    ({"survey": "lsts"}, "survey: there is no survey 'lsts' (did you mean 'lsst'?)"),
    ({"new_survey": "x"}, "new_survey: there is no survey 'x' (known: lsst, ztf, atlas)"),
    ({"surveys": {"mine": {}}}, "surveys.mine: expected at least one passband"),
    ({"source": "kagle"}, "source: there is no source 'kagle' (did you mean 'kaggle'?)"),
    ({"simulation": {"survey": "ztg"}}, "simulation.survey: there is no survey 'ztg' (did you mean 'ztf'?)"),
    (
        {"surveys": {"mine": {"c": {"wavelength": 5350}}}, "simulation": {"survey": "mine"}},
        "simulation.depth: missing key 'c', a passband of the survey mine",
    ),
    (
        {"simulation": {"survey": "ztf", "depth": {"z": 20}}},
        "simulation.depth: the survey ztf has no passband 'z'",
    ),
    ({"simulation": {"depth": {"q": 20}}}, "simulation.depth: the survey lsst has no passband 'q'"),
    ({"simulation": {"sources": dict.fromkeys(defaults()["simulation"]["sources"], 0)}}, "expected at least one event"),
    ({"ensembles": {"lightgbm": {"method": "mean", "members": ["lightgbm"]}}}, "ensembles.lightgbm: a model has this"),
    ({"ablation": {"model": "mean"}}, "ablation.model: there is no 'mean'"),
    ({"rocket": {"models": ["minirokcet"]}}, "rocket.models: there is no 'minirokcet' (did you mean 'minirocket'?)"),
    ({"rocket": {"pairs": [["minirocket", "x"]]}}, "rocket.pairs: there is no 'x'"),
    ({"rocket": {"ensemble": "means"}}, "rocket.ensemble: there is no 'means' (did you mean 'mean'?)"),
    ({"models": {"minirocket": {"transforms": {"rocket": {"kinds": 1}}}}}, "transforms.rocket: unknown key 'kinds'"),
    ({"tuning": {"models": ["lightgmb"]}}, "tuning.models: there is no 'lightgmb' (did you mean 'lightgbm'?)"),
    ({"augmentations": {"early": {"without": ["simulatd"]}}}, "there is no 'simulatd' (did you mean 'simulated'?)"),
    (
        {
            "augmentations": {"other_surveys": {"enabled": True, "without": ["lightgbm"]}},
            "models": {"lightgbm": {"enabled": True}},
            "ensembles": {"mean": {"members": ["lightgbm"]}},
        },
        "augmentations.other_surveys.without: no member of 'mean', the submitted ensemble, is left",
    ),
    ({"evaluation": {"tree": {"models": ["catboots"]}}}, "evaluation.tree.models: there is no 'catboots'"),
    ({"evaluation": {"tree": {"repeats": 4}}}, "evaluation.tree.repeats: expected at most folds.repeats, 3, found 4"),
    ({"evaluation": {"predictive": {"model": "x"}}}, "evaluation.predictive.model: there is no 'x'"),
    ({"evaluation": {"learning_curve": {"model": "x"}}}, "evaluation.learning_curve.model: there is no 'x'"),
    ({"selection": {"ranker": {"params": {"x": 1}}}}, "selection.ranker.params: the learner lightgbm has no parameter"),
    ({"audits": {"model": {"learner": "x"}}}, "audits.model.learner: there is no learner 'x'"),
    ({"models": {"lightgbm_multiclass": {"params": {"focal_gamma": 2}}}}, "focal_gamma is for models with `classes: b"),
    ({"models": {"tcn": {"enabled": True, "pretrained": "unlabelled"}}}, "siblings of held-out events are among"),
    ({"models": {"lightgbm": {"pretrained": "unlabelled"}}}, "the learner lightgbm cannot fill in light curves"),
    (
        {"models": {"mlp_multiclass": {"params": {"masked_epochs": 3}}}},
        "the learner mlp has no parameter 'masked_epochs'",
    ),
    ({"models": {"tcn": {"pretrained": "masked"}}}, "models.tcn.pretrained: "),
    ({"models": {"lightgbm": {"transforms": {"scaled": {}}}}}, "models.lightgbm.transforms: there is no transform"),
    ({"models": {"lightgbm": {"transforms": {"linear_start": {"c": 1}}}}}, "transforms.linear_start: unknown key 'c'"),
    ({"training": {"classes": {"a": ["X"], "b": ["X"]}}}, "training.classes: 'X' is in both 'a' and 'b'"),
    ({"ensembles": {"weighted": {"step": 0.3}}}, "ensembles.weighted.step: expected 1 over a whole number, found 0.3"),
    ({"folds": {"repeats": 1}, "evaluation": {"nested": {"repeats": 2}}}, "expected at most folds.repeats, 1, found 2"),
]


@pytest.mark.parametrize(("given", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_rule_that_is_broken_is_told(given, message):
    with pytest.raises(ConfigError) as error:
        resolve(given, surveys=SURVEYS)
    assert message in str(error.value)


def test_a_model_that_is_not_enabled_may_learn_from_unlabelled_objects():
    assert resolve({"models": {"tcn": {"pretrained": "unlabelled"}}})["models"]["tcn"]["pretrained"] == "unlabelled"


def test_the_defaults_break_no_rule():
    assert broken_rules(defaults(), surveys=SURVEYS) == []


@pytest.mark.parametrize(
    "given",
    [
        {"posterior": {"knots": [0, 1]}, "report": {"sed_phases": [1]}},
        {"features": {"hypotheses": {"models": ["tde_free"], "sampling": ["x"]}, "shape": {"duty_level": 0.3}}},
    ],
    ids=["phases", "hypotheses and levels"],
)
def test_families_that_are_off_are_left_alone(given):
    off = {name: {"enabled": False} for name in defaults()["features"]}
    features = {name: {**given.get("features", {}).get(name, {}), **block} for name, block in off.items()}
    resolve({**given, "features": features, "training": {"log_columns": ["Z"]}})


def test_models_need_features():
    features = {name: {"enabled": False} for name in defaults()["features"]}
    with pytest.raises(ConfigError, match="features: expected at least one family that is enabled"):
        resolve({"features": features})


def test_hypotheses_and_their_parents_are_those_of_the_library():
    assert {h.name: h.parent for h in HYPOTHESES} == PARENTS
    assert {h.name: h.parent for h in SEMI_PARAMETRIC} == SEMI_PARENTS


def test_learners_and_their_parameters_are_those_of_the_library():
    explained = {name for name in LEARNERS if defines("learners", name, "contributions")}
    for name in LEARNERS:
        given = {"models": {"mine": {"learner": name}}, "explanations": {"models": ["mine"]}}
        if name in explained:
            resolve(given)
        else:
            with pytest.raises(ConfigError, match="no SHAP values"):
                resolve(given)


def test_slots_and_protocols_are_those_of_the_library():
    assert tuple(resolve({"posterior": {"peak_bands": list(SLOTS)}})["posterior"]["peak_bands"]) == tuple(SLOTS)
    for protocol in PROTOCOLS:
        resolve({"submission": {"protocol": protocol}})
