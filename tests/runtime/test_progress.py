import logging

from mallorn.runtime import progress as module
from mallorn.runtime.progress import progress


def test_lines_come_at_intervals_and_tell_how_long_is_left(monkeypatch, caplog):
    now = iter(range(0, 100, 4))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    with caplog.at_level(logging.INFO):
        assert list(progress("abcdef", 6, "letters", every=8)) == list("abcdef")
    assert [record.getMessage() for record in caplog.records] == [
        "2 of 6 letters (33%), about 16 s left",
        "4 of 6 letters (67%), about 8 s left",
    ]
