"""What comes with the package: a model of a size that a package may have, with its card, and an example."""

import json
from dataclasses import replace

import numpy as np
import pytest

import mallorn
from mallorn.decide.bundle import ensemble_scores, member_scores
from mallorn.decide.decision import decide_scores
from mallorn.decide.domain import judge, read_domain
from mallorn.decide.judgement import Judgement
from mallorn.errors import DataError
from mallorn.interface import released
from mallorn.interface.over_time import moments
from mallorn.report.model_card import CARD
from mallorn.survey.copies import CUTS, copy_name, originals
from mallorn.survey.lightcurves import joined
from mallorn.survey.observed import observed
from mallorn.survey.passbands import Passband, Passbands

MOST = 12e6  # bytes


def test_the_released_model_is_small_whole_and_no_pickle():
    files = [path for path in released.released_model().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST
    assert {path.suffix for path in files} <= {".json", ".npz", ".gz", ".cbm", ".parquet", ".md"}
    assert not any(path.read_bytes().startswith(b"\x80") for path in files)


def test_it_scores_with_and_without_redshift_as_its_own_survey_and_as_others_see():
    model = mallorn.load_model()
    assert model.target == "TDE"
    assert {"repeats", "without_redshift", "other_surveys", "other_surveys_without_redshift"} <= set(model.about)
    assert {"early", "early_without_redshift"} <= set(model.about)
    assert all(len(model.about[key]["repeats"]) == 1 for key in ("without_redshift", "other_surveys"))
    for folder in (model.folder / "0", model.folder / "other_surveys" / "0"):
        assert all(len(json.loads(path.read_text())["fits"]) == 1 for path in folder.glob("*/fits.json"))


def test_its_card_has_both_protocols_and_every_way_of_seeing():
    card = (released.released_model() / CARD).read_text(encoding="utf-8")
    for told in ("grouped: new events", "stratified: other siblings", "without redshift", "detections only", "not for"):
        assert told in card
    assert "not measured" not in card
    by_property = card.split("### By property")[1]
    assert by_property.count("| redshift | &lt; ") == 2 + 2 * len(CUTS)  # with and without redshift, each way of seeing
    assert by_property.count("| highest S/N | &lt; ") == 2 + 2 * len(CUTS)


def test_the_example_is_of_a_hundred_objects():
    curves = mallorn.read(released.example_file(), source="table", survey="lsst")
    assert len(curves) == 100
    assert curves.n_points.min() > 20


def test_points_that_it_has_not_learned_from_change_nothing(caplog):
    """Swift's ultraviolet passbands: no training object has points in them, though users' files do."""
    lsst = mallorn.read(released.example_file(), source="table", survey="lsst").take(np.arange(4))
    passbands = Passbands((Passband("UVW1", 2684.0), *lsst.passbands))
    same = replace(lsst, passbands=passbands, band=lsst.band + np.int8(1))
    both = _together(same, replace(same, band=0 * same.band, mjd=same.mjd + 0.01).in_order())
    model = mallorn.load_model()
    expected, said = model.predict(lsst, tell=False), model.predict(both, tell=False)
    np.testing.assert_array_equal(said["probability"], expected["probability"])
    np.testing.assert_array_equal(model.describe(both)["temperature"], model.describe(lsst)["temperature"])
    (told,) = [sentence for sentence in model.unlike(both) if "UVW1" in sentence]
    n = len(both.mjd) - len(lsst.mjd)
    assert told == f"no training object has points in UVW1: {n:,} points are left out"
    assert told not in caplog.text
    model.predict(both)
    assert told in caplog.text


def _together(one, other):
    """Return light curves of the same objects with the points of both."""
    owner = np.concatenate([one.owner, other.owner])
    order = np.argsort(owner, kind="stable")
    names = ("mjd", "band", "flux", "flux_err", "detected", "limit")
    points = {name: np.concatenate([getattr(one, name), getattr(other, name)])[order] for name in names}
    return replace(one, start=one.start + other.start, **points).in_order()


def histories(curves, history):
    """Return simulated objects of the example as they were known after each night, in order."""
    times, parts = moments(curves, 30), []
    for k in range(times.shape[1]):
        there = np.flatnonzero(np.isfinite(times[:, k]))
        known = mallorn.as_of(curves.take(there), times[there, k], history=history)
        names = [copy_name(name, f"{k:02d}") for name in known.object_id]
        parts.append(replace(known, object_id=np.array(names, dtype=object)))
    found = joined(parts)
    return found.take(np.argsort(found.object_id.astype(str)))


@pytest.mark.parametrize("view", ["forced", "alerts", "detections"])
def test_histories_do_not_jump_from_one_model_to_another(view):
    """What of each step is due to the change of weights, not to what each model makes of the new points.

    Steps of more than 15 days are no small steps of the data.
    """
    model, curves = mallorn.load_model(), mallorn.read(released.example_file(), source="table", survey="lsst")
    curves = curves.take(np.arange(0, 100, 4))
    if view == "detections":
        curves = curves.where(curves.flux > 5.0 * curves.flux_err)
    grown = histories(curves, "forced" if view == "forced" else "alerts")
    domain, seen = read_domain(model.folder / "domain.json"), observed(grown, model.trigger)
    judgement, dataset, p = judge(domain, seen), model._dataset(grown, model._made(grown)), {}
    for training, scorer in model._scorers.items():
        alone = Judgement({training: np.ones(len(grown))}, judgement.cut, None, None, seen.age)
        found = {training: (scorer, ensemble_scores(scorer, member_scores(scorer, dataset)))}
        p[training] = decide_scores(len(model.classes), alone, found)[0][:, 0]
    of, scored = originals(grown.object_id), judgement.leading != ""
    small = (of[1:] == of[:-1]) & (np.diff(seen.age) < 15.0)
    steps = np.flatnonzero(small & scored[1:] & scored[:-1])
    moved = sum(np.diff(judgement.weight(name)) * (p[name][1:] + p[name][:-1]) / 2 for name in p)
    jumps = np.abs(moved[steps])
    assert len(jumps) > 30
    assert np.mean(jumps > 0.05) < 0.03
    assert jumps.max() < 0.25


def test_a_package_without_them_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(released, "_FOLDER", tmp_path)
    with pytest.raises(DataError, match="what comes with mallorn, found nothing. Next step: install mallorn again"):
        mallorn.load_model()
    with pytest.raises(DataError, match=r"example.parquet"):
        released.example_file()
