"""Settings of what a user's own files add."""

import pytest

from mallorn.errors import ConfigError
from mallorn.settings.resolve import defaults, resolve

PLUGINS = {
    "features": {"sparkle": {"width": 3.0, "count": 2, "bands": ["g"], "inner": {"edges": [0, 1.5]}, "name": "a"}},
    "learners": {"forest": ("trees",)},
    "hypotheses": ["nova"],
    "sources": ["photometry"],
    "transforms": ["scaled"],
}


def test_a_family_has_the_defaults_that_it_states():
    sparkle = resolve({}, PLUGINS)["features"]["sparkle"]
    assert sparkle == {
        "enabled": True,
        "width": 3.0,
        "count": 2,
        "bands": ["g"],
        "inner": {"edges": [0, 1.5]},
        "name": "a",
    }
    assert list(resolve({}, PLUGINS)["features"]) == [*defaults()["features"], "sparkle"]


def test_a_user_changes_a_setting_of_a_family_and_numbers_take_the_types_of_its_defaults():
    given = {"features": {"sparkle": {"width": 5, "inner": {"edges": [2, 3]}, "enabled": False}}}
    sparkle = resolve(given, PLUGINS)["features"]["sparkle"]
    assert repr((sparkle["width"], sparkle["inner"]["edges"], sparkle["enabled"])) == "(5.0, [2.0, 3.0], False)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"features": {"sparkle": {"widht": 1}}}, "features.sparkle: unknown key 'widht' (did you mean 'width'?)"),
        ({"features": {"sparkle": {"width": "x"}}}, "features.sparkle.width: expected a number, found 'x'"),
        ({"features": {"sparkle": {"count": 2.5}}}, "features.sparkle.count: expected a whole number, found 2.5"),
        ({"features": {"sparkle": {"inner": {"edges": [True]}}}}, "features.sparkle.inner.edges.0: expected a number"),
        ({"models": {"wood": {"learner": "forest", "params": {"tree": 1}}}}, "'tree' (did you mean 'trees'?)"),
    ],
)
def test_what_is_wrong_in_it_is_told(given, message):
    with pytest.raises(ConfigError) as error:
        resolve(given, PLUGINS)
    assert message in str(error.value)


def test_learners_hypotheses_sources_and_transforms_are_known_by_name():
    given = {
        "models": {"wood": {"learner": "forest", "params": {"trees": 5}, "transforms": {"scaled": {"by": 2}}}},
        "fits": {"hypotheses": {"models": [*defaults()["fits"]["hypotheses"]["models"], "nova"]}},
        "source": "photometry",
        "explanations": {"models": ["wood"]},
    }
    assert resolve(given, PLUGINS)["models"]["wood"]["params"] == {"trees": 5}
    with pytest.raises(ConfigError) as error:
        resolve(given)
    for word in ("no learner 'forest'", "no hypothesis 'nova'", "no source 'photometry'", "no transform 'scaled'"):
        assert word in str(error.value)


def test_a_family_must_not_take_a_name_that_there_is():
    with pytest.raises(ConfigError, match="there is a feature family 'color' already"):
        resolve({}, {"features": {"color": {}}})


def test_the_defaults_without_plugins_stay_as_they_are():
    resolve({}, PLUGINS)
    assert "sparkle" not in defaults()["features"]
