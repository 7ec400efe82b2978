"""The pictures of the site are those that its script draws. `make docs`, a step of .ci/run, draws the dear ones."""

import importlib.util
import re
import sys

import pytest
from document_blocks import ROOT

PICTURES = ROOT / "docs" / "pictures"
PRINTED = """digraph snakemake_dag {
    0[label = "default", color = "0.2 0.6 0.8", style="rounded"];
    1[label = "ingest", color = "0.2 0.6 0.8", style="rounded"];
    2[label = "fit_lightcurves", color = "0.2 0.6 0.8", style="rounded"];
    3[label = "extract_features", color = "0.2 0.6 0.8", style="rounded"];
    3 -> 0
    1 -> 2
    2 -> 3
    1 -> 3
}"""


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """The script, which draws into an empty folder."""
    spec = importlib.util.spec_from_file_location("draw", PICTURES / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    return module


@pytest.mark.parametrize("name", ["architecture", "taxonomy"])
def test_a_drawing_is_current(draw, tmp_path, name):
    draw.main([name])
    drawn, kept = ((folder / f"{name}.svg").read_bytes() for folder in (tmp_path, PICTURES))
    assert drawn == kept, f"run: make pictures, and commit docs/pictures/{name}.svg"


def test_the_graph_leaves_out_what_other_arrows_imply(draw, tmp_path):
    names, edges = draw.rule_graph(PRINTED)
    assert names == ["extract_features", "fit_lightcurves", "ingest"]
    assert edges == {
        ("ingest", "fit_lightcurves"),
        ("fit_lightcurves", "extract_features"),
        ("ingest", "extract_features"),
    }
    draw.draw_graph(names, edges)
    assert (tmp_path / "dag.svg").read_text(encoding="utf-8").count("<path") == 2


def test_the_kept_graph_shows_rules_that_are_there(draw):
    text = (PICTURES / "dag.svg").read_text(encoding="utf-8")
    shown = set(re.findall(r">(\w+)</text>", text)) - set(draw.STAGE_COLORS) - {"other"}
    assert len(shown) > 20
    assert shown <= set(draw._stages())


def test_the_page_of_a_candidate_is_left_where_nothing_can_draw_it(draw, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    draw.main(["candidate_page"])
    assert "left as it is" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert (PICTURES / "candidate_page.png").stat().st_size > 20_000
