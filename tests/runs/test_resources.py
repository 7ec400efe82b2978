from types import SimpleNamespace

import pytest

from mallorn.runs.resources import SCHEDULER_MB, megabytes, megabytes_of, minutes


class Input(list):
    """Files of a job with names, as Snakemake hands them over."""

    def __init__(self, **named):
        super().__init__(path for paths in named.values() for path in ([paths] if isinstance(paths, str) else paths))
        self.named = named

    def get(self, name, default=None):
        return self.named.get(name, default)


@pytest.fixture
def given(tmp_path):
    """An input of 1 MB called `points` and two of 2 MB each called `more`."""
    for name, size in (("a", 1), ("b", 2), ("c", 2)):
        (tmp_path / name).write_bytes(bytes(size * 2**20))
    return Input(points=str(tmp_path / "a"), more=[str(tmp_path / "b"), str(tmp_path / "c")])


@pytest.mark.parametrize(
    ("arguments", "attempt", "expected"),
    [
        ((400,), 1, 400),
        ((400, 10), 1, 450),
        ((400, 10, ["points"]), 1, 410),
        ((400, 10, ["more"]), 1, 440),
        ((400, 10, ["points", "absent"]), 1, 410),
    ],
)
def test_memory_follows_the_size_of_the_inputs_that_count(given, arguments, attempt, expected):
    assert megabytes(*arguments)(SimpleNamespace(), given, attempt) == SCHEDULER_MB + expected


def test_each_attempt_asks_for_twice_as_much(given):
    assert megabytes(100)(None, given, 3) == 4 * (SCHEDULER_MB + 100)
    assert minutes(10, 1)(None, given, 1) == 16
    assert minutes(10, 1)(None, given, 2) == 31


def test_a_fixed_amount_looks_at_no_file():
    assert megabytes(100)(None, ["nowhere"], 1) == SCHEDULER_MB + 100
    with pytest.raises(FileNotFoundError):
        megabytes_of(["nowhere"])
