"""Light curves that were altered, in files of every format: the same answer, a flagged one, or an error in words.

Three objects of the golden light curves are written in each format. What must not matter does not: the order of rows,
rows that are there twice, rows of which no point can be made, the zero of time. What must be told is told.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from curves_written import FORMATS, Rows, read_back
from golden_model import GOLDEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mallorn
from mallorn.decide.domain import judge, read_domain
from mallorn.errors import DataError
from mallorn.plugins import names
from mallorn.survey.lightcurves import joined, read_lightcurves
from mallorn.survey.observed import observed

CHOSEN = ("aras_roch_taur", "ernil_celon_annun", "gwing_estel_perian")
"""A supernova, an AGN and a TDE among the golden light curves."""

NOTHING = {"flux": (np.nan, np.inf, -np.inf), "flux_err": (np.nan, np.inf, 0.0, -1.0), "mjd": (np.nan, np.inf, 7.5)}
"""Values of which no point can be made."""

ARRAYS = ("object_id", "redshift", "start", "mjd", "band", "flux", "flux_err")


@pytest.fixture(scope="module")
def golden():
    """The golden light curves that are altered, and the model that scores them."""
    curves = read_lightcurves(GOLDEN / "golden" / "points.parquet", GOLDEN / "golden" / "objects.parquet")
    place = {name: k for k, name in enumerate(curves.object_id)}
    return curves.take([place[name] for name in CHOSEN]), mallorn.load_model(GOLDEN)


@pytest.fixture(scope="module")
def read(golden, tmp_path_factory):
    """A function of a format and `Rows`, by default the sound ones, that returns what is read of them."""

    @cache
    def sound(name):
        return read_back(name, tmp_path_factory.mktemp(name) / "files", rows_of(golden[0], name), redshifts(golden[0]))

    def read(name, rows=None):
        if rows is None:
            return sound(name)
        return read_back(name, tmp_path_factory.mktemp(name) / "files", rows, redshifts(golden[0]))

    return read


def redshifts(curves):
    return np.where(np.isnan(curves.redshift), 0.3, curves.redshift)


def rows_of(curves, name):
    """Return the `Rows` of light curves that files of a format can hold, in an order of its own."""
    one = FORMATS[name]
    slots = np.array(list("ugrizy"))[curves.band]
    if one.bands == "co":
        slots = np.where(slots == "g", "c", np.where(slots == "r", "o", slots))
    keep = np.isin(slots, list(one.bands))
    if one.positive:
        keep &= curves.flux > 2 * curves.flux_err
    rows = Rows(curves.owner, curves.mjd, slots, curves.flux, curves.flux_err)
    return rows.take(np.flatnonzero(keep))


def assert_same(found, expected):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_every_format_is_altered():
    assert set(FORMATS) == {*names("formats"), "kaggle"}


@pytest.mark.parametrize("name", FORMATS)
def test_points_come_back_as_they_were_written(golden, read, name):
    rows, found = rows_of(golden[0], name), read(name)
    assert found.n_points.tolist() == np.bincount(rows.owner).tolist()
    order = np.lexsort((found.band, found.mjd, found.owner))
    slots = np.array(found.passbands.names)[found.band[order]]
    places = [[one[-1] for one in found.passbands.names].index(band) for band in rows.band.tolist()]
    rows = rows.take(np.lexsort((places, rows.mjd, rows.owner)))
    assert [slot[-1] for slot in slots] == rows.band.tolist()
    np.testing.assert_allclose(found.mjd[order], rows.mjd, rtol=0, atol=1e-8)
    np.testing.assert_allclose(found.flux[order], rows.flux, rtol=1e-6)
    np.testing.assert_allclose(found.flux_err[order], rows.flux_err, rtol=1e-6)
    if FORMATS[name].redshifts:
        np.testing.assert_allclose(found.redshift, redshifts(golden[0]), rtol=1e-6)


@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("name", FORMATS)
def test_order_copies_and_rows_of_no_point_change_nothing(golden, read, name, data):
    rows = rows_of(golden[0], name)
    n = len(rows.mjd)
    n_objects = len(np.unique(rows.owner))
    bad = data.draw(st.lists(st.integers(0, n - 1), max_size=6, unique=True))
    bad = sorted({0, *bad})  # the first row too, which is the alert itself where there are alerts
    left = rows.take(np.setdiff1d(np.arange(n), bad))
    if np.bincount(left.owner, minlength=n_objects).min() == 0:
        return
    altered = Rows(*(values.copy() for values in rows))
    for k in bad:
        column = data.draw(st.sampled_from(sorted(NOTHING)))
        getattr(altered, column)[k] = data.draw(st.sampled_from(NOTHING[column]))
    again = data.draw(st.lists(st.integers(0, n - 1), max_size=10))
    order = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(np.append(np.arange(n), again).astype(int))
    assert_same(read(name, altered.take(order)), read(name, left))


@pytest.mark.parametrize("name", FORMATS)
def test_scores_stay_or_say_why_not(golden, read, name):
    """Scores of what files of a format say: sound, later, and of five points; and the domain in another unit."""
    model, rows = golden[1], rows_of(golden[0], name)
    sound = read(name)
    later = read(name, rows._replace(mjd=rows.mjd + 512.0))
    larger = read(name, rows._replace(flux=1e3 * rows.flux, flux_err=1e3 * rows.flux_err))  # nJy taken for uJy
    rank = np.concatenate([np.arange(n) for n in np.bincount(rows.owner)])
    few = read(name, rows.take(np.flatnonzero(rank < 5)))
    whole = {"sound": sound, "later": later, "few": few}
    together = joined([replace(one, object_id=key + " " + one.object_id) for key, one in whole.items()])
    table = model.predict(together, tell=False)
    of = {key: table[table.index.str.startswith(f"{key} ")] for key in whole}
    said = of["sound"]["probability"].notna()
    assert said.sum() >= 2
    np.testing.assert_allclose(of["later"]["probability"], of["sound"]["probability"], atol=2e-3)
    assert of["later"]["decision"].tolist() == of["sound"]["decision"].tolist()
    assert of["later"]["domain"].tolist() == of["sound"]["domain"].tolist()
    assert set(of["few"]["domain"]) == {"cannot say"}
    assert of["few"]["probability"].isna().all()
    assert "in domain" not in set(judge(read_domain(GOLDEN / "domain.json"), observed(larger)).status)
    assert model.unlike(larger)


@pytest.mark.parametrize("name", ["kaggle", "table"])
def test_magnitudes_for_fluxes_are_told(golden, read, name):
    rows = rows_of(golden[0], name)
    rows = rows.take(np.flatnonzero(rows.flux > 2 * rows.flux_err))
    magnitude, error, _ = rows.magnitudes()
    found = read(name, rows._replace(flux=magnitude, flux_err=error))
    assert any("look like magnitudes" in sentence for sentence in golden[1].unlike(found))


def alter(curves, name, value, k=20):
    values = np.array(getattr(curves, name), copy=True)
    values[k] = value
    return replace(curves, **{name: values})


def unsorted(curves):
    order = np.arange(len(curves.mjd))
    order[[3, 4]] = [4, 3]
    return replace(curves, **{name: getattr(curves, name)[order] for name in ("mjd", "band", "flux", "flux_err")})


def twice(curves):
    columns = {name: np.repeat(getattr(curves, name), 2) for name in ("mjd", "band", "flux", "flux_err")}
    return replace(curves, start=2 * curves.start, detected=None, limit=None, **columns)


UNSOUND = {
    "a flux that is no number": (lambda c: alter(c, "flux", np.nan), "flux that is not a finite number .point 20"),
    "an infinite flux": (lambda c: alter(c, "flux", -np.inf), "flux that is not a finite number"),
    "a flux beyond what can be squared": (lambda c: alter(c, "flux", 1e200), "beyond 1e.15 uJy"),
    "an error of 0": (lambda c: alter(c, "flux_err", 0.0), "flux error that is not positive and finite"),
    "an error that is no number": (lambda c: alter(c, "flux_err", np.nan), "flux error that is not positive"),
    "a time that is no number": (lambda c: alter(c, "mjd", np.nan), "time that is not a finite number"),
    "another survey's passband": (lambda c: alter(c, "band", 6), "a passband that the survey has not"),
    "points in any order": (unsorted, "a point before the one before it.*in_order"),
    "points twice": (twice, "two points of one time and passband.*in_order"),
    "one id twice": (lambda c: alter(c, "object_id", c.object_id[0], 1), "an id that another object has"),
    "a redshift of -9": (lambda c: c.with_redshift([-9.0, 0.1, 0.1], c.redshift_err), r"the redshift -9\.0"),
    "an infinite redshift": (lambda c: alter(c, "redshift", np.inf, 0), "the redshift inf"),
    "a redshift without its distance": (lambda c: alter(c, "redshift", 0.9, 0), "the distance .* Mpc for the redshift"),
    "an error of a redshift of -1": (lambda c: alter(c, "redshift_err", -1.0, 0), r"the error -1\.0 of the redshift"),
    "no E(B-V)": (lambda c: alter(c, "ebv", np.nan, 0), r"the E\(B-V\) nan"),
    "an E(B-V) below 0": (lambda c: alter(c, "ebv", -0.1, 0), r"the E\(B-V\) -0\.1"),
    "points of no object": (lambda c: replace(c, start=c.start[:-1]), "arrays that fit each other"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_light_curves_that_a_program_spoilt_are_refused_in_words(golden, what):
    change, words = UNSOUND[what]
    spoilt = change(golden[0])
    for use in (golden[1].predict, golden[1].describe, mallorn.features):
        with pytest.raises(DataError, match=words) as error:
            use(spoilt)
        assert "Next step: " in str(error.value)


def test_a_program_can_mend_the_order_of_points(golden):
    curves = golden[0]
    mended = unsorted(curves).in_order()
    for name in ("start", "mjd", "band", "flux", "flux_err"):
        np.testing.assert_array_equal(getattr(mended, name), getattr(curves, name))


def test_a_tenth_of_the_points_less_turns_no_clear_decision(golden):
    curves, model = golden
    parts = [curves]
    for seed in range(4):
        keep = np.random.default_rng(seed).random(len(curves.mjd)) > 0.1
        parts.append(replace(curves.where(keep), object_id=curves.object_id + f" {seed}"))
    table = model.predict(joined(parts), tell=False)
    for name in CHOSEN:
        mine = table[table.index.str.startswith(name)]
        assert len(mine) == len(parts)
        assert mine["decision"].nunique() == 1
