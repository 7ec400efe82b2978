import pytest

from mallorn.runtime.summary import classified, failures, summary


def test_means_and_spread_over_repeats(tmp_path):
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "submission.csv").touch()
    (tmp_path / "evaluation" / "scores.csv").write_text(
        "protocol,model,repeat,average_precision,roc_auc,f1,precision,recall,threshold,redshift\n"
        "stratified,lightgbm,1,0.7,0.9,0.6,0.5,0.75,0.3,spectroscopic\n"
        "stratified,lightgbm,2,0.8,0.9,0.7,0.5,0.75,0.3,spectroscopic\n"
        "grouped,lightgbm,1,0.5,0.8,0.4,0.5,0.35,0.3,spectroscopic\n"
        "grouped,lightgbm,1,0.1,0.1,0.1,0.1,0.1,0.3,photometric\n"
    )
    text = summary(tmp_path)
    assert "0.750 +- 0.071" in text  # mean and standard deviation of 0.7 and 0.8, by hand
    assert text.index("stratified") < text.index("grouped") < text.index("0.400")
    assert str(tmp_path / "submission.csv") in text
    assert "probabilities.csv" not in text
    assert summary(tmp_path, "the survey in a/b").split()[:6] == ["Results", "of", "the", "survey", "in", "a/b"]


def test_the_end_of_classifying_says_of_which_data_and_what_was_not_scored(tmp_path):
    (tmp_path / "predictions.csv").write_text("object_id,prediction\na,1\nb,0\nc,\nd,1\n")
    text = classified(tmp_path, "a folder [sha256 01]")
    assert text.startswith("\nPredictions of a folder [sha256 01]\n")
    assert "2 of 4 objects are chosen" in text
    assert "1 have no prediction; the column domain_reason says why" in text
    assert str(tmp_path / "predictions.csv") in text


def test_nothing_to_say_without_scores(tmp_path):
    assert summary(tmp_path) == ""


LOGS = {
    "said": "2026-01-01 00:00:00,123 INFO fine\n2026-01-01 00:00:01,123 ERROR a.csv, line 2: expected x.\n",
    "raised": "2026-01-01 00:00:00,123 ERROR the job failed\n"
    'Traceback (most recent call last):\n  File "a.py", line 1\n    f(x)\nValueError: two\nlines ERROR here\n',
    "several": "2026-01-01 00:00:00,123 ERROR the model cannot score:\n  - numpy 2\n  - scipy 1\nNext step: x.\n",
    "killed": "2026-01-01 00:00:00,123 INFO fine\n",
}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("said", "a.csv, line 2: expected x."),
        ("raised", "    ValueError: two lines ERROR here\n"),
        ("several", "    the model cannot score:\n      - numpy 2\n      - scipy 1\n    Next step: x.\n"),
        ("killed", "it was killed"),
        ("absent", "it was killed"),
    ],
)
def test_a_failed_job_is_told_by_its_own_last_error(tmp_path, name, told):
    for log, text in LOGS.items():
        (tmp_path / log).write_text(text)
    text = failures([("ingest, split_01", tmp_path / name)])
    assert text.startswith("\n1 job failed:\n\ningest, split_01\n    ")
    assert told in text
    assert f"log: {tmp_path / name}" in text
    assert "a.py" not in text


def test_all_failed_jobs_are_told():
    text = failures([("one", None), ("two", None)])
    assert "2 jobs failed" in text
    assert "one\n" in text
    assert "two\n" in text
