"""Errors that are none are told in words, and those of ordinary surveys are not."""

from dataclasses import replace

import numpy as np
import pytest

import mallorn
from mallorn.interface.released import example_file
from mallorn.survey.errors_in_words import error_words


@pytest.fixture(scope="module")
def curves():
    return mallorn.read(example_file(), source="table")


def test_errors_of_a_survey_are_not_told(curves):
    assert error_words(curves) == []
    assert error_words(curves.take(np.array([0]))) == []
    assert error_words(replace(curves, flux=np.where(curves.mjd % 5 < 1, 0.0, curves.flux))) == []  # upper limits
    assert error_words(curves.take(np.array([], dtype=int))) == []


def test_errors_that_are_all_the_same_are_told_with_the_objects(curves):
    (said,) = error_words(replace(curves, flux_err=np.full_like(curves.flux_err, 0.05)))
    assert said.startswith("all errors are the same")
    assert "for 100 of 100 objects" in said
    one = np.where(curves.owner == 3, 0.1 * np.abs(curves.flux), curves.flux_err)
    (said,) = error_words(replace(curves, flux_err=one))
    assert f"for 1 of 100 objects ({curves.object_id[3]})" in said


def test_inverse_variances_are_told(curves):
    (said,) = error_words(replace(curves, flux_err=curves.flux_err**-2.0))
    assert said == "points with larger errors scatter less: are the errors inverse variances, or weights?"


def test_a_model_tells_it(curves, caplog):
    model = mallorn.load_model()
    spoilt = replace(curves, flux_err=np.full_like(curves.flux_err, 0.05)).take(np.arange(3))
    assert any("all errors are the same" in sentence for sentence in model.unlike(spoilt))
    model.predict(spoilt)
    assert "all errors are the same, or the same share of the flux, for 3 of 3 objects" in caplog.text
