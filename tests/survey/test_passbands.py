"""Surveys, their passbands, and the slots these belong to."""

from importlib.resources import files

import numpy as np
import pytest
import yaml

from mallorn.errors import ConfigError, DataError
from mallorn.runs.fingerprints import constant
from mallorn.survey.dust import extinction_per_ebv
from mallorn.survey.passbands import (
    LSST,
    NO_SLOT,
    SLOT_WAVELENGTHS,
    SLOTS,
    Passbands,
    passbands_of_run,
    shipped_surveys,
    slot_index,
    survey_passbands,
    surveys_of_run,
)

OWN = {
    "eight": {
        **{name: {"wavelength": at} for name, at in zip(SLOTS, SLOT_WAVELENGTHS.tolist(), strict=True)},
        "o": {"wavelength": 6790.0, "zero_point": 8.9},
        "UVW1": {"wavelength": 2684},
    },
    "overridden": {"w": {"wavelength": 6000, "slot": "i"}, "g": {"wavelength": 4700, "slot": "none"}},
}


def test_slots_run_from_blue_to_red_and_are_read_without_import():
    assert constant("mallorn.survey.passbands", "SLOTS") == SLOTS
    assert (np.diff(SLOT_WAVELENGTHS) > 0).all()
    assert [slot_index(name) for name in SLOTS] == list(range(len(SLOTS)))


@pytest.mark.parametrize("name", ["U", "", "ug", None])
def test_an_unknown_slot_is_refused(name):
    with pytest.raises(ValueError, match="expected one of u, g, r, i, z, y"):
        slot_index(name)


def test_the_slots_are_those_of_lsst():
    assert survey_passbands("lsst") == LSST
    assert LSST.names == SLOTS == LSST.slots
    assert LSST.are_slots
    np.testing.assert_array_equal(LSST.wavelength, SLOT_WAVELENGTHS)
    np.testing.assert_array_equal(LSST.extinction, extinction_per_ebv(SLOT_WAVELENGTHS))


@pytest.mark.parametrize(
    ("survey", "slots"),
    [
        ("ztf", {"g": "g", "r": "r", "i": "i"}),
        ("atlas", {"c": "g", "o": "r"}),
        ("ps1", {"g": "g", "r": "r", "i": "i", "z": "z", "y": "y"}),
        ("des", {"g": "g", "r": "r", "i": "i", "z": "z", "Y": "y"}),
        ("sdss", {"u": "u", "g": "g", "r": "r", "i": "i", "z": "z"}),
        ("uvot", {"UVW2": None, "UVM2": None, "UVW1": None, "U": "u", "B": "g", "V": "r"}),
    ],
)
def test_passbands_of_shipped_surveys_lie_in_the_nearest_slots(survey, slots):
    passbands = survey_passbands(survey)
    assert {p.name: None if p.slot == NO_SLOT else SLOTS[p.slot] for p in passbands} == slots
    assert set(passbands.zero_point) == {23.9}


def test_every_value_of_the_shipped_file_has_a_source():
    shipped = yaml.safe_load(files("mallorn.survey").joinpath("surveys.yaml").read_text(encoding="utf-8"))
    assert list(shipped) == list(shipped_surveys())
    for name, survey in shipped.items():
        assert survey["source"]
        assert survey["depths"]
        assert len(survey_passbands(name)) == len(survey["passbands"])
        assert {key for p in survey["passbands"].values() for key in p} <= {
            "wavelength",
            "zero_point",
            "slot",
            "depth",
            "checked",
        }


def test_an_own_survey_by_hand():
    # |ln(6790 / 6155)| = 0.098 is less than |ln(6790 / 7504)| = 0.100; |ln(2684 / 3641)| = 0.305 is above 0.2
    eight = survey_passbands("eight", OWN)
    assert eight.names == ("UVW1", "u", "g", "r", "o", "i", "z", "y")  # from blue to red
    assert eight.slot.tolist() == [NO_SLOT, 0, 1, 2, 2, 3, 4, 5]
    assert eight.zero_point[4] == 8.9
    assert eight.slots == SLOTS
    assert not eight.are_slots
    assert (np.diff(eight.extinction) < 0).all()
    assert survey_passbands("overridden", OWN).slot.tolist() == [NO_SLOT, 3]


def test_an_own_survey_takes_the_place_of_a_shipped_one():
    assert survey_passbands("ztf", {"ztf": {"g": {"wavelength": 4000}}}).names == ("g",)


def test_passbands_are_equal_hashable_and_cannot_be_changed():
    one, other = survey_passbands("eight", OWN), survey_passbands("eight", OWN)
    assert one is not other
    assert one == other
    assert len({one, other, LSST}) == 2
    with pytest.raises(ValueError, match="read-only"):
        one.wavelength[0] = 1.0
    with pytest.raises(AttributeError):
        one.rows = ()
    assert Passbands.from_text(one.to_text()) == one


def test_slots_of_a_survey_are_remembered_by_slot():
    slots = survey_passbands("ztf").in_slots()
    assert slots.names == SLOTS
    assert slots.slots == ("g", "r", "i")
    assert LSST.in_slots() is LSST


def test_an_unknown_passband_is_named():
    assert survey_passbands("ztf").index("r") == 1
    with pytest.raises(ValueError, match="unknown passband 'u': expected one of g, r, i"):
        survey_passbands("ztf").index("u")


@pytest.mark.parametrize(
    ("name", "own", "message"),
    [
        ("zft", {}, "survey: there is no survey 'zft'; did you mean 'ztf'"),
        ("eigth", OWN, "did you mean 'eight'"),
        (None, {}, "there is no survey None"),
        ("x", {"x": {}}, "surveys.x: expected"),
        ("x", {"x": {"g": 4700}}, "surveys.x.g: expected {wavelength: angstrom}, found 4700"),
        ("x", {"x": {"g": {"wavelength": 0.47}}}, "surveys.x.g: expected an effective wavelength of 910 to 60000"),
        ("x", {"x": {"g": {"wavelength": "4700"}}}, "found '4700'"),
        ("x", {"x": {"g": {"wavelength": float("nan")}}}, "found nan"),
        ("x", {"x": {"g": {"wavelength": 4700, "zero_point": None}}}, "zero point in AB magnitudes, found None"),
        (
            "x",
            {"x": {"g": {"wavelength": 4700, "slot": "q"}}},
            "surveys.x.g.slot: expected one of u, g, r, i, z, y or no",
        ),
        ("x", {"x": {"g": {"wavelength": 4700, "wave": 1}}}, "surveys.x.g: unknown key 'wave'"),
        ("x", {"x": {" g": {"wavelength": 4700}}}, "without blanks"),
        ("x", {"x": {f"b{k}": {"wavelength": 4700} for k in range(128)}}, "1 to 127 passbands, found 128"),
    ],
)
def test_surveys_that_make_no_sense_are_refused_in_words(name, own, message):
    with pytest.raises(ConfigError) as caught:
        survey_passbands(name, own)
    assert message in str(caught.value)


def test_two_passbands_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="'g' is there more than once"):
        Passbands((("g", 4700.0), ("g", 4800.0)))


def test_a_file_without_passbands_is_refused():
    with pytest.raises(DataError, match=r"points.parquet: expected the passbands.*ingest the survey again"):
        Passbands.from_metadata({}, "points.parquet")


@pytest.mark.parametrize(
    ("changes", "trained", "new"),
    [
        ({}, "lsst", "lsst"),
        ({"simulation": {"survey": "ztf"}}, "ztf", "ztf"),
        ({"data_dir": "somewhere", "survey": "ps1", "simulation": {"survey": "ztf"}}, "ps1", "ps1"),
        ({"new_survey": "eight"}, "lsst", "eight"),
    ],
)
def test_the_passbands_of_a_run_follow_its_data(changes, trained, new):
    config = {"data_dir": None, "survey": None, "new_survey": None, "simulation": {"survey": "lsst"}, "surveys": OWN}
    config |= {"source": "kaggle", "new_source": None}
    expected = survey_passbands(trained, OWN), survey_passbands(new, OWN)
    assert passbands_of_run({**config, **changes}) == expected


def test_a_format_has_its_usual_surveys_and_several_are_told_apart():
    config = {"data_dir": None, "survey": "ps1", "new_survey": None, "simulation": {"survey": "lsst"}, "surveys": {}}
    config |= {"source": "kaggle", "new_source": "alerce"}
    assert surveys_of_run(config) == (["lsst"], ["ztf", "lsst"])
    names = passbands_of_run(config)[1].names
    assert names == tuple(["lsst.u", "lsst.g", "ztf.g", "lsst.r", "ztf.r", "lsst.i", "ztf.i", "lsst.z", "lsst.y"])
    assert passbands_of_run(config | {"new_survey": ["ztf"]})[1].names == ("g", "r", "i")
