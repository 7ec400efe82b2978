"""What comes with the package: a model of a size that a package may have, with its card, and an example."""

import json

import pytest

import mallorn
from mallorn.errors import DataError
from mallorn.interface import released
from mallorn.report.model_card import CARD

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


def test_the_example_is_of_a_hundred_objects():
    curves = mallorn.read(released.example_file(), source="table", survey="lsst")
    assert len(curves) == 100
    assert curves.n_points.min() > 20


def test_a_package_without_them_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(released, "_FOLDER", tmp_path)
    with pytest.raises(DataError, match="what comes with mallorn, found nothing. Next step: install mallorn again"):
        mallorn.load_model()
    with pytest.raises(DataError, match=r"example.parquet"):
        released.example_file()
