import pytest

from mallorn.runtime.guards import shortages

GB = 1e9
MALLORN = [4.4e6] * 20


def test_nothing_is_said_where_all_suffices():
    assert shortages(MALLORN, 4, free_disk=2 * GB, free_memory=4 * GB) == []
    assert shortages([], 64, free_disk=0, free_memory=0) == []
    assert shortages(MALLORN, 64, free_disk=None, free_memory=None) == []


def test_a_large_split_takes_no_more_memory_than_a_group_of_its_objects():
    assert shortages([400e6], 4, free_disk=None, free_memory=2.1 * GB) == []


@pytest.mark.parametrize(
    ("cores", "disk", "memory", "words"),
    [
        # 88 MB of CSV: 0.7 GB of results; 381 MB a job of one split; 1.0 GB for the joined tables
        (1, 0.5 * GB, 4 * GB, ["about 0.7 GB of results", "0.5 GB are free", "--directory"]),
        (16, 9 * GB, 4 * GB, ["16 jobs at a time may need 6.1 GB", "4.0 GB are free", "--cores 10", "mem_mb=4000"]),
        (1, 9 * GB, 0.9 * GB, ["training on all objects may need 1.0 GB", "0.9 GB are free"]),
    ],
)
def test_a_shortage_is_told_with_both_sizes_and_the_next_step(cores, disk, memory, words):
    (warning,) = shortages(MALLORN, cores, disk, memory)
    assert [word for word in words if word not in warning] == []


def test_all_shortages_are_told():
    assert len(shortages(MALLORN, 16, 0, 0)) == 3
