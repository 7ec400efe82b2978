"""The card of a model says what the tables of its evaluation say, and no more."""

import csv

import pytest

from mallorn.report.model_card import model_card

SCORES = ("average_precision", "f1", "precision", "recall", "expected_calibration_error")
ABOUT = {
    "classes": ["TDE", "AGN", "other SN"],
    "model": "mean",
    "protocol": "stratified",
    "repeats": [{"members": ["one", "two"]}],
    "features": ["a"] * 12,
}
EXPORT = {"trained": "once", "data": "objects of mine", "note": "A last word."}
NUMBERS = {"objects": 200, "targets": 10, "events": 40, "target_events": 5}


def table(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def scored(value, **about):
    names = {f"{name}{end}": value + k for name in SCORES for k, end in ((0, ""), (-0.1, "_low"), (0.1, "_high"))}
    return {**about, **{name: f"{number:.6g}" for name, number in names.items()}}


@pytest.fixture
def tables(tmp_path):
    scores = [
        scored(0.5, redshift="spectroscopic", protocol="stratified", model="mean"),
        scored(0.4, redshift="none", protocol="grouped", model="mean"),
        scored(0.999, redshift="spectroscopic", protocol="stratified", model="another"),
        scored(0.888, redshift="photometric", protocol="stratified", model="mean"),
    ]
    group = {"protocol": "stratified", "model": "mean", "redshift": "spectroscopic", "objects": 7, "targets": 0}
    groups = [
        scored(0.3, property="redshift", group="< 0.1", **group),
        {**scored(0.2, property="snr", group=">= 50", **group), "average_precision": "nan"},
        scored(0.777, property="spec_type", group="AGN", **group),
        scored(0.666, property="redshift", group="< 0.1", **{**group, "protocol": "grouped"}),
        scored(0.35, property="redshift", group="< 0.1", **{**group, "redshift": "none"}),
    ]
    return {
        "scores": table(tmp_path / "scores.csv", scores),
        "by_type": table(tmp_path / "by_type.csv", groups),
        "folds": NUMBERS,
    }


def test_the_card_holds_the_scores_of_its_model_alone(tables):
    card = model_card(ABOUT, tables, 0.95, EXPORT)
    assert "| with redshift | stratified: other siblings of known events | 0.500 (0.400 to 0.600)" in card
    assert "| without redshift | grouped: new events | 0.400 (0.300 to 0.500)" in card
    known, unknown = card.split("The same objects without redshift.")
    assert "| redshift | &lt; 0.1 | 7 | 0 | 0.300 (0.200 to 0.400)" in known
    assert "| highest S/N | &gt;= 50 | 7 | 0 |  | 0.200 (0.100 to 0.300)" in known
    assert "| redshift | &lt; 0.1 | 7 | 0 | 0.350 (0.250 to 0.450)" in unknown
    assert "These rows are on stratified folds." in known
    for other in ("0.999", "0.888", "0.777", "0.666"):
        assert other not in card


def test_the_card_says_what_was_learned_from(tables):
    card = model_card(ABOUT, tables, 0.9, EXPORT)
    assert "200 objects of mine, of 40 events, 10 of TDE of 5 events" in card
    assert "one, two, each trained once" in card
    assert "5.0% of the objects are TDE" in card
    assert "90% intervals" in card
    assert card.endswith("\n\nA last word.\n")
    assert "four models" not in card
    without, others, young = "without_redshift", "other_surveys", "early"
    for names, words in (
        ((without, others, f"{others}_{without}"), "four models"),
        ((without, others, f"{others}_{without}", young, f"{young}_{without}"), "six models"),
        ((young,), "two models"),
    ):
        assert words in model_card({**ABOUT, **dict.fromkeys(names, {})}, tables, 0.9, EXPORT)
    folds = model_card(ABOUT, tables, 0.9, {**EXPORT, "trained": "folds", "note": ""})
    assert "one, two, each the mean of the fits of all folds; their mean" in folds
    assert folds.endswith("are TDE; on the sky it is far fewer.\n")
    assert "Objects as other surveys would see them:\n\nnot measured" in card


def test_views_of_other_surveys_have_rows_of_their_own(tables, tmp_path):
    view = {"protocol": "grouped", "model": "mean", "objects": 9}
    rows = [
        scored(0.6, cut="detections", redshift="none", **view),
        scored(0.7, cut="x", redshift="spectroscopic", **view),
    ]
    group = {**view, "protocol": "stratified", "property": "snr", "group": "< 20", "targets": 4}
    groups = [
        scored(0.55, cut="alerts", redshift="none", **group),
        scored(0.65, cut="alerts", redshift="spectroscopic", **group),
    ]
    more = {"other_surveys": table(tmp_path / "cuts.csv", rows)}
    more["other_surveys_groups"] = table(tmp_path / "groups.csv", groups)
    card = model_card(ABOUT, {**tables, **more}, 0.95, EXPORT)
    known, unknown = card.split("Objects as other surveys would see them, without redshift:")
    for part, score in ((known, "0.650"), (unknown, "0.550")):
        assert f"as alerts show them | highest S/N | &lt; 20 | 9 | 4 | {score} (" in part
    assert "| detections only | no | grouped | 9 | 0.600 (0.500 to 0.700)" in card
    assert "| x | yes | grouped | 9 | 0.700 (0.600 to 0.800)" in card


def test_young_objects_have_rows_of_what_scoring_gives(tables, tmp_path):
    about = {"protocol": "grouped", "objects": 9, "targets": 3, "recall_at_50": 0.25}
    rows = [
        scored(0.6, age="20 d", model="served", **about, **{"class": "TDE"}),
        scored(0.9, age="20 d", model="served", **about, **{"class": "AGN"}),
        scored(0.8, age="20 d", model="whole", **about, **{"class": "TDE"}),
        scored(0.7, age="all", model="served", **about, **{"class": "TDE"}),
    ]
    card = model_card(ABOUT, {**tables, "early": table(tmp_path / "early.csv", rows)}, 0.95, EXPORT)
    assert "| 20 | grouped | 9 | 3 | 0.600 (0.500 to 0.700) | 0.250 | 0.600 |" in card
    assert "| whole light curve | grouped | 9 | 3 | 0.700 (0.600 to 0.800) | 0.250 | 0.700 |" in card
    assert "0.900" not in card
    assert "0.800 (" not in card
