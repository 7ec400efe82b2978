import numpy as np
import pytest

from mallorn.simulate.physics import absolute_flux, blackbody_ratio
from mallorn.simulate.streams import stream
from mallorn.simulate.transients import (
    REFERENCE_WAVELENGTH,
    SUPERNOVAE,
    cooling,
    disruption,
    draw,
    supernova,
    transient_flux,
)

PHASE = np.arange(-80.0, 300.0, 0.25)
TYPES = ["TDE", *SUPERNOVAE]


def test_disruption_falls_with_the_five_thirds_power_of_time():
    early, late = disruption(np.array([40.0, 360.0]), 12.0, 40.0)
    # 80 and 400 days after the debris began to return: 5^(-5/3) = 0.0684
    assert late / early == pytest.approx(5.0 ** (-5.0 / 3.0))


def test_disruption_rises_as_a_gaussian():
    before, peak = disruption(np.array([-24.0, 0.0]), 12.0, 40.0)
    assert peak == 1.0
    assert before == pytest.approx(np.exp(-2.0))


def test_supernova_by_hand():
    # ten days into a plateau of twenty, then thirty days, one scale, after its end
    first, last = supernova(np.array([10.0, 50.0]), 2.0, 20.0, 0.01, 30.0)
    assert first == pytest.approx(0.9 / (1.0 + np.exp(-5.0)))
    assert last == pytest.approx(0.8 * np.exp(-1.0), rel=1e-6)


def test_photosphere_cools_to_its_floor():
    kelvin = cooling(np.array([-1e4, 8.0, 1e4]), 12_000.0, 5000.0, 8.0, 7.0)
    np.testing.assert_allclose(kelvin, [12_000.0, 8500.0, 5000.0])


@pytest.mark.parametrize("spec_type", TYPES)
def test_every_type_peaks_at_its_magnitude_at_phase_zero(spec_type):
    for number in range(20):
        p = draw(spec_type, stream(3, spec_type, number))
        flux = transient_flux(spec_type, p, PHASE, np.array([REFERENCE_WAVELENGTH]))[:, 0]
        assert abs(PHASE[np.argmax(flux)]) <= 0.25
        assert flux.max() == pytest.approx(absolute_flux(p["magnitude"]), rel=1e-3)
        assert flux.min() >= 0.0
        assert np.isfinite(flux).all()


def test_disruptions_are_hot_and_nearly_constant():
    for number in range(30):
        p = draw("TDE", stream(3, "hot", number))
        flux = transient_flux("TDE", p, np.array([0.0, 100.0]), np.array([3000.0, 6000.0]))
        hot, cold = (blackbody_ratio(3000.0, 6000.0, kelvin) for kelvin in (40_000.0, 15_000.0))
        colour = flux[:, 0] / flux[:, 1]
        assert (colour <= hot * 1.0001).all()
        assert (colour >= cold * 0.9999).all()


@pytest.mark.parametrize("spec_type", SUPERNOVAE)
def test_supernovae_redden(spec_type):
    p = draw(spec_type, stream(3, "red", 0))
    flux = transient_flux(spec_type, p, np.array([-10.0, 100.0]), np.array([4400.0, 7000.0]))
    assert flux[1, 0] / flux[1, 1] < 0.8 * flux[0, 0] / flux[0, 1]


def test_blanketing_dims_the_ultraviolet_only():
    p = draw("SN Ia", stream(3, "metal", 0)) | {"blanketing": 2.0}
    bare = p | {"blanketing": 0.0}
    wavelength = np.array([2000.0, 4000.0, 5000.0])
    ratio = transient_flux("SN Ia", p, PHASE, wavelength) / transient_flux("SN Ia", bare, PHASE, wavelength)
    np.testing.assert_allclose(ratio, np.broadcast_to([0.25, 1.0, 1.0], ratio.shape))
