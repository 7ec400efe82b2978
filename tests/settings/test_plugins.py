"""Settings of what a user's own files add."""

import pytest

from mallorn import plugins
from mallorn.errors import ConfigError
from mallorn.settings.resolve import defaults, resolve

FILES = {
    "sparkle": 'KIND = "features"\nNEEDS = ()\nfeatures = extract = lambda *_: None\nSETTINGS = '
    '{"width": 3.0, "count": 2, "bands": ["g"], "inner": {"edges": [0, 1.5]}, "name": "a"}\n',
    "forest": 'KIND = "learners"\nNEEDS = ()\nPARAMETERS = ("trees",)\n'
    "fit = predict = save = load = contributions = lambda *_: None\n",
    "bush": 'KIND = "learners"\nNEEDS = ()\nPARAMETERS = ()\nfit = predict = save = load = lambda *_: None\n',
    "nova": 'KIND = "hypotheses"\nhypothesis = lambda: None\n',
    "photometry": 'KIND = "sources"\nsplits = files = metadata_files = read_metadata = read_split = lambda *_: None\n',
    "scaled": 'KIND = "transforms"\nNEEDS = ()\nPARAMETERS = ("by",)\nfit = apply = save = load = lambda *_: None\n',
}


@pytest.fixture(autouse=True)
def used(tmp_path):
    """Plug-in files of each kind, which are used."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.py").write_text(text)
    plugins.use([tmp_path / f"{name}.py" for name in FILES])
    yield
    plugins.use([])


def test_a_family_has_the_defaults_that_it_states():
    sparkle = resolve({})["features"]["sparkle"]
    assert sparkle == {
        "enabled": True,
        "width": 3.0,
        "count": 2,
        "bands": ["g"],
        "inner": {"edges": [0, 1.5]},
        "name": "a",
    }
    families = list(resolve({})["features"])
    plugins.use([])
    assert families == [*defaults()["features"], "sparkle"]


def test_a_user_changes_a_setting_of_a_family_and_numbers_take_the_types_of_its_defaults():
    given = {"features": {"sparkle": {"width": 5, "inner": {"edges": [2, 3]}, "enabled": False}}}
    sparkle = resolve(given)["features"]["sparkle"]
    assert repr((sparkle["width"], sparkle["inner"]["edges"], sparkle["enabled"])) == "(5.0, [2.0, 3.0], False)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"features": {"sparkle": {"widht": 1}}}, "features.sparkle: unknown key 'widht' (did you mean 'width'?)"),
        ({"features": {"sparkle": {"width": "x"}}}, "features.sparkle.width: expected a number, found 'x'"),
        ({"features": {"sparkle": {"count": 2.5}}}, "features.sparkle.count: expected a whole number, found 2.5"),
        ({"features": {"sparkle": {"inner": {"edges": [True]}}}}, "features.sparkle.inner.edges.0: expected a number"),
        ({"models": {"wood": {"learner": "forest", "params": {"tree": 1}}}}, "'tree' (did you mean 'trees'?)"),
        (
            {"models": {"lightgbm": {"transforms": {"scaled": {"bye": 1}}}}},
            "models.lightgbm.transforms.scaled: unknown key 'bye' (did you mean 'by'?)",
        ),
        (
            {"models": {"green": {"learner": "bush"}}, "explanations": {"models": ["green"]}},
            "explanations.models: 'green' is a model of the learner bush, which has no SHAP values",
        ),
    ],
)
def test_what_is_wrong_in_it_is_told(given, message):
    with pytest.raises(ConfigError) as error:
        resolve(given)
    assert message in str(error.value)


def test_learners_hypotheses_sources_and_transforms_are_known_by_name():
    given = {
        "models": {"wood": {"learner": "forest", "params": {"trees": 5}, "transforms": {"scaled": {"by": 2}}}},
        "fits": {"hypotheses": {"models": [*defaults()["fits"]["hypotheses"]["models"], "nova"]}},
        "source": "photometry",
        "explanations": {"models": ["wood"]},
    }
    assert resolve(given)["models"]["wood"]["params"] == {"trees": 5}
    plugins.use([])
    with pytest.raises(ConfigError) as error:
        resolve(given)
    for word in ("no learner 'forest'", "no hypothesis 'nova'", "no source 'photometry'", "no transform 'scaled'"):
        assert word in str(error.value)
