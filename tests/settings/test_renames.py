"""Old keys and names are answered with the new ones."""

import pytest

from mallorn.errors import ConfigError
from mallorn.hypotheses.models import HYPOTHESES
from mallorn.settings.renames import RENAMED, RENAMED_NAMES, RENAMED_VALUES
from mallorn.settings.resolve import defaults, resolve


def stated(path, value):
    for key in reversed(path.replace("*", "lightgbm").split(".")):
        value = {key: value}
    return value


def lookup(path):
    found = defaults()
    for key in path.replace("*", "lightgbm").split("."):
        found = found[key]
    return found


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_key_is_answered_with_the_new_one_which_exists(old, new):
    lookup(new)
    with pytest.raises(KeyError):
        lookup(old)
    with pytest.raises(ConfigError) as error:
        resolve(stated(old, {}))
    lines = [line for line in str(error.value).splitlines() if line.startswith("  - ")]
    assert lines == [f"  - {old} was renamed to {new}".replace("*", "lightgbm")]


@pytest.mark.parametrize(("old", "new"), RENAMED_NAMES.items())
def test_an_old_name_of_a_model_is_answered_with_the_new_one(old, new):
    assert new in defaults()["models"]
    with pytest.raises(ConfigError, match=f"models.{old} was renamed to models.{new}"):
        resolve({"models": {old: {"enabled": False}}})
    with pytest.raises(ConfigError, match=f"ensembles.best.members: there is no '{old}'; it was renamed to '{new}'"):
        resolve({"ensembles": {"best": {"members": [old]}}})


def test_a_model_of_ones_own_may_have_an_old_name():
    assert "mlp_grouped" in resolve({"models": {"mlp_grouped": {"learner": "mlp"}}})["models"]


def test_old_values_are_answered_with_the_new_ones():
    assert RENAMED_VALUES
    for path, values in RENAMED_VALUES.items():
        for old, new in values.items():
            if path.startswith(("models.", "gp.")):
                resolve(stated(path, new))
            else:  # lists of hypotheses, which must go together
                assert new in [h.name for h in HYPOTHESES]
            for value in (old, [old], [["x", old]]):
                with pytest.raises(ConfigError, match=f"{old} was renamed to {new}"):
                    resolve(stated(path, value))


def test_old_and_new_mistakes_are_told_together():
    with pytest.raises(ConfigError) as error:
        resolve({"copies": {}, "training": {"rest": "x", "exclude": 3}, "sede": 1})
    text = str(error.value)
    for word in ("copies was renamed to augmentations", "training.rest was", "training.exclude: expected", "'sede'"):
        assert word in text
