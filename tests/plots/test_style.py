"""The style of figures: told apart by every kind of colour vision, and the same bytes each time."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mallorn.plots import style as s
from mallorn.survey.passbands import LSST, SLOTS, survey_passbands

# Vienot, Brettel & Mollon (1999), table of linear RGB transformations for the two common dichromacies
DICHROMACY = {
    "normal": np.eye(3),
    "protan": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "deutan": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(color, vision):
    """Return CIE L*a*b* of a colour as seen by one kind of colour vision."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(DICHROMACY[vision] @ linear, 0.0, 1.0)
    ratio = TO_XYZ @ seen / (TO_XYZ @ np.ones(3))
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lab_of_white_and_of_pure_red():
    np.testing.assert_allclose(lab("white", "normal"), [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(lab("red", "normal"), [53.2, 80.1, 67.2], atol=0.2)


@pytest.mark.parametrize("vision", DICHROMACY)
@pytest.mark.parametrize("colors", [s.BAND_COLORS, s.PROTOCOL_COLORS], ids=["bands", "protocols"])
def test_colours_are_told_apart(colors, vision):
    for (one, first), (other, second) in itertools.combinations(colors.items(), 2):
        distance = np.linalg.norm(lab(first, vision) - lab(second, vision))
        assert distance > 15, f"{one} and {other} are {distance:.0f} apart for {vision} vision"


def test_no_passband_is_told_by_colour_alone():
    for mapping in (s.BAND_COLORS, s.BAND_MARKERS, s.BAND_LINES):
        assert tuple(mapping) == SLOTS
        assert len(set(mapping.values())) == len(SLOTS)


def draw(path):
    with s.style():
        figure, axes = s.new_figure(1, 2, width=4, height=2)
        axes[0].plot([0, 1], [1, 0], label="a < b")
        axes[0].legend()
        return s.save(figure, path)


def test_figures_are_written_in_both_formats_and_with_the_same_bytes(tmp_path):
    first, second = draw(tmp_path / "deep" / "one"), draw(tmp_path / "two")
    assert [p.name for p in first] == ["one.png", "one.svg"]
    assert first[0].read_bytes()[:4] == b"\x89PNG"
    assert b"<svg" in first[1].read_bytes()
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["deep", "one.png", "one.svg", "two.png", "two.svg"]


def test_the_style_ends_with_its_block():
    before = dict(mpl.rcParams)
    with s.style():
        assert mpl.rcParams["axes.grid"]
        assert mpl.rcParams["svg.hashsalt"] == "mallorn"
    assert dict(mpl.rcParams) == before


def test_colour_of_a_type_is_its_own_or_that_of_its_kind():
    assert s.class_color("SN Ia-91bg-like") == s.class_color("SN Ia") == s.CLASS_COLORS["SN Ia"]
    assert s.class_color("SN IIn") == s.CLASS_COLORS["SN IIn"] != s.CLASS_COLORS["SN II"]
    assert s.class_color("SN Ic") == s.GREY


def test_no_two_lines_look_alike_when_there_are_more_names_than_colours():
    names = [f"model_{k}" for k in range(2 * len(s.CYCLE) + 1)]
    lines = s.lines_of(names)
    assert list(lines) == names
    assert lines[names[0]]["color"] == lines[names[-1]]["color"]
    assert len({tuple(line.values()) for line in lines.values()}) == len(names)


def test_no_two_passbands_of_a_survey_look_alike():
    own = {"mine": {name: {"wavelength": 4700 + 10 * k} for k, name in enumerate(("g", "G 2", "<g>", "g4"))}}
    own["mine"] |= {"UVW1": {"wavelength": 2684}, "UVW2": {"wavelength": 2085}}
    for passbands in (LSST, survey_passbands("uvot"), survey_passbands("mine", own)):
        looks = s.looks_of(passbands)
        assert [look.name for look in looks] == list(passbands.names)
        assert len({(look.color, look.marker) for look in looks}) == len(looks)
        assert len({look.key for look in looks}) == len(looks)
        assert all(look.key.isalnum() for look in looks)
    assert [look.color for look in s.looks_of(LSST)] == list(s.BAND_COLORS.values())
    assert [look.marker for look in s.looks_of(LSST)] == list(s.BAND_MARKERS.values())
