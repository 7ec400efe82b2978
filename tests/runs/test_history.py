import numpy as np

from mallorn.runs.history import append_run, changes, config_digest, data_digest, read_history, runs, summarise_scores

ROWS = [
    {
        "protocol": "grouped",
        "model": "m",
        "repeat": str(k),
        "redshift": z,
        **dict.fromkeys(("roc_auc", "f1", "precision", "recall"), "0.5"),
        "average_precision": value,
    }
    for k, z, value in ((0, "spectroscopic", "0.6"), (1, "spectroscopic", "0.8"), (0, "photometric", "0.1"))
]


def test_scores_are_means_over_repeats_with_the_redshifts_of_training():
    first = summarise_scores(ROWS)[0]
    assert (first["score"], first["repeats"]) == ("average_precision", 2)
    np.testing.assert_allclose((first["mean"], first["sd"]), (0.7, np.sqrt(0.02)))


def test_runs_are_appended_and_their_differences_told(tmp_path):
    path = tmp_path / "history.parquet"
    assert runs(read_history(path)) == []
    scores = summarise_scores(ROWS)
    one, other = {"a": {"x": 1, "y": [1, 2]}, "b": 0}, {"a": {"x": 2, "y": [1, 2]}, "c": 3}
    assert append_run(path, "2026-01-01T00:00:00", one, {"mallorn.learning.folds": "1"}, "d", scores) == 1
    assert (
        append_run(path, "2026-01-02T00:00:00", other, {"mallorn.learning.folds": "2", "mallorn.new": "0"}, "e", scores)
        == 2
    )
    first, second = runs(read_history(path))
    assert changes(first, second) == [
        "data",
        "code learning.folds, new",
        "config a.x: 1 → 2",
        "config b: gone",
        "config c: new, 3",
    ]
    assert changes(second, second) == []
    assert first["scores"]["grouped", "m", "average_precision"][0] == 0.7
    assert (first["config_digest"], first["config"]) == (config_digest(one), one)


def test_digests_depend_on_content_not_on_order(tmp_path):
    assert config_digest({"a": 1, "b": 2}) == config_digest({"b": 2, "a": 1}) != config_digest({"a": 2, "b": 1})
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_text(path.name)
    before = data_digest(paths)
    assert before == data_digest(paths[::-1])
    paths[0].write_text("c")
    assert data_digest(paths) != before
