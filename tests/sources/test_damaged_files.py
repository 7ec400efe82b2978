"""Files of every format, damaged byte by byte, shuffled and emptied: light curves, or an error in words; never else."""

import random
import shutil
import warnings

import large_files
import numpy as np
import pytest
from reader_checks import damages

import mallorn
from mallorn.errors import ConfigError, DataError
from mallorn.plugins import names
from mallorn.survey.lightcurves import LightCurves

TEXTS = ("atlas", "bts", "manytde", "open_catalog", "plasticc", "redback", "ztf_alerts", "ztf_forced")
"""Formats whose large files have `large_files.TEXT` rows."""

OTHERS = {"empty": b"", "nul": b"\0" * 4096, "page": b"<!DOCTYPE html><html></html>\n"}

SIZES = {"ztf_forced": 1000 / large_files.TEXT}
FORMATS = {name: "table" if name == "table_fits" else name for name in large_files.WRITERS}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A function of a format that returns a folder of two small files of it, written once."""
    made = {}

    def write(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            n = large_files.TEXT if FORMATS[name] in TEXTS else large_files.BINARY
            large_files.WRITERS[name](made[name], SIZES.get(name, 2 * large_files.PER_OBJECT / n))
        return made[name]

    return write


def outcome(folder, name):
    """Return the `LightCurves` of a folder, or the words of the error; anything else fails the test."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            curves = mallorn.read(folder, source=FORMATS[name])
    except (DataError, ConfigError) as error:
        text = str(error)
        assert "expected" in text
        assert "Next step" in text
        return text
    assert isinstance(curves, LightCurves)
    assert np.isfinite(curves.flux).all()
    assert (curves.flux_err > 0).all()
    owner = curves.owner
    assert not ((np.diff(curves.mjd) < 0) & (np.diff(owner) == 0)).any()
    return curves


def test_every_format_is_tried():
    assert set(FORMATS.values()) == set(names("formats"))


@pytest.mark.parametrize("name", FORMATS)
def test_sound_files_are_read(written, name):
    curves = outcome(written(name), name)
    assert not isinstance(curves, str), curves
    assert len(curves) >= 1
    assert len(curves.mjd) >= 50


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_or_refused_in_words(written, tmp_path, name):
    sound, folder, rng = written(name), tmp_path / "damaged", np.random.default_rng(3)
    paths = sorted(path.relative_to(sound) for path in sound.rglob("*") if path.is_file())
    refused = 0
    for path in paths[:3]:
        data = (sound / path).read_bytes()
        for damaged in damages(data, rng, 12):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sound, folder)
            (folder / path).write_bytes(damaged)
            refused += isinstance(outcome(folder, name), str)
    assert refused <= 12 * len(paths[:3])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"<!DOCTYPE html><html></html>\n"], ids=["empty", "nul", "page"]
)
def test_a_file_that_is_something_else_is_refused_in_words(written, tmp_path, name, content):
    folder = tmp_path / "other"
    shutil.copytree(written(name), folder)
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(content)
    assert isinstance(outcome(folder, name), str)


@pytest.mark.parametrize("name", ["atlas", "redback", "plasticc"])
def test_rows_in_any_order_make_the_same_light_curves(written, tmp_path, name):
    folder = tmp_path / "shuffled"
    shutil.copytree(written(name), folder)
    for path in folder.rglob("*"):
        if path.is_file():
            first, *lines = path.read_text().splitlines(keepends=True)
            random.Random(1).shuffle(lines)
            path.write_text(first + "".join(lines))
    before, after = outcome(written(name), name), outcome(folder, name)
    for field in ("object_id", "start", "mjd", "band", "flux", "flux_err"):
        assert np.array_equal(getattr(before, field), getattr(after, field))
