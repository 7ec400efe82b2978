import csv
import logging
import os
from pathlib import Path

import numpy as np
import pytest

from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults
from mallorn.simulate.lightcurves import light_curve
from mallorn.simulate.logs import write_logs
from mallorn.survey.events import grid_step, grid_steps, parent_events, redshift_rounding, rest_spans
from mallorn.survey.lightcurves import LightCurves
from mallorn.survey.passbands import LSST

EPOCHS, ROUNDING = 1000, 1e-4


def sampled(step, numbers, start=61234.5678):
    return np.round(start + step * np.asarray(numbers), 4)


def lightcurves(times):
    n, mjd = len(times), np.concatenate(times)
    points = {name: np.ones(len(mjd)) for name in ("flux", "flux_err")}
    objects = {name: np.full(n, 0.1) for name in ("redshift", "redshift_err", "ebv", "luminosity_distance")}
    start = np.concatenate([[0], np.cumsum([len(t) for t in times])])
    ids = np.array([f"object_{k}" for k in range(n)], dtype=object)
    return LightCurves(
        object_id=ids, start=start, mjd=mjd, band=np.zeros(len(mjd), np.int8), **points, **objects, passbands=LSST
    )


@pytest.mark.parametrize("step", [0.4231, 2.52787, 9.99999])
@pytest.mark.parametrize("count", [5, 12, 60])
def test_step_of_a_grid_is_found_from_rounded_times(step, count):
    rng = np.random.default_rng(count)
    numbers = np.sort(rng.choice(EPOCHS, count, replace=False))
    numbers[1] = numbers[0] + 3  # two gaps without a common factor
    numbers[2] = numbers[1] + 4
    numbers = np.unique(numbers)
    mjd = rng.permutation(np.repeat(sampled(step, numbers), 2))
    assert grid_step(mjd, EPOCHS, ROUNDING) == pytest.approx(step, abs=1e-4 / np.ptp(numbers) * 2)


def test_no_difference_need_be_a_single_step():
    numbers = np.cumsum([0, 6, 10, 15, 6, 10, 15])
    assert grid_step(sampled(1.7, numbers), EPOCHS, ROUNDING) == pytest.approx(1.7, abs=1e-5)


def test_times_off_any_grid_have_no_step():
    rng = np.random.default_rng(5)
    draws = [np.sort(np.round(rng.uniform(60000, 62500, rng.integers(5, 40)), 4)) for _ in range(300)]
    assert np.isnan([grid_step(mjd, EPOCHS, ROUNDING) for mjd in draws]).all()


def test_a_longer_span_than_the_grid_has_no_step():
    numbers = np.array([0, 1, 3, 700, 1000])
    assert np.isnan(grid_step(sampled(2.0, numbers), EPOCHS, ROUNDING))
    assert grid_step(sampled(2.0, numbers), EPOCHS + 1, ROUNDING) == pytest.approx(2.0)


@pytest.mark.parametrize("mjd", [[], [60000.0], [60000.0, 60001.0, 60003.0, 60003.0]])
def test_too_few_distinct_times_have_no_step(mjd):
    assert np.isnan(grid_step(np.array(mjd), EPOCHS, ROUNDING))


def test_one_time_off_the_grid_is_seen():
    mjd = sampled(2.0, [0, 1, 5, 60, 300, 800])
    assert grid_step(mjd, EPOCHS, ROUNDING) == pytest.approx(2.0)
    mjd[3] += 0.01
    assert np.isnan(grid_step(mjd, EPOCHS, ROUNDING))


def test_redshift_rounding_reads_the_digits_of_each_decade():
    z = np.array([0.4324, 0.75, 0.1201, 1.197, 2.2, 1.238, 0.09786, 0.0772, 0.04512])
    expected = [5e-5] * 3 + [5e-4] * 3 + [5e-6] * 3
    np.testing.assert_allclose(redshift_rounding(z), expected)


def test_span_is_that_of_the_source_and_its_bounds_hold():
    rng = np.random.default_rng(2)
    source_span, z = 1650.0, rng.uniform(0.1, 0.99, 200)
    step = source_span * (1 + z) / (EPOCHS - 1)
    span, half = rest_spans(step, 800 * step, np.round(z, 4), EPOCHS, ROUNDING)
    assert np.all(np.abs(span - source_span) <= half)
    assert half.max() < 0.2


def test_copies_are_joined_and_types_kept_apart():
    ids = ["d", "c", "b", "a", "e", "f"]
    types = ["TDE", "TDE", "AGN", "TDE", "TDE", "TDE"]
    span = np.array([1000.0, 1000.15, 1000.0, 1000.3, 1200.0, np.nan])
    event = parent_events(ids, types, span, np.full(6, 0.1))
    assert event.tolist() == ["a", "a", "b", "a", "e", "f"]


def test_a_wide_interval_bridges_narrow_ones_beyond_its_neighbour():
    span, half = np.array([1000.0, 999.0, 1004.0]), np.array([5.0, 0.1, 0.1])
    assert len(set(parent_events(["a", "b", "c"], ["AGN"] * 3, span, half))) == 1


def test_survey_without_a_grid_has_one_source_per_object_and_says_so(caplog):
    rng = np.random.default_rng(3)
    lc = lightcurves([np.round(np.sort(rng.uniform(60000, 61000, 20)), 4) for _ in range(5)])
    spans = rest_spans(*grid_steps(lc, EPOCHS, ROUNDING), lc.redshift, EPOCHS, ROUNDING)
    with caplog.at_level(logging.WARNING):
        event = parent_events(lc.object_id, ["AGN"] * 5, *spans)
    assert event.tolist() == lc.object_id.tolist()
    assert "no object" in caplog.text


def test_objects_without_points_have_no_step():
    lc = lightcurves([np.array([]), sampled(2.0, [0, 1, 5, 60, 300, 800])])
    step, duration = grid_steps(lc, EPOCHS, ROUNDING)
    assert np.isnan(step[0])
    assert np.isnan(duration[0])
    assert step[1] == pytest.approx(2.0)
    assert duration[1] == pytest.approx(1600.0)


def test_sources_of_a_simulated_survey_are_the_true_ones(tmp_path):
    config = defaults()["simulation"]
    few = {"AGN": 25, "SN Ia": 12, "SN II": 5, "TDE": 8}
    write_logs(config | {"sources": dict.fromkeys(config["sources"], 0) | few}, LSST, 11, tmp_path)
    truth = read_columns(tmp_path / "truth.parquet")
    train = np.flatnonzero(truth["set"] == "train")
    truth = {name: values[train] for name, values in truth.items()}
    times = []
    for k in range(len(train)):
        row = {name: values[k] for name, values in truth.items()}
        times.append(np.round(np.sort(light_curve(config, LSST, 11, row)[0]), 4))
    lc = lightcurves(times)
    spans = rest_spans(*grid_steps(lc, EPOCHS, ROUNDING), truth["log_redshift"], EPOCHS, ROUNDING)
    found = parent_events(truth["object_id"], truth["spec_type"], *spans)
    assert len(set(truth["source"].tolist())) == 50
    assert len(set(found)) == 50
    assert len(set(zip(truth["source"].tolist(), found, strict=True))) == 50
    np.testing.assert_allclose(spans[0], truth["rest_span"], atol=spans[1].max())


@pytest.mark.skipif("MALLORN_DATA" not in os.environ, reason="needs the real survey: MALLORN_DATA is not set")
def test_every_real_object_lies_on_a_grid():
    times = {}
    path = Path(os.environ["MALLORN_DATA"]) / "split_01" / "train_full_lightcurves.csv"
    with open(path, newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            times.setdefault(row["object_id"], []).append(float(row["Time (MJD)"]))
    steps = np.array([grid_step(np.array(mjd), EPOCHS, ROUNDING) for mjd in times.values()])
    assert len(steps) > 50
    assert np.all((steps > 0.5) & (steps < 10))
