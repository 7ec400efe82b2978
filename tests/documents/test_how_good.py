"""The tables of "How good is it, for whom", which a script writes from the tables of a run."""

import csv
import importlib.util
import re
import shutil

import numpy as np
import pytest
from document_blocks import ROOT

from mallorn.evaluate.subgroups import GROUP_COLUMNS
from mallorn.io.tables import write_table

PAGE = ROOT / "docs" / "explanation" / "how_good.md"


@pytest.fixture(scope="module")
def how_good():
    spec = importlib.util.spec_from_file_location("how_good", ROOT / "docs" / "how_good.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def group(protocol, kind, name, objects, targets, chosen):
    row = dict.fromkeys(GROUP_COLUMNS, 0.5)
    row |= {
        "protocol": protocol,
        "model": "mean",
        "redshift": "spectroscopic",
        "property": kind,
        "group": name,
        "objects": objects,
    }
    return row | {"targets": targets, "chosen": chosen, "chosen_fraction": chosen / objects, "events": objects}


@pytest.fixture
def results(tmp_path):
    """A run of 100 TDEs, 90 of them chosen, and 1,000 AGN, 10 of them chosen; one object of each for each repeat."""
    rows = []
    for protocol in ("grouped", "stratified"):
        rows += [group(protocol, "spec_type", "AGN", 1000, 0, 10), group(protocol, "spec_type", "TDE", 100, 100, 90)]
        rows += [group(protocol, kind, "< 1", 1100, 100, 100) for kind in ("redshift", "magnitude", "points", "snr")]
    write_csv(tmp_path / "evaluation" / "by_type.csv", rows)
    taken = {"protocol": "grouped", "model": "mean", "spec_type": "TDE"}
    taken = [{**taken, "predicted": "TDE", "fraction": 0.9}, {**taken, "predicted": "AGN", "fraction": 0.1}]
    write_csv(tmp_path / "evaluation" / "confusion.csv", taken)
    return tmp_path


def test_precision_falls_as_tdes_are_rarer(how_good, results):
    """Recall .9 and one false alarm in a hundred: of 1 in 100, .009 of all are found, .0099 are false."""
    rows = how_good._rows(results, "by_type")
    lines = how_good._rarer(rows)
    assert "| 1 in 100 | 0.48 |" in lines
    assert lines[-1] == "| 1 in 1,000 | 0.08 |"
    assert how_good._types(rows) == [
        "| type | objects | events | taken for TDEs, new events |",
        "|---|---|---|---|",
        "| AGN | 1000 | 1000 | 1.0% (10) |",
    ]


def test_the_tables_stand_in_the_page_and_its_words_stay(how_good, results, tmp_path, monkeypatch):
    ids = np.array(["a", "b", "c"])
    folds = {"object_id": ids, "protocol": ["grouped"] * 3, "repeat": [0] * 3, "fold": [0, 1, 0], "target": [1, 1, 0]}
    folds |= {"spec_type": ["TDE", "TDE", "AGN"], "event": ["a", "a", "c"]}
    write_table(results / "folds.parquet", {name: np.array(values) for name, values in folds.items()})
    (results / "threshold.json").write_text('{"calibration": {"method": "none"}}')
    missed = {"event": np.array(["a", "c"]), "kind": np.array(["missed", "false alarm"])}
    monkeypatch.setattr(how_good, "find_misses", lambda *_: missed)
    page = tmp_path / "page.md"
    shutil.copy(PAGE, page)
    how_good.main(results, page)
    text = page.read_text(encoding="utf-8")
    assert "| 1 | 0 | 1 | 1 |" in text
    assert "| below 1 | 1100 | 100 | 0.50 (0.50–0.50) | 0.50 (0.50–0.50) | 0.50 |" in text
    assert "| TDEs taken for | 90% | 10% |" in text
    words = re.compile(r"<!-- \w+ -->\n.*?<!-- end -->", re.DOTALL)
    assert words.sub("", text) == words.sub("", PAGE.read_text(encoding="utf-8"))
    page.write_text(text.replace("<!-- missed -->", ""), encoding="utf-8")
    with pytest.raises(SystemExit, match="expected one table '<!-- missed -->', found 0"):
        how_good.main(results, page)


def test_the_page_has_its_tables():
    blocks = re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 8
    assert all(text.count("\n") >= 3 for _, text in blocks)
