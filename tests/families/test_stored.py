"""The tables of families of one part: each is made once from the same, and again from anything else."""

import os

import numpy as np
import pytest

from mallorn.families import drw, statistics, stored
from mallorn.families.family import Inputs, family_features
from mallorn.io.tables import number_of_groups, read_columns, table_writer
from mallorn.settings.resolve import defaults
from mallorn.survey.lightcurves import LightCurves, write_lightcurves
from mallorn.survey.passbands import LSST, SLOTS

BLOCKS = defaults()["features"]
MODULES = {"statistics": statistics, "drw": drw}


def curves(flux=3.0):
    """Return five objects of twelve points."""
    n, each = 5, 12
    rng, fives = np.random.default_rng(2), np.ones(5)
    names = np.array([f"object {k}" for k in range(n)], dtype=object)
    mjd = np.sort(60000.0 + rng.uniform(0.0, 200.0, (n, each)), axis=1).ravel()
    start, band = np.arange(n + 1) * each, rng.integers(0, 6, n * each).astype(np.int8)
    values = flux + rng.normal(0.0, 0.2, n * each)
    objects = 0.2 * fives, 0 * fives, 0.05 * fives, 900 * fives
    return LightCurves(names, *objects, start, mjd, band, values, np.full(n * each, 0.2), passbands=LSST)


def fits(names, ln_tau=4.0):
    """Return a table of fits of one passband for these objects."""
    values = {"ln_tau": ln_tau, "ln_tau_err": 0.4, "ln_sigma": 1.1, "ln_sigma_err": 0.2, "mean": 3.0}
    values |= {"ln_likelihood": -40.0, "n_points": 20, "status": 0}
    return {"object_id": names} | {name: np.full(len(names), value) for name, value in values.items()}


def write_fits(folder, ln_tau=4.0):
    for slot in SLOTS:
        with table_writer(folder / f"fit_{slot}.parquet") as write:
            for k in range(0, 5, 2):
                write(fits(curves().object_id[k : k + 2], ln_tau))


@pytest.fixture
def part(tmp_path, monkeypatch):
    """A part of five objects in three groups, and which families are computed."""
    write_lightcurves(curves(), tmp_path / "points.parquet", tmp_path / "objects.parquet", per_group=2)
    write_fits(tmp_path)
    computed = []
    monkeypatch.setattr(
        stored, "family_features", lambda family, *rest: (computed.append(family), family_features(family, *rest))[1]
    )

    def write(**codes):
        """Write the tables, with a digest of code for each that is not the usual; return who was computed."""
        computed.clear()
        needs = {"statistics": {"lightcurves": str(tmp_path / "points.parquet")}}
        needs["drw"] = {"fits/drw": {slot: str(tmp_path / f"fit_{slot}.parquet") for slot in SLOTS}}
        families = {
            family: {
                "output": str(tmp_path / f"{family}.parquet"),
                "artifacts": artifacts,
                "settings": {"features": BLOCKS[family]},
                "code": codes.get(family, "usual"),
            }
            for family, artifacts in needs.items()
        }
        stored.write_families(str(tmp_path / "objects.parquet"), families)
        return set(computed)

    return tmp_path, write


def test_tables_hold_what_the_families_make(part):
    folder, write = part
    assert write() == {"statistics", "drw"}
    inputs = Inputs(curves(), {"fits/drw": dict.fromkeys(SLOTS, fits(curves().object_id))})
    for family, module in MODULES.items():
        table = read_columns(folder / f"{family}.parquet")
        made = family_features(family, module, inputs, BLOCKS[family])
        assert list(table) == ["object_id", *made]
        for name, values in made.items():
            np.testing.assert_array_equal(table[name], values)
        assert number_of_groups(folder / f"{family}.parquet") == 3


def test_what_would_be_made_from_the_same_stays_and_is_newer_than_its_inputs(part):
    folder, write = part
    write()
    before = {family: (folder / f"{family}.parquet").read_bytes() for family in MODULES}
    for family in MODULES:
        os.utime(folder / f"{family}.parquet", (1e9, 1e9))
    assert write() == set()
    for family, content in before.items():
        assert (folder / f"{family}.parquet").read_bytes() == content
        assert (folder / f"{family}.parquet").stat().st_mtime >= (folder / "points.parquet").stat().st_mtime


def test_an_edit_of_a_family_makes_that_family_again(part):
    _, write = part
    write()
    assert write(drw="another") == {"drw"}
    assert write(drw="another") == set()


def test_other_inputs_make_what_reads_them_again(part):
    folder, write = part
    write()
    write_lightcurves(curves(4.0), folder / "points.parquet", folder / "other.parquet", per_group=2)
    assert write() == {"statistics"}
    write_fits(folder, 5.0)
    assert write() == {"drw"}


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:200])])
def test_a_table_that_is_lost_or_cut_short_is_made_again(part, harm):
    folder, write = part
    write()
    whole = (folder / "drw.parquet").read_bytes()
    harm(folder / "drw.parquet")
    assert write() == {"drw"}
    assert (folder / "drw.parquet").read_bytes() == whole
