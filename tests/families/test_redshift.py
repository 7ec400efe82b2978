from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from feature_inputs import CONFIG, pack

from mallorn.errors import ConfigError
from mallorn.families import redshift
from mallorn.families.family import Inputs
from mallorn.survey.passbands import SLOT_WAVELENGTHS

SETTINGS = CONFIG["features"]["redshift"] | {"wavelengths": [2000, 3077.5], "phases": [20], "bands": ["r"]}


def extract(flux=1.0, z=1.0, settings=SETTINGS):
    """Return the features of an object at 1000 Mpc with the same flux in all bands at all phases."""
    posterior = SimpleNamespace(
        band_peak_flux=np.full((1, 6), flux), knot_mean=np.full((1, 3, 6), flux), knots=np.array([-20.0, 0.0, 20.0])
    )
    objects = replace(pack([([], [], [], [])], redshift=z), luminosity_distance=np.array([1000.0]))
    found = redshift.extract(Inputs(objects, {"posterior": posterior}), settings)
    return {name.removeprefix("redshift__"): value[0] for name, value in found.items()}


def test_one_microjansky_at_a_gigaparsec_by_hand():
    """23.9 mag less a distance modulus of 40 plus 2.5 log10 2; 4 pi (3.0857e27 cm)^2 4.8707e14 Hz 1e-29 = 5.828e41."""
    found = extract()
    assert found["absolute_magnitude__r"] == pytest.approx(23.9 - 40 + 0.752575, abs=1e-6)
    assert found["brightest"] == found["absolute_magnitude__u"]
    assert found["log10_peak_luminosity__r"] == pytest.approx(np.log10(5.828e41), abs=1e-4)
    assert found["log10_luminosity_at_p20"] == pytest.approx(np.log10(5.828e41), abs=1e-4)


def test_rest_frame_wavelengths_lie_between_the_bands():
    """At redshift 1, 3077.5 angstrom are seen at r's 6155; 2000 at 4000, between u and g in log wavelength."""
    found = extract()
    assert found["log10_luminosity_3077.5"] == pytest.approx(found["log10_peak_luminosity__r"], abs=1e-9)
    share = np.log(4000 / SLOT_WAVELENGTHS[0]) / np.log(SLOT_WAVELENGTHS[1] / SLOT_WAVELENGTHS[0])
    u, g = 10 ** found["log10_peak_luminosity__u"], 10 ** found["log10_peak_luminosity__g"]
    assert found["log10_luminosity_2000"] == pytest.approx(np.log10(u + share * (g - u)), abs=1e-9)
    assert np.isnan(extract(z=0.1)["log10_luminosity_2000"])


def test_negative_flux_and_negative_redshift_are_handled():
    assert np.isnan(extract(flux=-1.0)["absolute_magnitude__r"])
    assert np.isnan(extract(flux=-1.0)["brightest"])
    assert extract(z=-0.02)["redshift"] == 0.005


def test_phases_must_be_knots():
    with pytest.raises(ConfigError, match=r"features\.redshift\.phases"):
        extract(settings=SETTINGS | {"phases": [33]})
