import tracemalloc

import pytest
import yaml

from mallorn.errors import ConfigError
from mallorn.settings.messages import shown
from mallorn.settings.resolve import resolve


def test_a_value_is_shown_as_in_yaml_and_short():
    assert [shown(value) for value in (True, None, 3, "a b", [1, 2])] == ["true", "null", "3", "'a b'", "[1, 2]"]
    assert len(shown("x" * 500)) <= 80


def test_a_small_file_that_stands_for_a_huge_value_is_refused_in_little_memory():
    """Each line refers ten times to the one before it: 10^9 words in a few hundred bytes."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{k}: &a{k} [{','.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 9)]
    config = yaml.safe_load("\n".join(lines))
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError, match=r"seed: expected a whole number, found \[\[\[") as caught:
            resolve({"seed": config["a8"], "data_dir": config["a8"], "folds": {"number": config["a7"]}})
        assert len(str(caught.value)) < 2000
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
