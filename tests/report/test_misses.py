from types import SimpleNamespace

import numpy as np

from mallorn.decide.predictions import OutOfFold
from mallorn.report.drawing import remove_others
from mallorn.report.misses import MISSED, find_misses, write_misses_page
from mallorn.settings.resolve import defaults

IDS = np.array([f"o{k:02d}" for k in range(40)], dtype=object)
TARGET = np.arange(40) < 16
EVENT = np.array([f"event_{k // 2:02d}" for k in range(40)], dtype=object)  # two objects each


def folds(repeats):
    """Return a table of two folds, events whole."""
    fold = (np.arange(40) // 2) % 2
    type_of = np.where(TARGET, "TDE", "AGN").astype(object)
    one = {"object_id": IDS, "spec_type": type_of, "target": TARGET, "event": EVENT, "fold": fold}
    table = {name: np.concatenate([values] * repeats) for name, values in one.items()}
    table["protocol"] = np.array(["grouped"] * 40 * repeats, dtype=object)
    return table | {"repeat": np.repeat(np.arange(repeats), 40)}, fold


def predicted(repeat, fold, **changed):
    """Return predictions that are right but for some objects."""
    probability = np.where(TARGET, 0.9, 0.1) + 1e-3 * np.arange(40)
    for name, value in changed.items():
        probability[list(IDS).index(name)] = value
    order = np.random.default_rng(repeat).permutation(40)
    both = np.column_stack([probability, 1 - probability])[order]
    return OutOfFold("mean", "final", "grouped", repeat, IDS[order], fold[order], both[:, 0], ("TDE", "AGN"), both)


def found(*changes):
    table, fold = folds(len(changes))
    predictions = [predicted(k, fold, **one) for k, one in enumerate(changes)]
    return find_misses(predictions, table, "none", {**defaults()["threshold"], "rule": "maximum_f1"})


def test_an_event_is_missed_if_none_of_its_objects_is_chosen():
    # of event 1 both objects are low, of event 3 one is; o30 is no TDE and high
    changes = {"o02": 0.01, "o03": 0.05, "o06": 0.02, "o30": 0.97}
    misses = found(changes, changes, {})  # most repeats count
    assert misses["object_id"].tolist() == ["o02", "o03", "o06", "o30"]
    assert misses["kind"].tolist() == ["missed event", "missed event", "missed", "false alarm"]
    assert misses["event"].tolist() == ["event_01", "event_01", "event_03", "event_15"]
    assert misses["found"].tolist() == [0, 0, 1, 1]
    assert misses["copies"].tolist() == [2, 2, 2, 2]
    np.testing.assert_allclose(misses["probability"][0], (0.01 + 0.01 + 0.902) / 3)
    np.testing.assert_allclose(misses["chosen"], [1 / 3, 1 / 3, 1 / 3, 2 / 3])
    assert found({}, {}, changes)["object_id"].tolist() == []


def test_the_page_names_each_miss_and_what_speaks_for_it(tmp_path):
    misses = found({"o02": 0.01, "o03": 0.05, "o30": 0.97})
    evidence = {"tde_free": -20.0, "supernova": -10.0, "drifting_color": np.nan}
    view = SimpleNamespace(redshift=0.25, mjd=[1.0, 2.0], flux=np.array([1.0, 8.0]), flux_err=np.ones(2))
    views = {name: SimpleNamespace(**vars(view), evidence=evidence) for name in IDS}
    views["o30"].evidence = {}
    write_misses_page(tmp_path, misses, views, "TDE", "grouped")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "1 events of type TDE of which no object is found (2 objects)" in page
    for name in ("o02", "o03", "o30"):
        assert f'href="{name}.html"' in page
        assert f'src="{name}.light_curve.svg"' in page
    assert page.count("supernova: Bazin, cooling") == 2
    assert page.count("-10.0") == 2
    assert "o04" not in page
    for meaning in MISSED.values():
        assert meaning in page


def test_files_of_no_page_are_removed(tmp_path):
    names = ["a.html", "a.light_curve.svg", "a.seds.svg", "b.html", "a.x.html", "a.old.svg"]
    for name in names:
        (tmp_path / name).write_text("")
    remove_others(tmp_path, ["a", "c"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.light_curve.svg", "a.seds.svg"]
