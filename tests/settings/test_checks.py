from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from mallorn.errors import ConfigError
from mallorn.settings.checks import check_config, check_models, in_order

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())


def objects(schema, path=""):
    """Yield (path, schema) of every object with named properties in `schema`."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield path, schema
        for key, value in schema.items():
            yield from objects(value, f"{path}.{key}")


def test_the_shipped_configuration_is_valid():
    Draft202012Validator.check_schema(SCHEMA)
    check_config(CONFIG, SCHEMA)


def test_schema_refuses_unknown_keys_and_describes_and_requires_all_known_ones():
    for path, schema in objects(SCHEMA):
        assert schema.get("additionalProperties") is False, f"{path}: additionalProperties must be false"
        optional = {"transforms"}
        assert set(schema["required"]) == set(schema["properties"]) - optional, f"{path}: every key must be required"
        for key, value in schema["properties"].items():
            assert "description" in value or "$ref" in value, f"{path}.{key}: description is missing"


def leaves(config, path=()):
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


@pytest.mark.parametrize("path", list(leaves(CONFIG)), ids=".".join)
def test_every_key_is_checked(path):
    """A value of an absurd type is refused wherever it stands, and the message names the key."""
    config = deepcopy(CONFIG)
    block = config
    for key in path[:-1]:
        block = block[key]
    block[path[-1]] = {"absurd": object}
    with pytest.raises(ConfigError, match=path[-1]):
        check_config(config, SCHEMA)


def test_a_misspelt_key_is_named_with_the_right_spelling():
    with pytest.raises(ConfigError, match="'data_dirr' \\(did you mean 'data_dir'\\?\\)"):
        check_config({**CONFIG, "data_dirr": "x"}, SCHEMA)


def test_all_mistakes_are_told_at_once():
    config = {**CONFIG, "seed": -1, "wrong": 1}
    del config["folds"]
    with pytest.raises(ConfigError) as error:
        check_config(config, SCHEMA)
    assert all(word in str(error.value) for word in ("seed", "'wrong'", "missing key 'folds'"))


@pytest.mark.parametrize(
    ("block", "key", "value", "message"),
    [
        ("redshift", "min", 20.0, "ingest.redshift: min 20.0 is not below max 20.0"),
        ("redshift", "max", float("nan"), "ingest.redshift.max: nan is not a finite number"),
    ],
)
def test_numbers_that_no_schema_refuses(block, key, value, message):
    config = deepcopy(CONFIG)
    config["ingest"][block][key] = value
    with pytest.raises(ConfigError, match=message):
        check_config(config, SCHEMA)


def test_every_mistake_is_told_once():
    with pytest.raises(ConfigError) as error:
        check_config({**CONFIG, "models": {"empty": {}}}, SCHEMA)
    assert str(error.value).count("missing key 'enabled'") == 1


def test_order_is_that_of_the_template_at_every_depth():
    config = {"z": 1, "b": {"y": [2, 1], "x": 0}, "new": {"q": 1, "p": 2}, "a": 3}
    ordered = in_order(config, {"a": 0, "b": {"x": 0, "y": 0}, "absent": 0})
    assert repr(ordered) == "{'a': 3, 'b': {'x': 0, 'y': [2, 1]}, 'new': {'p': 2, 'q': 1}, 'z': 1}"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("submission.model", "lightgmb", "submission.model: there is no 'lightgmb' .did you mean 'lightgbm'"),
        ("ensembles.mean.members", ["lightgbm", "none"], "ensembles.mean.members: there is no 'none'"),
        ("models.lightgbm.enabled", False, "ensembles.weighted.members: 'lightgbm' is not enabled"),
        ("ablation.model", "mean", "ablation.model: there is no 'mean'"),
        ("ensembles.lightgbm", {**CONFIG["ensembles"]["mean"]}, "ensembles.lightgbm: a model has this name too"),
    ],
)
def test_models_that_are_named_must_be_there(path, value, message):
    config = deepcopy(CONFIG)
    *keys, last = path.split(".")
    block = config
    for key in keys:
        block = block[key]
    block[last] = value
    with pytest.raises(ConfigError, match=message):
        check_models(config)
    check_models(CONFIG)
