import csv

import numpy as np
import pytest

from mallorn.simulate.lightcurves import light_curve, write_split
from mallorn.simulate.physics import dimming
from mallorn.simulate.source import epoch_step, source_flux
from mallorn.survey.dust import transmission
from mallorn.survey.passbands import LSST, SLOT_WAVELENGTHS, SLOTS


def row_of(truth, k):
    return {name: values[k] for name, values in truth.items()}


def of_type(truth, spec_type):
    return np.flatnonzero(truth["spec_type"] == spec_type)


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


@pytest.fixture(scope="module")
def lines(survey):
    """The lines of all light-curve files without their headers, as [set, split, object_id, mjd, flux, error, band]."""
    folder, _ = survey
    found = []
    for path in sorted(folder.glob("split_*/*_full_lightcurves.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            assert next(reader) == ["object_id", "Time (MJD)", "Flux", "Flux_err", "Filter"]
            found += [[path.name.split("_")[0], path.parent.name, *line] for line in reader]
    return found


@pytest.fixture(scope="module")
def curves(lines):
    """{object_id: (mjd, band, flux, error)} as the files have them, in file order."""
    found = {}
    for _, _, name, mjd, flux, error, band in lines:
        value = float(flux) if flux else np.nan
        found.setdefault(name, []).append((float(mjd), SLOTS.index(band), value, float(error)))
    return {name: np.array(points).T for name, points in found.items()}


def test_every_object_is_in_the_file_of_its_split_and_set(survey, lines):
    _, truth = survey
    written = {name: (part, split) for part, split, name, *_ in lines}
    assert written == dict(zip(truth["object_id"], zip(truth["set"], truth["split"], strict=True), strict=True))


def test_numbers_are_written_as_the_challenge_does(lines):
    for _, _, _, mjd, flux, error, band in lines[::50]:
        assert len(mjd.partition(".")[2]) <= 4
        assert flux == "" or round(float(flux), 8) == float(flux)
        assert float(error) > 0.0
        assert band in SLOTS


def test_files_repeat_the_light_curves_in_another_order(survey, config, curves):
    _, truth = survey
    for k in range(0, len(truth["object_id"]), 20):
        made = np.array(light_curve(config, LSST, 7, row_of(truth, k)))
        read = curves[truth["object_id"][k]]
        assert (np.diff(read[0]) < 0.0).any()
        order = np.lexsort((read[1], read[0]))
        np.testing.assert_array_equal(read[:, order], made[:, np.lexsort((made[1], made[0]))])


def test_same_seed_gives_the_same_bytes(survey, config, make_survey):
    folder, _ = survey
    again, _ = make_survey(config)
    assert files(again) == files(folder)


def test_a_split_can_be_written_alone_from_its_slice_of_truth(survey, config, tmp_path):
    folder, truth = survey
    member = truth["split"] == "split_02"
    n_points = write_split(
        config, LSST, 7, "split_02", {name: values[member] for name, values in truth.items()}, tmp_path
    )
    assert files(tmp_path / "split_02") == files(folder / "split_02")
    assert n_points == sum(content.count(b"\n") - 1 for content in files(tmp_path).values())


def test_a_split_without_objects_has_headers_alone(survey, config, tmp_path):
    _, truth = survey
    assert write_split(config, LSST, 7, "split_09", truth, tmp_path) == 0
    assert set(files(tmp_path).values()) == {b"object_id,Time (MJD),Flux,Flux_err,Filter\n"}
    assert len(files(tmp_path)) == 2


def test_objects_do_not_change_with_the_number_of_splits(survey, config, make_survey):
    folder, _ = survey
    other, _ = make_survey(config | {"n_splits": 2})

    def points(survey_folder):
        contents = [content.splitlines() for path, content in files(survey_folder).items() if len(path.parts) == 2]
        return sorted(line for content in contents for line in content[1:])

    assert points(other) == points(folder)


def test_times_are_whole_steps_of_a_grid_that_siblings_share(survey, curves):
    _, truth = survey
    for source in np.unique(truth["source"]):
        spans = []
        for k in np.flatnonzero(truth["source"] == source):
            mjd = np.unique(curves[truth["object_id"][k]][0])
            step = epoch_step(row_of(truth, k))
            epoch = (mjd - truth["start_mjd"][k]) / step
            assert np.abs(epoch - np.rint(epoch)).max() * step < 1e-4
            assert epoch.min() > -0.5
            assert epoch.max() < 999.5
            assert np.gcd.reduce(np.diff(np.rint(epoch).astype(int))) == 1  # so that the times show the step
            # the step as measured from the time stamps alone
            measured = (mjd[-1] - mjd[0]) / np.rint(epoch[-1] - epoch[0])
            spans.append(999.0 * measured / (1.0 + truth["redshift"][k]))
        assert np.ptp(spans) < 1e-3


def test_bands_share_times_but_none_has_two_points_at_one(curves):
    shared = 0
    for mjd, band, _, _ in curves.values():
        assert len(set(zip(mjd, band, strict=True))) == len(mjd)
        shared += len(mjd) - len(set(mjd))
    assert shared > 0.2 * sum(len(points[0]) for points in curves.values())


def test_scatter_is_as_the_errors_say(survey, curves):
    _, truth = survey
    pulls = []
    for k, name in enumerate(truth["object_id"]):
        row, (mjd, band, flux, error) = row_of(truth, k), curves[name]
        z = row["redshift"]
        model = source_flux(7, row, SLOT_WAVELENGTHS / (1.0 + z)) * dimming(z, row["luminosity_distance"])
        model *= transmission(row["ebv"], LSST.extinction)
        epoch = np.rint((mjd - row["start_mjd"]) / epoch_step(row)).astype(int)
        pulls.append((flux - model[epoch, band.astype(int)]) / error)
    pulls = np.concatenate(pulls)
    pulls = pulls[np.isfinite(pulls)]
    # fields were drawn until one saw the object, which favours high fluxes a little
    assert pulls.mean() == pytest.approx(0.0, abs=0.03)
    assert pulls.std() == pytest.approx(1.0, abs=0.02)


def test_statistics_resemble_the_real_survey(curves, config):
    flux = np.concatenate([points[2] for points in curves.values()])
    band = np.concatenate([points[1] for points in curves.values()])
    assert 0.3 < (flux < 0.0).mean() < 0.45
    missing = np.isnan(flux)
    assert abs(missing.mean() - config["missing_fraction"]) < 4.0 * np.sqrt(config["missing_fraction"] / len(flux))
    per_band = np.bincount(band.astype(int)) / len(curves)
    np.testing.assert_allclose(per_band, [14.0, 16.0, 37.0, 37.0, 33.0, 24.0], rtol=0.3)
    counts = np.array([len(points[0]) for points in curves.values()])
    assert counts.min() >= 10
    assert 130 < counts.mean() < 220
    assert counts.max() > 400


def test_nearly_all_objects_are_detected(curves, config):
    detections = np.array([np.count_nonzero(flux > 5.0 * error) for _, _, flux, error in curves.values()])
    assert np.mean(detections >= config["min_detections"] - 1) > 0.9


@pytest.mark.parametrize("spec_type", ["TDE", "SN II"])
def test_siblings_are_the_same_event_dilated_and_dimmed(survey, spec_type):
    _, truth = survey
    first, second = of_type(truth, spec_type)[:2]
    one, two = row_of(truth, first), row_of(truth, second)
    assert one["source"] == two["source"]
    wavelength = np.array([3000.0, 5000.0])
    np.testing.assert_array_equal(source_flux(7, one, wavelength), source_flux(7, two, wavelength))
    ratio = epoch_step(one) / epoch_step(two)
    assert ratio == pytest.approx((1.0 + one["redshift"]) / (1.0 + two["redshift"]))


def test_observed_decay_is_dilated_by_the_redshift(survey):
    _, truth = survey
    k = of_type(truth, "TDE")[0]
    row = row_of(truth, k)
    flux = source_flux(7, row | {"heating": 0.0}, np.array([4400.0]))[:, 0]
    mjd = row["start_mjd"] + np.arange(len(flux)) * epoch_step(row)
    after = np.flatnonzero(mjd > row["peak_mjd"])
    since = (mjd[after] - row["peak_mjd"]) / ((1.0 + row["redshift"]) * row["decay"])
    slope = np.diff(np.log(flux[after]))[10:60] / np.diff(np.log1p(since))[10:60]
    np.testing.assert_allclose(slope, -5.0 / 3.0, rtol=1e-6)


def test_dust_takes_its_share(survey, config):
    _, truth = survey
    k = of_type(truth, "SN Ia")[0]
    row = row_of(truth, k) | {"luminosity_distance": 1.0}  # so bright that noise does not matter
    clear, dusty = (light_curve(config, LSST, 7, row | {"ebv": ebv}) for ebv in (0.0, 0.3))
    np.testing.assert_array_equal(clear[0], dusty[0])
    bright = clear[2] > 1000.0 * clear[3]
    assert bright.any()
    expected = transmission(0.3, LSST.extinction)[clear[1][bright]]
    np.testing.assert_allclose(dusty[2][bright] / clear[2][bright], expected, rtol=5e-3)
