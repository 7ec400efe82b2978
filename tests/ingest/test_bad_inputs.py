"""What is promised for every kind of bad input, tested on the table in bad_inputs.py."""

from functools import reduce

import numpy as np
import pytest
from bad_inputs import CASES, CONFIGURATION, LABELS, Error, Fine, Same
from inputs_page import ROOT, page
from surveys import ingest, read_split, sound_survey, write_survey

from mallorn.errors import ConfigError, DataError
from mallorn.ingest.lightcurves import REASONS
from mallorn.io.tables import read_columns
from mallorn.learning.folds import draw_folds
from mallorn.settings.resolve import resolve
from mallorn.survey.passbands import shipped_surveys

BY_NAME = "unknown passband '"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_promise_is_kept(case, tmp_path, sound):
    files = sound_survey()
    case.edit(files)
    assert files != sound_survey()
    survey, results = write_survey(files, tmp_path / "survey"), tmp_path / "results"

    if isinstance(case.promise, Error):
        with pytest.raises(DataError) as caught:
            ingest(survey, results)
        message = str(caught.value)
        assert all(word in message for word in case.promise.words), message
        assert "Next step: " in message
        assert message.isprintable()
        return

    splits = ingest(survey, results)
    tallies = [read_split(results, split) for split in splits]
    for lc, aside, counts in tallies:
        assert counts["rows_read"] == counts["points_kept"] + counts["rows_set_aside"]
        assert counts["points_kept"] == len(lc.mjd)
        assert counts["rows_set_aside"] == aside["n_rows"].sum()
        assert all(reason in REASONS or reason.startswith(BY_NAME) for reason in aside["reason"])
    assert sum(len(lc) for lc, _, _ in tallies) == len(read_columns(results / "metadata.parquet")["object_id"]) == 6
    reasons = np.concatenate([np.repeat(aside["reason"], aside["n_rows"]) for _, aside, _ in tallies])
    if isinstance(case.promise, Fine | Same):
        assert not len(reasons)
    else:
        assert dict(zip(*np.unique(reasons, return_counts=True), strict=True)) == case.promise.counts
        assert min(line for _, aside, _ in tallies for line in aside["first_line"]) == case.promise.line
    if isinstance(case.promise, Same):
        assert_same_results(results, sound)


def assert_same_results(results, others):
    """All tables of two ingested surveys hold the same values."""
    names = sorted(path.relative_to(others) for path in others.rglob("*.parquet"))
    assert names == sorted(path.relative_to(results) for path in results.rglob("*.parquet"))
    for name in names:
        ours, theirs = read_columns(results / name), read_columns(others / name)
        for column, values in theirs.items():
            np.testing.assert_array_equal(ours[column], values, err_msg=f"{name}: {column}")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The ingested sound survey."""
    folder = tmp_path_factory.mktemp("sound")
    ingest(write_survey(sound_survey(), folder / "survey"), folder / "results")
    return folder / "results"


@pytest.mark.parametrize("case", CONFIGURATION, ids=lambda case: case.what)
def test_an_unusable_value_is_refused_in_words(case):
    *blocks, key = case.key
    config = reduce(lambda inner, block: {block: inner}, reversed(blocks), {key: case.value})
    with pytest.raises(ConfigError) as caught:
        resolve(config, surveys=shipped_surveys())
    message = str(caught.value)
    assert [word for word in case.words if word not in message] == []
    assert "Next step: " in message
    assert message.replace("\n", "").isprintable()


@pytest.mark.parametrize("case", LABELS, ids=lambda case: case.what)
def test_labels_that_no_folds_can_be_drawn_from(case):
    types, sources = zip(*case.objects, strict=True)
    target = [int(name == "TDE") for name in types]
    ids = [f"object {k}" for k in range(len(types))]
    with pytest.raises(DataError) as caught:
        draw_folds(ids, np.array(types), np.array(target), np.array(sources), n_folds=3, repeats=1, rare=1, seed=1)
    assert [word for word in case.words if word not in str(caught.value)] == []


def test_the_page_on_inputs_is_current():
    assert (ROOT / "docs" / "reference" / "inputs.md").read_text(encoding="utf-8") == page(), (
        "run: python tests/inputs_page.py"
    )


def test_table_is_long_and_names_each_case_once():
    assert len(CASES) >= 60
    cases = [*CASES, *CONFIGURATION, *LABELS]
    assert len({case.what for case in cases}) == len(cases)
