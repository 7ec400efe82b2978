"""The configuration in force: defaults, what a user states over them, and the form it comes out in."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from mallorn.errors import ConfigError
from mallorn.settings.resolve import defaults, resolve
from mallorn.settings.shipped import REFERENCES

ROOT = Path(__file__).parents[2]


def leaves(config, path=()):
    """Yield the path of every value that is no block, and of every empty block."""
    for key, value in config.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def stated(path, value):
    """Return the configuration of a user who states one value."""
    for key in reversed(path):
        value = {key: value}
    return value


def reverse(block):
    return {key: reverse(block[key]) for key in reversed(block)} if isinstance(block, dict) else block


def test_the_shipped_file_states_the_defaults_and_nothing_else():
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    assert repr(resolve(shipped)) == repr(defaults())


def test_every_key_of_the_shipped_file_has_a_comment_and_the_file_is_short():
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 110
    first = [line for line in lines if line and not line.startswith((" ", "#", "gp:", "training:", "report:"))]
    assert [line for line in first if "#" not in line] == []


def test_what_a_user_states_in_full_comes_out_as_it_is():
    """The whole resolved configuration, given again in any order, is the same text: Snakemake compares texts."""
    whole = defaults()
    assert repr(resolve(whole)) == repr(whole)
    assert repr(resolve(reverse(whole))) == repr(whole)


def test_defaults_are_of_ones_own():
    one = defaults()
    one["features"]["shape"]["levels"].append(5)
    one["models"]["lightgbm"]["params"]["num_leaves"] = 1
    assert 5 not in defaults()["features"]["shape"]["levels"]
    assert defaults()["models"]["lightgbm"]["params"]["num_leaves"] == 12


def test_whole_and_decimal_numbers_that_are_equal_are_the_same_text():
    """Every number of the defaults, written the other way, is no change."""

    def otherwise(value):
        if isinstance(value, dict):
            return {key: otherwise(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [otherwise(inner) for inner in value]
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return float(value) if type(value) is int else value

    whole = defaults()
    assert repr(otherwise(whole)) != repr(whole)
    assert repr(resolve(otherwise(whole))) == repr(whole)


@pytest.mark.parametrize("path", list(leaves(defaults())), ids=".".join)
def test_every_key_is_checked(path):
    """A value of an absurd type is refused wherever it stands, and the message names the key."""
    with pytest.raises(ConfigError, match=path[-1].replace("[", r"\[")):
        resolve(stated(path, {"absurd": object}))


def test_all_mistakes_are_told_at_once_and_each_once():
    with pytest.raises(ConfigError) as error:
        resolve({"seed": -1, "wrong": 1, "folds": {"numbr": 3, "repeats": "x"}, "models": {"empty": {}}})
    text = str(error.value)
    assert all(word in text for word in ("seed", "'wrong'", "'numbr' (did you mean 'number'?)", "folds.repeats"))
    assert text.count("missing key 'learner'") == 1
    assert text.splitlines()[-1].startswith("Next step: ")


def test_values_that_are_not_allowed_hide_no_broken_rule():
    """Rules are checked on what remains, and nothing is told that is wrong only since something was left out."""
    given = {
        "seed": "x",
        "models": {"new": {}},
        "ensembles": {"best": {"members": ["new"]}},
        "ablation": {"model": "y"},
    }
    with pytest.raises(ConfigError) as error:
        resolve(given)
    lines = [line for line in str(error.value).splitlines() if line.startswith("  - ")]
    assert [line.partition(":")[0] for line in lines] == ["  - seed", "  - models.new", "  - ablation.model"]


def test_a_block_changes_one_number_of_a_shipped_model():
    resolved, expected = resolve({"models": {"lightgbm": {"params": {"num_leaves": 8}}}}), defaults()
    expected["models"]["lightgbm"]["params"]["num_leaves"] = 8
    assert repr(resolved) == repr(expected)


def test_null_takes_a_shipped_parameter_or_transform_away():
    block = {"params": {"extra_trees": None}, "transforms": {"linear_start": None}}
    found = resolve({"models": {"lightgbm": block}})["models"]["lightgbm"]
    assert "extra_trees" not in found["params"]
    assert found["params"]["num_leaves"] == 12
    assert found["transforms"] == {}


def test_another_learner_keeps_no_parameter_of_the_shipped_one():
    found = resolve({"models": {"lightgbm": {"learner": "logistic", "params": {"C": 0.5}}}})["models"]["lightgbm"]
    assert (found["params"], found["transforms"], found["classes"]) == ({"C": 0.5}, {}, "binary")


def test_another_method_keeps_no_setting_of_the_shipped_one():
    found = resolve({"ensembles": {"weighted": {"method": "mean"}}})["ensembles"]["weighted"]
    assert set(found) == {"enabled", "members", "method"}


@pytest.mark.parametrize(("method", "own"), [("mean", set()), ("weighted", {"step"}), ("stacked", {"C"})])
def test_an_ensemble_has_the_settings_of_its_method_alone(method, own):
    found = resolve({"ensembles": {"mine": {"method": method, "members": ["lightgbm_multiclass"]}}})["ensembles"][
        "mine"
    ]
    assert set(found) == {"enabled", "members", "method"} | own


def test_a_model_of_ones_own_stands_after_the_shipped_ones():
    models = resolve({"models": {"b": {"learner": "mlp"}, "a": {"learner": "mlp"}}})["models"]
    assert list(models) == [*defaults()["models"], "a", "b"]
    assert models["a"]["seeds"] == 1


def test_classes_of_ones_own_replace_the_shipped_ones():
    classes = {"SN Ia": ["SN Ia"], "nuclear": ["AGN"]}
    assert resolve({"training": {"classes": classes}})["training"]["classes"] == classes
    wanted = {"SLSN": "SLSN-I", "TDE": "TDE"}
    assert resolve({"alerce": {"classes": wanted}})["alerce"]["classes"] == wanted
    assert resolve({"alerce": {"classes": {}}})["alerce"]["classes"] == {}


def test_a_model_can_be_dropped_with_what_names_it():
    others = ["lightgbm_multiclass"]
    ensembles = {name: {"members": others} for name in defaults()["ensembles"]}
    given = {"models": {"catboost_multiclass": {"enabled": False}}, "ensembles": ensembles}
    resolved = resolve({**given, "explanations": {"models": others}})
    assert not resolved["models"]["catboost_multiclass"]["enabled"]


def test_the_models_to_compare_with_are_one_file_away():
    found = resolve(yaml.safe_load((ROOT / "config" / "references.yaml").read_text()))
    assert all(found["models"][name]["enabled"] for name in REFERENCES)
    assert set(REFERENCES) < set(found["ensembles"]["stacked"]["members"])
    assert not any(defaults()["models"][name]["enabled"] for name in REFERENCES)


def test_passbands_of_ones_own_come_from_blue_to_red():
    own = {"wide": {"r": {"wavelength": 6400, "zero_point": 25}, "b": {"wavelength": 4800, "slot": "none"}}}
    given = {"surveys": own, "simulation": {"survey": "wide", "depth": {"b": 20.8, "r": 20.6}}}
    resolved = resolve(given, surveys={"lsst": list("ugrizy")})
    assert list(resolved["surveys"]["wide"]) == ["b", "r"]
    assert resolved["surveys"]["wide"]["b"] == {"wavelength": 4800.0, "zero_point": 23.9, "slot": "none"}
    assert resolved["surveys"]["wide"]["r"] == {"wavelength": 6400.0, "zero_point": 25.0, "slot": None}


def test_a_shipped_survey_is_simulated_without_stated_depths():
    surveys = {"lsst": list("ugrizy"), "ztf": list("gri")}
    assert resolve({"simulation": {"survey": "ztf"}}, surveys=surveys)["simulation"]["depth"] == {}
    stated = resolve({"simulation": {"survey": "ztf", "depth": {"i": 20.1}}}, surveys=surveys)
    assert stated["simulation"]["depth"] == {"i": 20.1}


def test_transforms_keep_their_order():
    for order in (["normal_scores", "linear_start"], ["linear_start", "normal_scores"]):
        given = {"models": {"mine": {"learner": "mlp", "transforms": {name: {} for name in order}}}}
        assert list(resolve(given)["models"]["mine"]["transforms"]) == order


def test_tests_of_the_workflow_state_parts():
    for name in ("workflow/tiny.yaml", "slurm/small.yaml"):
        given = yaml.safe_load((ROOT / "tests" / name).read_text(encoding="utf-8"))
        before = deepcopy(given)
        resolve(given)
        assert given == before
