"""Features of surveys of any passbands: what they cannot have is unknown, said in words; what they have agrees."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from feature_inputs import CONFIG, Artifacts, family_modules, simulated

from mallorn.families.family import Feature, Inputs, by_reason, columns, family_features, unavailable
from mallorn.hypotheses.fitted import slot_amplitudes
from mallorn.survey.passbands import LSST, NO_SLOT, SLOTS, Passbands, survey_passbands

MODULES = {name: module for name, module in family_modules().items() if name in CONFIG["features"]}
TWO = Passbands((LSST.rows[1]._replace(name="ZTF_g"), LSST.rows[2]._replace(name="ZTF_r")))
EIGHT = Passbands((("UVW1", 2684.0, 23.9, NO_SLOT), *LSST.rows, ("o", 6790.0, 23.9, 2)))
UV = Passbands((("UVW2", 2085.0, 23.9, NO_SLOT), ("UVW1", 2684.0, 23.9, NO_SLOT)))

POOLED_OVER_SLOTS = ("blackbody", "template", "redshift", "multiband", "color", "decay", "outside", "age")
"""Families that read the posterior, whose peak and fluxes at slots without points come from the process alone."""


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """{survey: {family: {column: values}}}: LSST, the same with two empty passbands, its g and r, and two in the UV."""
    base = simulated(9, seed=11)
    g_and_r = base.where(np.isin(base.band, [1, 2]))
    surveys = {
        "six": base,
        "renamed": replace(base, passbands=Passbands(tuple(row._replace(name=f"{row.name}!") for row in LSST))),
        "eight": replace(base, passbands=EIGHT, band=(base.band + 1).astype(np.int8)),
        "g and r": g_and_r,
        "two": replace(g_and_r, passbands=TWO, band=(g_and_r.band - 1).astype(np.int8)),
        "uv": replace(g_and_r, passbands=UV, band=(g_and_r.band - 1).astype(np.int8)),
    }
    folder, made = tmp_path_factory.mktemp("kernels"), {}

    def kernels():
        from mallorn.hypotheses.cache import use_kernels

        use_kernels(folder)

    for survey, lightcurves in surveys.items():
        artifacts = Artifacts(lightcurves, kernels)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made[survey] = {
                name: family_features(name, module, artifacts.inputs(module.NEEDS), CONFIG["features"][name])
                for name, module in MODULES.items()
            }
    return made


@pytest.mark.parametrize("family", MODULES)
class TestFamilies:
    def test_names_of_passbands_do_not_matter(self, family, values):
        for column, expected in values["six"][family].items():
            np.testing.assert_array_equal(values["renamed"][family][column], expected, err_msg=column)

    def test_passbands_without_points_change_nothing(self, family, values):
        for column, expected in values["six"][family].items():
            found = values["eight"][family][column]
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4, err_msg=column)

    def test_what_two_passbands_cannot_tell_is_unknown_and_nothing_else(self, family, values):
        config = CONFIG["features"][family]
        unknown = unavailable(family, MODULES[family].features(config), TWO)
        for column, found in values["two"][family].items():
            if column in unknown:
                assert np.isnan(found).all(), column
            elif np.isfinite(values["g and r"][family][column]).all():
                assert np.isfinite(found).any(), column

    def test_two_passbands_give_what_six_give_of_the_same_points(self, family, values):
        if family in POOLED_OVER_SLOTS:
            pytest.skip("fluxes of slots without points count among six slots")
        unknown = unavailable(family, MODULES[family].features(CONFIG["features"][family]), TWO)
        for column, expected in values["g and r"][family].items():
            if column not in unknown:
                found = values["two"][family][column]
                np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8, err_msg=column)

    def test_without_any_slot_there_are_the_features_of_all_passbands(self, family, values):
        known = [column for column, found in values["uv"][family].items() if np.isfinite(found).any()]
        if family in ("hypotheses", "multiband"):
            assert len(known) > 5
        if family in ("drw", "matern", "blackbody"):
            assert known == []


def test_reasons_name_the_slots_in_their_order():
    listed = [
        Feature("all", "", "", ""),
        Feature("each", "", "", "", True),
        Feature("color", "", "", "", slots=("y", "r")),
        Feature("share", "", "", "", True, ("u",)),
        Feature("fit", "", "", "", fewest=4),
    ]
    ztf = survey_passbands("ztf")
    found = unavailable("x", listed, ztf)
    assert found["x__each__u"] == "the survey has no passband in slot u"
    assert found["x__color"] == "the survey has no passband in slot y"
    assert found["x__share__g"] == "the survey has no passband in slot u"
    assert found["x__share__y"] == "the survey has no passband in slots u, y"
    assert found["x__fit"] == "it takes passbands in 4 slots, the survey has 3"
    assert set(columns("x", listed)) - set(found) == {"x__all", "x__each__g", "x__each__r", "x__each__i"}
    assert unavailable("x", listed, LSST) == {}
    reasons = by_reason(found)
    assert next(iter(reasons)) == "the survey has no passband in slot u"
    assert sum(map(len, reasons.values())) == len(found)


def test_a_family_that_does_not_keep_its_word_is_an_error():
    class Broken:
        __name__ = "broken"
        features = staticmethod(lambda config: [Feature("a", "", "", "")])
        extract = staticmethod(lambda inputs, config: {"x__b": np.zeros(1)})

    with pytest.raises(RuntimeError, match=r"disagree about \['x__a', 'x__b'\]"):
        family_features("x", Broken(), Inputs(simulated(1, seed=1)), {})


def test_amplitudes_of_passbands_that_share_a_slot_are_averaged_by_hand():
    """r: 4 +- 1 and 6 +- 2 make 4.4 +- 1 / sqrt(1.25); g has a single passband; u has none with points."""
    amplitude = np.array([[9.0, 0.0, 3.0, 4.0, 1.0, 1.0, 1.0, 6.0]])
    error = np.array([[1.0, np.inf, 0.5, 1.0, 1.0, 1.0, 1.0, 2.0]])
    found, errors = slot_amplitudes(amplitude, error, EIGHT.slot)
    np.testing.assert_allclose(found[0, : len(SLOTS) - 3], [0.0, 3.0, 4.4])
    np.testing.assert_allclose(errors[0, : len(SLOTS) - 3], [np.inf, 0.5, 1.25**-0.5])
