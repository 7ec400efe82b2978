"""Whatever is done to a survey's files: either the counts add up, or an error says what is wrong and what to do."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from surveys import ingest, read_split, sound_survey, write_survey

from mallorn.errors import DataError
from mallorn.io.tables import read_columns
from mallorn.survey.passbands import SLOTS

FILES = sorted(sound_survey())
BYTES = st.sampled_from(
    [b"\n", b"\r", b",", b'"', b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"1e400", b"nan", b"-", b" ", b"#"]
)
CELLS = st.text(max_size=12) | st.floats().map(repr) | st.sampled_from(["", "u", "a", "x", "split_01", "0", "1", "TDE"])


@st.composite
def damages(draw, content):
    """Return `content` with bytes put over others, rows moved, repeated or left out, or cells of any text."""
    content = content.encode()
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["bytes", "rows", "cell", "cut"]))
        lines = content.splitlines(keepends=True)
        if kind == "bytes":
            begin = draw(st.integers(0, len(content)))
            end = begin + draw(st.integers(0, 5))
            content = content[:begin] + draw(BYTES | st.binary(max_size=4)) + content[end:]
        elif kind == "rows" and lines:
            content = b"".join(draw(st.lists(st.sampled_from(lines), max_size=2 * len(lines))))
        elif kind == "cell" and lines:
            k = draw(st.integers(0, len(lines) - 1))
            cells = lines[k].split(b",")
            cells[draw(st.integers(0, len(cells) - 1))] = draw(CELLS).encode(errors="replace")
            content = b"".join([*lines[:k], b",".join(cells), *lines[k + 1 :]])
        elif kind == "cut":
            content = content[: draw(st.integers(0, len(content)))]
    return content


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(FILES))
def test_counts_add_up_or_an_error_tells_the_next_step(data, name):
    files = sound_survey()
    files[name] = data.draw(damages(files[name]))
    with tempfile.TemporaryDirectory() as folder:
        survey, results = write_survey(files, Path(folder, "survey")), Path(folder, "results")
        splits, message = [], ""
        try:
            splits = ingest(survey, results)
        except DataError as error:
            message = str(error)
        if not splits:
            assert "Next step: " in message
            assert message.isprintable()
            return
        logs = read_columns(results / "metadata.parquet")
        assert set(logs["target"][logs["set"] == "train"]) == {0, 1}
        assert np.isfinite(logs["EBV"]).all()
        assert np.array_equal(np.isnan(logs["Z"]), np.isnan(logs["luminosity_distance"]))
        assert not np.isinf([logs["Z"], logs["luminosity_distance"]]).any()
        listed = sorted(row for row in logs["submission_row"] if row >= 0)
        assert listed == list(range((logs["set"] == "test").sum()))
        for split in splits:
            lc, aside, counts = read_split(results, split)
            assert counts["rows_read"] == counts["points_kept"] + counts["rows_set_aside"]
            assert counts["points_kept"] == len(lc.mjd)
            assert counts["rows_set_aside"] == aside["n_rows"].sum()
            assert list(lc.object_id) == sorted(logs["object_id"][logs["split"] == split])
            assert np.isfinite([lc.mjd, lc.flux, lc.flux_err]).all()
            assert (lc.flux_err > 0).all()
            assert set(lc.band) <= set(range(len(SLOTS)))
