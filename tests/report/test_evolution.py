"""Light curves and colours of classes, against numbers worked by hand."""

import numpy as np
import pytest

from mallorn.io.tables import write_table
from mallorn.plots.evolution import plot_balance, plot_class_curves, plot_colors
from mallorn.plots.style import save, style
from mallorn.report.evolution import FEWEST, color_slots, read_evolution
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.lightcurves import LightCurves, write_lightcurves
from mallorn.survey.passbands import LSST, SLOTS, survey_passbands

CONFIG = {"phases": {"start": -20.0, "stop": 40.0, "step": 20.0}, "knots": [0.0, 20.0]}
PEAK = 61000.0
CLASSES = {"a": "TDE", "b": "TDE", "c": "TDE", "d": "AGN"}
OWN = {"mine": {"w": {"wavelength": 2000}, "g": {"wavelength": 4700}, "o": {"wavelength": 6790}}}


def artifacts(folder, passbands, points, redshift=0.0, status=(0, 0, 0, 0, 0), mean=None):
    """Write five objects, a to d of `CLASSES` and e of no class; return the paths as `read_evolution` takes them.

    points: [(object, rest-frame phase, passband, flux, error)]. Peaks have a flux of 10 in r, less in others.
    mean: (S,) of the posterior at all phases, with an error of 0.1.
    """
    names, n, slots = np.array(list("abcde"), dtype=object), 5, len(SLOTS)
    rows = sorted(points, key=lambda point: ("abcde".index(point[0]), point[1], point[2]))
    owner = np.array(["abcde".index(name) for name, *_ in rows], dtype=int)
    phase, band, flux, error = (np.array([row[k] for row in rows], dtype=float) for k in (1, 2, 3, 4))
    z = np.full(n, redshift)
    lc = LightCurves(
        object_id=names,
        redshift=z,
        redshift_err=np.full(n, np.nan),
        ebv=np.zeros(n),
        luminosity_distance=luminosity_distance(z),
        start=np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]),
        mjd=PEAK + phase * (1.0 + redshift),
        band=band.astype(np.int8),
        flux=flux,
        flux_err=error,
        passbands=passbands,
    )
    paths = [folder / name for name in ("points", "objects", "posterior")]
    write_lightcurves(lc, *paths[:2])
    peak = np.array([1.0, 8.0, 10.0, 6.0, 5.0, 99.0 if passbands is not LSST else 4.0])
    whole = np.ones((n, slots, 4)) if mean is None else np.broadcast_to(np.array(mean)[:, None], (n, slots, 4))
    write_table(
        paths[2],
        {
            "object_id": names,
            "status": np.array(status, dtype=np.int8),
            "peak_mjd": np.full(n, PEAK),
            "baseline": np.zeros(n),
            "band_peak_mjd": np.full((n, slots), PEAK),
            "band_peak_mjd_err": np.ones((n, slots)),
            "band_peak_flux": np.tile(peak, (n, 1)),
            "band_chi2": np.ones((n, slots)),
            "mean": whole.astype(np.float32),
            "sd": np.full((n, slots, 4), 0.1, dtype=np.float32),
            "knot_mean": np.ones((n, 2, slots)),
            "knot_cov": np.ones((n, 2, slots, slots)),
        },
    )
    return [{"split_01": path} for path in paths]


def test_a_median_over_objects_of_binned_points(tmp_path):
    """Bins of ten days from -20 to 40: phase 3 is in the third. Fluxes are over the peak in r, which is 10."""
    points = [("a", 3.0, 2, 4.0, 0.1), ("a", 4.0, 2, 6.0, 0.1), ("b", 3.0, 2, 8.0, 0.1), ("c", 9.9, 2, 9.0, 0.1)]
    points += [("d", 3.0, 2, 1.0, 0.1), ("e", 3.0, 2, 99.0, 0.1), ("a", 45.0, 2, 7.0, 0.1)]
    found = read_evolution(*artifacts(tmp_path, LSST, points), CLASSES, CONFIG)
    np.testing.assert_allclose(found.phase, [-15, -5, 5, 15, 25, 35])
    assert found.n == {"TDE": 3, "AGN": 1}
    np.testing.assert_allclose(found.flux["TDE"][:, 2, 2], np.percentile([0.5, 0.8, 0.9], [16, 50, 84]))
    assert np.isfinite(found.flux["TDE"]).sum() == 3  # no other bin has three objects
    assert FEWEST == 3
    assert np.isnan(found.flux["AGN"]).all()


def test_points_of_a_bin_are_weighted_and_poor_ones_left_out(tmp_path):
    points = [("a", 1.0, 1, 2.0, 1.0), ("a", 2.0, 1, 8.0, 2.0), ("b", 1.0, 1, 4.0, 1.0), ("c", 1.0, 1, 5.0, 1.0)]
    points += [("a", 11.0, 1, 2.0, 1.0), ("b", 11.0, 1, 4.0, 1.0), ("c", 11.0, 1, 5.0, 3.1)]
    found = read_evolution(*artifacts(tmp_path, LSST, points), CLASSES, CONFIG)
    a = (2.0 / 1.0 + 8.0 / 4.0) / (1.0 + 0.25) / 10.0
    np.testing.assert_allclose(found.flux["TDE"][1, 1, 2], np.median([a, 0.4, 0.5]))
    assert np.isnan(found.flux["TDE"][1, 1, 3])  # the error of c is above 0.3 of the peak


def test_phases_are_in_the_rest_frame(tmp_path):
    points = [(name, 12.0, 3, 6.0, 0.1) for name in "abc"]
    paths = artifacts(tmp_path, LSST, points, redshift=1.0)
    found = read_evolution(*paths, CLASSES, CONFIG)
    assert np.flatnonzero(np.isfinite(found.flux["TDE"][1, 3])).tolist() == [3]


def test_objects_without_a_fit_do_not_count(tmp_path):
    points = [(name, 3.0, 2, 5.0, 0.1) for name in "abc"]
    found = read_evolution(*artifacts(tmp_path, LSST, points, status=(0, 1, 0, 0, 0)), CLASSES, CONFIG)
    assert found.n == {"TDE": 2, "AGN": 1}
    assert np.isnan(found.flux["TDE"]).all()


def test_colors_are_of_the_posterior_where_it_is_sure(tmp_path):
    found = read_evolution(*artifacts(tmp_path, LSST, [], mean=[1, 2, 4, 1, 1, 1]), CLASSES, CONFIG)
    assert found.pair == ("g", "r")
    np.testing.assert_allclose(found.color["TDE"], np.full((3, 4), 2.5 * np.log10(2.0)), rtol=1e-6)
    (tmp_path / "unsure").mkdir()
    found = read_evolution(*artifacts(tmp_path / "unsure", LSST, [], mean=[1, 0.29, 4, 1, 1, 1]), CLASSES, CONFIG)
    assert np.isnan(found.color["TDE"]).all()


def test_a_survey_of_other_passbands(tmp_path):
    """One without a slot, seen all the same; the peak is the highest of the slots that there are, not of y."""
    passbands = survey_passbands("mine", OWN)
    points = [(name, 3.0, band, 5.0, 0.1) for name in "abc" for band in (0, 1, 2)]
    found = read_evolution(*artifacts(tmp_path, passbands, points, mean=[1, 2, 4, 1, 1, 1]), CLASSES, CONFIG)
    np.testing.assert_allclose(found.flux["TDE"][1, :, 2], [0.5, 0.5, 0.5])
    assert found.passbands.names == ("w", "g", "o")
    assert found.pair == ("g", "r")


@pytest.mark.parametrize(
    ("described", "pair"),
    [
        ({"r": 6200, "i": 7500}, ("r", "i")),
        ({"u": 3700, "z": 8700, "r": 6200}, ("u", "r")),
        ({"r": 6200}, None),
        ({"UVW1": 2600}, None),
    ],
)
def test_the_color_is_of_slots_that_the_survey_has(described, pair):
    passbands = survey_passbands("s", {"s": {name: {"wavelength": value} for name, value in described.items()}})
    assert color_slots(passbands) == pair


def test_a_survey_without_any_slot_is_drawn_without_colors(tmp_path):
    passbands = survey_passbands("s", {"s": {"UVW1": {"wavelength": 2600}}})
    points = [(name, 3.0, 0, 49.5, 0.1) for name in "abc"]
    found = read_evolution(*artifacts(tmp_path, passbands, points), CLASSES, CONFIG)
    assert (found.pair, found.color) == (None, {})
    np.testing.assert_allclose(found.flux["TDE"][1, 0, 2], 0.5)  # of 99, the highest that is predicted


@pytest.mark.filterwarnings("error")
def test_figures_show_classes_of_any_names(tmp_path):
    odd = {"a": "$x_{$", "b": "$x_{$", "c": "$x_{$", "d": "<b>AGN</b>"}
    points = [(name, 3.0, band, 5.0, 0.1) for name in "abc" for band in (1, 2)]
    found = read_evolution(*artifacts(tmp_path, LSST, points, mean=[1, 2, 4, 1, 1, 1]), odd, CONFIG)
    with style():
        for name, figure in {
            "balance": plot_balance({"$x_{$": 3, "<b>AGN</b>": 1}, "$x_{$"),
            "curves": plot_class_curves(found, list(found.n)),
            "colors": plot_colors(found, list(found.n)),
        }.items():
            save(figure, tmp_path / name)
    curves, colors = ((tmp_path / f"{name}.svg").read_text(encoding="utf-8") for name in ("curves", "colors"))
    balance = (tmp_path / "balance.svg").read_text(encoding="utf-8")
    assert "3 objects" in curves
    assert "1 object<" in curves
    assert "$x_{$ (3)" in colors
    assert "g − r (mag), redder upwards" in colors
    assert "3 (75.0%)" in balance
    assert "all others" in balance
    assert "<b>" not in curves + colors + balance
