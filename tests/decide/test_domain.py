"""The domain of a model: what it has learned from, what it has not, and what is said of it."""

import json
import logging

import numpy as np
import pytest

from mallorn.decide.domain import STATUS, domain_of, judge, of_training_sets, tell_judgement, unlike_words
from mallorn.survey.observed import Observed

MINIMUM = {"points": 6, "detections": 3, "nights": 3}


def seen(n=600, seed=1, **changed):
    """Return how n objects of one survey were observed; `changed` fields are the same for all, or arrays."""
    rng = np.random.default_rng(seed)
    points = rng.integers(80, 300, n)
    detected = rng.uniform(0.1, 0.6, n)
    fields = {
        "n_points": points,
        "n_detections": (points * detected).astype(int),
        "nights": points // 2,
        "span": rng.uniform(1500, 3000, n),
        "detected": detected,
        "median_error": rng.lognormal(-1.0, 0.2, n),
        "peak": rng.lognormal(2.0, 0.6, n),
        "snr": rng.lognormal(3.0, 0.5, n),
        "baseline": rng.uniform(-0.02, 0.2, n),
        "redshift": rng.uniform(0.1, 1.0, n),
        "absolute_magnitude": rng.normal(-20.0, 1.0, n),
        "slots": np.ones((n, 6), dtype=bool),
        "age": rng.uniform(500, 1400, n),
        "faint": rng.uniform(0.3, 0.8, n),
    }
    whole = {name: np.broadcast_to(np.asarray(v), np.shape(fields[name])) for name, v in changed.items()}
    return Observed(**fields | whole)


ZTF = {
    "n_points": 30,
    "n_detections": 30,
    "detected": 1.0,
    "faint": 0.0,
    "median_error": 12.0,
    "peak": 300.0,
    "span": 90.0,
    "baseline": 0.5,
    "slots": np.array([0, 1, 1, 0, 0, 0], dtype=bool),
}


@pytest.fixture(scope="module")
def domain():
    """Of a model with a scorer for each kind of training set, as it is read from its file."""
    copies = seen(seed=2, **ZTF)
    copies = copies._replace(
        n_points=np.random.default_rng(3).integers(6, 60, 600), span=np.random.default_rng(4).uniform(20, 300, 600)
    )
    unknown = {"redshift": np.nan}
    scorers = {
        "final": seen(),
        "no_redshift": seen(**unknown),
        "other_surveys": copies,
        "other_surveys_no_redshift": copies._replace(**{k: np.full(600, v) for k, v in unknown.items()}),
    }
    made = {name: domain_of(one, 0.01, 1) for name, one in scorers.items()}
    return json.loads(json.dumps({"minimum": MINIMUM, "few_bands": 3, "scorers": made}))


def test_objects_like_those_learned_from_are_in_the_domain(domain):
    found = judge(domain, seen(seed=5))
    assert (found.status == STATUS[0]).mean() > 0.85
    assert set(found.leading[found.status == STATUS[0]]) <= {"final", "other_surveys"}
    assert (found.leading == "final").mean() > 0.85
    assert (found.reason[found.status == STATUS[0]] == "").all()


def test_an_object_without_redshift_is_judged_by_what_was_trained_without(domain):
    found = judge(domain, seen(seed=5, redshift=np.nan))
    assert (found.leading == "no_redshift").mean() > 0.85
    bare = {**domain, "scorers": {"final": domain["scorers"]["final"]}}
    found = judge(bare, seen(seed=5, n=3, redshift=np.nan))
    assert found.leading.tolist() == ["", "", ""]
    assert set(found.status) == {"cannot say"}
    assert set(found.reason) == {"no redshift, and the model has not learned to do without"}


def test_another_survey_is_judged_by_what_has_learned_from_copies(domain):
    found = judge(domain, seen(seed=6, n=50, **ZTF))
    assert set(found.leading) == {"other_surveys"}
    assert set(found.cut) == {"alerts"}
    assert (found.status == STATUS[0]).mean() > 0.9
    alone = judge({**domain, "scorers": {"final": domain["scorers"]["final"]}}, seen(seed=6, n=50, **ZTF))
    assert set(alone.status) == {"extrapolating"}
    assert all("no points in u, i, z, y" in why for why in alone.reason)


@pytest.fixture(scope="module")
def with_young(domain):
    """The same with scorers of young objects."""
    rng = np.random.default_rng(8)
    young = seen(seed=4, n_points=rng.integers(6, 300, 600), span=rng.uniform(5, 3000, 600))
    early = domain_of(young, 0.01, 1)
    bare = domain_of(young._replace(redshift=np.full(600, np.nan)), 0.01, 1)
    about = {"passes": [200.0, 400.0], "trigger": {"detections": 2, "snr": 5.0}}
    return {**domain, "young": about, "scorers": {**domain["scorers"], "early": early, "early_no_redshift": bare}}


@pytest.mark.parametrize(("redshift", "early", "whole"), [(0.5, "early", "final"), (np.nan, "early_no_redshift", None)])
def test_age_alone_says_which_models_score(with_young, redshift, early, whole):
    """Years of forced photometry before the trigger make no object older."""
    whole = whole or "no_redshift"
    ages = np.array([3.0, 150.0, 300.0, 390.0, 900.0, np.nan])
    found = judge(with_young, seen(n=6, seed=5, redshift=redshift, age=ages, n_points=150, span=2500.0))
    assert found.leading.tolist() == [early, early, whole, whole, whole, whole]
    assert found.weight(whole)[[0, 1, 2, 4, 5]].tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    np.testing.assert_allclose(found.weight(early) + found.weight(whole), 1.0)
    assert found.columns(seen(n=6))["scored_as"].tolist()[1:3] == [early, f"{early} 50%, {whole} 50%"]
    without = judge(of_training_sets(with_young, whole), seen(n=6, seed=5, redshift=redshift, age=ages))
    assert set(without.leading) == {whole}


def test_a_young_object_of_another_survey_is_judged_by_its_copies(with_young):
    found = judge(with_young, seen(seed=6, n=20, **ZTF, age=20.0))
    assert set(found.leading) == {"other_surveys"}
    assert set(found.weight("other_surveys")) == {1.0}


@pytest.mark.parametrize(
    ("quantity", "values"),
    [
        ("span", 10.0 ** np.linspace(1.5, 0.0, 600)),
        ("peak", 10.0 ** np.linspace(1.0, 3.0, 600)),
        ("median_error", 10.0 ** np.linspace(-0.5, 1.5, 600)),
        ("detected", np.linspace(0.5, 0.99, 600)),
    ],
)
def test_other_models_take_over_smoothly_where_a_quantity_passes_the_end_of_its_range(with_young, quantity, values):
    """Of a young object that the copies of other surveys are like: no weight jumps, and at last all is theirs."""
    alike = {"detected": 0.3, "baseline": 0.1, "snr": 20.0, "peak": 10.0, "median_error": 0.4}
    alike |= {"redshift": 0.5, "absolute_magnitude": -20.0}
    counts = {"n_points": 90, "n_detections": 27, "span": 60.0, "age": 20.0}
    path = seen(**alike | counts | {quantity: values})
    wide = {"n_points": np.arange(6, 606), "n_detections": np.arange(3, 603), "span": np.geomspace(0.5, 300, 600)}
    wide |= {"peak": np.geomspace(1, 3e3, 600), "median_error": np.geomspace(0.1, 100, 600)}
    others = domain_of(seen(seed=2, **wide, detected=np.linspace(0.01, 1.0, 600)), 0.01, 1)
    scorers = {"early": with_young["scorers"]["early"], "other_surveys": others}
    scorers = with_young["scorers"] | {name: {**one, "farthest": 100.0} for name, one in scorers.items()}
    found = judge({**with_young, "scorers": scorers}, path)
    weight = found.weight("other_surveys")
    assert (weight[0], weight[-1]) == (0.0, 1.0)
    assert np.abs(np.diff(weight)).max() < 0.15
    assert set(found.status) == {STATUS[0]}
    np.testing.assert_allclose(weight + found.weight("early"), 1.0)
    mixed = found.columns(path)["scored_as"][np.argmin(np.abs(weight - 0.5))]
    assert mixed.startswith("early ")
    assert ", other_surveys: " in mixed


def test_an_old_object_unlike_whole_curves_stays_with_the_models_of_young_ones_that_know_its_like(with_young):
    found = judge(with_young, seen(n=50, seed=5, age=900.0, n_points=150, span=400.0))
    assert np.mean((found.leading == "early") & (found.status == STATUS[0])) > 0.85


def test_one_missing_passband_counts_half_and_two_count_whole(with_young):
    slots = np.ones((3, 6), dtype=bool)
    slots[1:, 4], slots[2:, 3] = False, False
    copies = {**with_young["scorers"]["other_surveys"], "low": [-99.0] * 10, "high": [99.0] * 10, "farthest": 1e9}
    domain = {**with_young, "scorers": with_young["scorers"] | {"other_surveys": copies}}
    found = judge(domain, seen(seed=5, age=20.0).take(np.zeros(3, dtype=int))._replace(slots=slots))
    assert found.weight("early").tolist() == [1.0, 0.5, 0.0]
    assert found.reason.tolist() == ["", "", ""]


@pytest.mark.parametrize(
    ("changed", "cut"),
    [
        ({"faint": 0.3}, "few_bands"),
        ({"slots": np.ones(6, dtype=bool)}, "detections"),
        ({"faint": 0.3, "slots": np.ones(6, dtype=bool)}, "forced"),
    ],
)
def test_a_cut_is_named_by_passbands_and_detections(domain, changed, cut):
    assert set(judge(domain, seen(seed=6, n=5, **ZTF | changed)).cut) == {cut}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_points": 5}, "too few points: 5 of 6 points"),
        ({"n_detections": 0}, "too few points: 0 of 3 detections"),
        ({"nights": 1}, "too few points: 1 of 3 nights"),
    ],
)
def test_below_the_minimum_nothing_is_said(domain, changed, words):
    found = judge(domain, seen(n=4, **changed))
    assert set(found.status) == {"cannot say"}
    assert set(found.reason) == {words}
    assert set(found.leading) == set(found.cut) == {""}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"peak": 9e9}, "largest flux 9e+09 uJy (learned from"),
        ({"redshift": 4.0}, "redshift 4 (learned from"),
        ({"span": 1e-4}, "span 0.0001 d (learned from"),
        ({"baseline": 0.99}, "median flux over the largest 0.99"),
    ],
)
def test_what_is_beyond_the_range_is_named_with_the_range(domain, changed, words):
    found = judge(domain, seen(n=4, **changed))
    assert set(found.status) == {"extrapolating"}
    assert all(words in why for why in found.reason)


def test_more_points_than_were_learned_from_do_no_harm(domain):
    found = judge(domain, seen(n=50, seed=7, n_points=5000, n_detections=2000))
    assert (found.status == STATUS[0]).mean() > 0.7


def test_a_combination_that_was_never_seen_is_extrapolated(domain):
    one = domain_of(seen(peak=np.geomspace(1, 1000, 600), snr=np.geomspace(5, 5000, 600), median_error=0.2), 0.01, 1)
    narrow = {**domain, "scorers": {"final": one}}
    odd = seen(n=2, peak=np.array([1.1, 900.0]), snr=np.array([4500.0, 5.5]), median_error=0.2)
    found = judge(narrow, odd)
    assert set(found.status) == {"extrapolating"}
    assert all("no training object is like it, in" in why for why in found.reason)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1000.0, "fluxes are 1,0"),
        (1e-6, "times smaller than those learned from: Jy?"),
    ],
)
def test_another_unit_is_guessed(domain, factor, words):
    one = seen(seed=8)
    odd = one._replace(peak=one.peak * factor, median_error=one.median_error * factor)
    assert any(words in sentence for sentence in unlike_words(domain, odd))
    assert not unlike_words(domain, one)


def test_nanojansky_magnitudes_and_host_light_are_told_by_name(domain):
    one = seen(seed=8)
    wide = seen(seed=9, median_error=np.geomspace(0.1, 3e3, 600), peak=np.geomspace(1.0, 3e4, 600))
    scorers = {**domain["scorers"], "other_surveys": domain_of(wide, 0.01, 1)}
    deep = one._replace(peak=one.peak * 1e3, median_error=one.median_error * 1e3)
    assert "nJy?" in unlike_words({**domain, "scorers": scorers}, deep)[0]  # though other surveys are as deep
    nano = one._replace(peak=one.peak * 1e3, median_error=one.median_error * 1e3)
    assert "nJy?" in unlike_words(domain, nano)[0]
    few = np.broadcast_to(ZTF["slots"], one.slots.shape)
    shallow = one._replace(peak=one.peak * 30, median_error=one.median_error * 30, slots=few)
    bare = {**domain, "scorers": {"final": domain["scorers"]["final"]}}
    assert "another unit, or another depth?" in unlike_words(bare, shallow)[0]  # as ZTF is, in the right unit
    assert "FLUXCAL" in unlike_words(bare, shallow._replace(slots=one.slots))[0]
    magnitudes = one._replace(peak=np.full(600, 22.0), median_error=np.full(600, 0.1), baseline=np.full(600, 0.95))
    assert "look like magnitudes" in unlike_words(domain, magnitudes)[0]
    faint = magnitudes._replace(baseline=np.full(600, 0.7), snr=np.full(600, 990.0))
    assert "look like magnitudes" in unlike_words(domain, faint)[0]
    host = one._replace(baseline=np.full(600, 0.97), peak=np.full(600, 60.0))
    assert any("host" in sentence for sentence in unlike_words(domain, host))
    brighter = host._replace(baseline=np.full(600, 0.6), detected=np.ones(600))  # as a bright event over the host
    alerts = domain_of(seen(seed=2, **ZTF | {"baseline": np.linspace(0.0, 0.9, 600)}), 0.01, 1)
    alerts = {**domain, "scorers": {"other_surveys": alerts}}
    assert any("host" in sentence for sentence in unlike_words(alerts, brighter))
    assert not any("host" in sentence for sentence in unlike_words(alerts, brighter._replace(span=np.full(600, 60.0))))


def test_kinds_of_trouble_are_counted_in_the_log(domain, caplog):
    mixed = seen(n=10, n_points=np.array([3] * 4 + [200] * 6), redshift=np.array([0.5] * 8 + [4.0] * 2))
    with caplog.at_level(logging.WARNING):
        tell_judgement(domain, mixed, judge(domain, mixed))
    assert "4 of 10 objects get no probability: too few points (4)" in caplog.text
    assert "are unlike all that the model has learned from: redshift (2)" in caplog.text
