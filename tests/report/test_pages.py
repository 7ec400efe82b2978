"""Pages of hostile names: nothing of them becomes markup, script or path."""

import json

import numpy as np
import pytest
from browser import Visit, chromium
from jinja2 import Environment, FileSystemLoader

from mallorn.benchmarks.stages import summary
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import write_table
from mallorn.report.candidates import COLUMNS
from mallorn.report.names import page_name
from mallorn.report.on_tree import on_tree_columns, read_on_tree
from mallorn.report.pages.candidates import write_candidates_page
from mallorn.report.pages.classes import write_classes_page
from mallorn.report.pages.evaluation import write_evaluation_page
from mallorn.report.pages.performance import write_performance_page
from mallorn.report.pages.survey import write_input_page
from mallorn.report.pages.tuning import write_tuning_page
from mallorn.report.render import TEMPLATES, as_table, number, render
from mallorn.runtime.usage import FIELDS
from mallorn.survey.taxonomy import Taxonomy

DECISION = {"target": "TDE", "threshold": 0.5}
SMALL_TREE = Taxonomy({"all": {}, "SN": {"parent": "all"}, "SN Ia": {"parent": "SN"}, "TDE": {"parent": "all"}})
HOSTILE = [
    "</script><script>window.taken=1</script>",
    "<img src=x onerror='window.taken=1'>",
    "../../../tmp/evil",
    "a'b\"c&d",
    "$\\frac{1}{0$",
    "javascript:window.taken=1",
]


def candidates(names):
    n = len(names)
    table = {
        name: np.arange(1.0, n + 1.0) if about.decimals is not None else np.array(["x"] * n, dtype=object)
        for name, about in COLUMNS.items()
    }
    table |= {"object_id": np.array(names, dtype=object), "flags": np.array(names, dtype=object), "chosen": np.ones(n)}
    table["kind"] = np.array(names, dtype=object)
    return table


def test_hostile_names_are_shown_and_do_nothing(tmp_path):
    pages = {name: page_name(name) for name in HOSTILE}
    (tmp_path / "candidates").mkdir()
    for name in pages.values():
        (tmp_path / "candidates" / f"{name}.html").write_text("<!doctype html><title>x</title>")
    write_candidates_page(tmp_path, candidates(HOSTILE), pages, DECISION, SMALL_TREE)
    with chromium() as browser:
        visit = Visit(browser)
        page = visit.open(tmp_path / "candidates.html")
        assert page.eval_on_selector_all("#candidates tbody a", "all => all.map(a => a.textContent)") == HOSTILE
        assert page.evaluate("window.taken") is None
        links = page.eval_on_selector_all("#candidates tbody a", "all => all.map(a => a.getAttribute('href'))")
        assert all((tmp_path / link).resolve().parent == tmp_path / "candidates" for link in links)
        assert visit.complaints == []
        assert visit.outside(tmp_path) == []


def test_a_page_lists_no_more_candidates_than_a_browser_holds(tmp_path, monkeypatch):
    write_candidates_page(tmp_path, candidates(["a", "b", "c"]), {}, DECISION, SMALL_TREE)
    assert "most probable ones" not in (tmp_path / "candidates.html").read_text()
    monkeypatch.setattr("mallorn.report.pages.candidates.LISTED", 2)
    write_candidates_page(tmp_path, candidates(["a", "b", "c"]), {}, DECISION, SMALL_TREE)
    page = (tmp_path / "candidates.html").read_text()
    assert "The 3 test objects" in page
    assert "Here are the 2 most probable ones" in page
    assert page.count('"a"') > page.count('"c"') == 0


def test_the_table_is_ranked_by_any_class(tmp_path):
    table = candidates(["a", "b", "c"])
    table |= {"probability__AGN": np.array([0.1, 0.3, 0.2]), "class__SN": np.array([0.2, 0.1, 0.9])}
    table |= {"class__SN Ia": np.array([0.6, np.nan, 0.5]), "class__<i>": np.array([0.1, 0.2, 0.3])}
    (tmp_path / "classes").mkdir()
    (tmp_path / "classes" / "SN_Ia.csv").write_text("rank\n")
    write_candidates_page(tmp_path, table, {}, DECISION, SMALL_TREE, ["SN_Ia.csv"])
    with chromium() as browser:
        visit = Visit(browser)
        page = visit.open(tmp_path / "candidates.html")

        def order():
            return page.eval_on_selector_all("#candidates tbody tr", "all => all.map(r => r.cells[1].innerText)")

        options = page.eval_on_selector_all("#ranked option", "all => all.map(o => o.textContent.trim())")
        assert options == ["TDE", "AGN", "SN", "SN Ia", "<i>"]
        assert order() == ["a", "b", "c"]
        assert page.eval_on_selector("#ranked", "s => s.value") == "probability"
        page.select_option("#ranked", "probability__AGN")
        assert order() == ["b", "c", "a"]
        assert not page.is_visible("#list")
        page.select_option("#ranked", "class__SN Ia")
        assert order() == ["a", "c", "b"]  # unknown last
        assert page.get_attribute("#list", "href") == "classes/SN_Ia.csv"
        assert page.is_visible("#list")
        page.click("th[data-name=class__SN] button")
        assert order() == ["c", "a", "b"]
        assert page.eval_on_selector("#ranked", "s => s.value") == "class__SN"
        assert not page.is_visible("#list")
        assert visit.complaints == []
        assert visit.outside(tmp_path) == []


def test_of_a_long_table_the_first_of_every_class_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr("mallorn.report.pages.candidates.LISTED", 1)
    monkeypatch.setattr("mallorn.report.pages.candidates.LISTED_OF_CLASS", 1)
    table = candidates(["a", "b", "c"]) | {
        "probability": np.array([0.9, 0.2, 0.1]),
        "class__SN": np.array([0.1, 0.2, 0.7]),
    }
    write_candidates_page(tmp_path, table, {}, DECISION, SMALL_TREE)
    rows = json.loads((tmp_path / "candidates.html").read_text().split('id="data">')[1].split("</script>")[0])["rows"]
    assert [row[1] for row in rows] == ["a", "c"]


def test_what_was_not_made_is_said_with_its_command(tmp_path):
    scores = tmp_path / "scores.csv"
    scores.write_text("protocol,model,repeat,f1\ngrouped,m,0,0.5\n")
    write_evaluation_page(tmp_path, tmp_path, scores, {"selection": "snakemake --cores all select_features"})
    page = (tmp_path / "evaluation.html").read_text()
    assert page.count("not made yet") == 20
    assert "snakemake --cores all evaluation" in page
    assert "snakemake --cores all select_features" in page
    write_tuning_page(tmp_path, tmp_path / "tuning", scores, "snakemake --cores all tune")
    assert "snakemake --cores all tune" in (tmp_path / "tuning.html").read_text()


def test_the_tree_of_classes_is_shown_with_and_without_its_scores(tmp_path):
    scores = tmp_path / "scores.csv"
    scores.write_text("protocol,model,repeat,f1\ngrouped,m,0,0.5\n")
    odd = "<b>SN</b>"
    tree = {"all": {}, odd: {"parent": "all", "broker_id": 2220}, "TDE": {"parent": "all"}, "none": {"parent": odd}}
    tree = Taxonomy(tree)
    labels = {"spec_type": [odd, odd, "TDE", "<i>?"], "event": ["a", "a", "b", "c"]}
    write_classes_page(tmp_path, tmp_path, scores, tree, labels)
    page = (tmp_path / "classes.html").read_text()
    assert page.count("not made yet") == 7
    assert "snakemake --cores all tree_early" in page
    assert '&lt;b&gt;SN&lt;/b&gt;</td><td class="n">2220</td><td class="n">2</td><td class="n">1</td>' in page
    assert "<b>SN" not in page
    assert "does not know: &lt;i&gt;?." in page
    assert "none" not in page.split("<main")[1].split("</table>")[0]  # no object is of that class
    about = {"protocol": ["stratified", "grouped"], "model": ["m"] * 2, "way": ["flat"] * 2, "repeat": [0, 0]}
    found = {"node": ["TDE"] * 2, "level": [1, 1], "average_precision": [0.9, 0.625], "precision": [0.1, 0.2]}
    write_csv(tmp_path / "nodes.csv", {**about, **found, "recall": [0.1, 0.3], "f1": [0.1, np.nan]})
    pairs = {"true": ["TDE"] * 2, "predicted": ["TDE"] * 2, "of_true": [0.5, 0.37], "of_predicted": [0.5, np.nan]}
    write_csv(tmp_path / "nodes_confusion.csv", {**about, "level": [1, 1], **pairs})
    sets = {"class": ["all", "all"], "events": [9, 9], "stated": [0.9, 0.9], "promise": ["coverage", "set_coverage"]}
    ends = {"coverage": 0.95, "coverage_low": 0.9, "coverage_high": 1.0, "set_coverage": 0.891}
    ends |= {"set_coverage_low": 0.85, "set_coverage_high": 0.92}
    of_grouped = {**about, "protocol": ["grouped"] * 2, "kind": ["marginal", "by_class"]}
    write_csv(tmp_path / "coverage.csv", {**of_grouped, **sets, **{name: [v] * 2 for name, v in ends.items()}})
    write_classes_page(tmp_path, tmp_path, scores, tree, labels, ["SN_Ib.csv"])
    page = (tmp_path / "classes.html").read_text()
    for what, share, ends in (
        ("class given by marginal sets", "95.0", "90.0–100.0"),
        ("set of leaves", "89.1", "85.0–92.0"),
    ):
        row = next(line for line in page.split("<tr>") if what in line and "90.0</td>" in line)
        assert f'<td class="n">{share}</td><td class="n">{ends}</td>' in row
    assert '<td class="n">0.625</td>' in page
    assert '<td class="n">37</td>' in page
    assert '<a href="classes/SN_Ib.csv">SN Ib</a>.' in page
    assert page.count("not made yet") == 4


def test_shape_functions_are_drawn_once_they_are_there(tmp_path):
    from mallorn.report.pages.features import _shapes

    scores, path = tmp_path / "scores.csv", tmp_path / "shapes.csv"
    scores.write_text("")
    assert not _shapes(tmp_path, path, scores, "TDE").made
    about = {"model": ["m"] * 6, "feature": ["f__x"] * 6, "class": ["TDE"] * 3 + ["<b>"] * 3}
    added = [-1.0, 1.0, 0.2, 0.5, -0.5, -0.1]
    ends = {"added": added, "added_low": np.array(added) - 0.1, "added_high": np.array(added) + 0.1}
    write_csv(path, {**about, "value": [0.0, 1.0, np.nan] * 2, **ends, "interaction": [0.0] * 5 + [0.125]})
    part = _shapes(tmp_path, path, scores, "TDE")
    assert "differs by 0.12 between" in part.figures[0]["caption"]
    drawn = (tmp_path / "figures" / "shapes.svg").read_text()
    assert "f · x" in drawn


def test_an_object_is_shown_on_the_tree(tmp_path):
    table = {
        "object_id": ["a", "b"],
        "path": ["SN > <i>", "TDE"],
        "marginal": ["SN", "TDE"],
        "by_class": ["all", "TDE"],
    }
    table |= {"leaves": ["", "TDE"], "probability__SN": [0.8, 0.1], "probability__<i>": [0.7, 0.1]}
    table |= {"probability__TDE": [0.2, 0.9], "low__TDE": [0.1, 0.85], "high__TDE": [0.2, 0.95]}
    columns = {name: np.array(v, dtype=object if isinstance(v[0], str) else float) for name, v in table.items()}
    write_table(tmp_path / "test.parquet", columns)
    found = read_on_tree(tmp_path / "test.parquet", ["b", "a", "of the training set"])
    assert sorted(found) == ["a", "b"]
    assert found["b"]["table"]["rows"] == [("TDE", "0.900", "0.850–0.950")]
    assert found["a"]["table"]["rows"] == [("SN", "0.800", ""), ("<i>", "0.700", "")]
    assert found["a"]["leaves"] == "none"
    assert read_on_tree(tmp_path / "absent.parquet", ["a"]) == read_on_tree(None, ["a"]) == {}
    beside = on_tree_columns(tmp_path / "test.parquet", ["b", "no such", "a"])
    assert beside["class_path"].tolist() == ["TDE", "", "SN > <i>"]
    assert beside["class_given"].tolist() == ["TDE", "", "all"]
    assert beside["class_set"].tolist() == ["TDE", "", ""]
    assert beside["class__TDE"].tolist() == pytest.approx([0.9, np.nan, 0.2], nan_ok=True)
    assert on_tree_columns(tmp_path / "absent.parquet", ["a"]) == on_tree_columns(None, ["a"]) == {}
    macros = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template("macros.html").module
    text = str(macros.on_tree(found["a"]))
    assert "SN &gt; &lt;i&gt;" in text
    assert "The leaves none: for the events of each class; all of them are all, which holds more often" in text


def test_the_benchmark_is_shown_if_it_was_made(tmp_path):
    scores, path = tmp_path / "scores.csv", tmp_path / "summary.csv"
    scores.write_text("protocol,model,repeat,f1\ngrouped,m,0,0.5\n")
    write_performance_page(tmp_path, path, scores, "snakemake --cores all bench")
    page = (tmp_path / "performance.html").read_text()
    assert "not made yet" in page
    assert "snakemake --cores all bench" in page

    used = dict.fromkeys(FIELDS, 1.0) | {"start_cpu_s": 0.2}
    jobs = {n: [("ingest", used | {"cpu_s": 0.2 + 0.003 * n}), ("<b>odd$", used)] for n in (50, 100, 1000)}
    runs = [("this run", 50, False, jobs[50]), *((f"simulated {n}", n, True, jobs[n]) for n in (100, 1000))]
    write_csv(path, summary(runs), digits=4)
    write_performance_page(tmp_path, path, scores, "snakemake --cores all bench")
    page = (tmp_path / "performance.html").read_text()
    assert "simulated 1000, 1,000 objects" in page
    assert "&lt;b&gt;odd$" in page
    assert "1.00" in page
    assert "figures/performance_growth.svg" in page
    assert "ingest: 1.00" in (tmp_path / "figures" / "performance_growth.svg").read_text()
    assert "not made yet" not in page

    write_csv(path, summary(runs[:1]), digits=4)
    write_performance_page(tmp_path, path, scores, "snakemake --cores all bench")
    assert "performance_growth" not in (tmp_path / "performance.html").read_text()


def test_tables_that_are_there_are_shown_and_old_ones_marked(tmp_path):
    import os

    scores, curve = tmp_path / "scores.csv", tmp_path / "learning_curve.csv"
    scores.write_text("protocol,model,repeat,f1\ngrouped,m,0,0.5\n")
    curve.write_text("fraction,average_precision\n0.25,0.123456\n")
    os.utime(curve, (1e9, 1e9))
    write_evaluation_page(tmp_path, tmp_path, scores, {})
    page = (tmp_path / "evaluation.html").read_text()
    assert "0.1235" in page
    assert "Older than the scores" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5, "1234"), (0.00012, "1.20e-04"), (float("nan"), ""), (None, ""), (2.5, "2.5")],
)
def test_numbers(value, text):
    assert number(value) == text


def test_columns_of_numbers_are_found():
    assert as_table("ab", [("1.5 ± 0.1", "x"), ("20%", "3")])["numeric"] == [True, False]


def test_a_page_with_a_variable_missing_is_an_error(tmp_path):
    with pytest.raises(Exception, match="undefined"):
        render(tmp_path / "x.html", "input.html")


def test_audits_are_shown_as_they_are_written(tmp_path):
    from mallorn.evaluate.audits.verdict import merge, verdict, write_verdict
    from mallorn.report.pages.summary import _audits

    scores = tmp_path / "scores.csv"
    scores.write_text("")
    assert not _audits(tmp_path / "audits.json", scores)["made"]
    found = [verdict("shuffled labels", "pass", "chance level"), verdict("features", "warn", "one is constant")]
    write_verdict(tmp_path / "audits.json", merge(found))
    shown = _audits(tmp_path / "audits.json", scores)
    assert shown["verdict"] == "warn"
    assert [(row["name"], row["verdict"]) for row in shown["rows"]] == [
        ("shuffled labels", "pass"),
        ("features", "warn"),
    ]


@pytest.mark.parametrize(("classes", "pair", "shown"), [(["TDE"], ["c", "o"], 3), (["TDE"], None, 2), ([], None, 1)])
def test_the_input_page_shows_the_figures_that_there_are(tmp_path, classes, pair, shown):
    about = {"subline": "x", "types": [], "set_aside": [], "classes": classes, "color": pair}
    (tmp_path / "survey").mkdir()
    (tmp_path / "survey" / "tables.json").write_text(json.dumps(about))
    write_input_page(tmp_path, tmp_path / "survey")
    page = (tmp_path / "input.html").read_text(encoding="utf-8")
    names = ("balance", "class_curves", "colors")
    assert [name for name in names if f"survey/{name}.svg" in page] == list(names[:shown])
    assert ("Colour c − o by class" in page) == (pair is not None)
