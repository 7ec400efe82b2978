"""The report of a finished run, as a person meets it: opened from disk in a browser."""

import re

import pytest
from astropy.io.votable import parse_single_table
from browser import Visit, chromium
from csv_rows import read_rows

PAGES = ("index", "candidates", "unusual", "evaluation", "classes", "features", "tuning", "input", "history")


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(finished):
    return finished.path / "results" / "report"


@pytest.fixture(scope="module")
def table(site):
    return read_rows(site / "candidates.csv")


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_open_from_disk_without_complaint_or_network(browser, site, width):
    visit = Visit(browser, width)
    candidates = sorted((site / "candidates").glob("*.html"))[:2]
    for path in [*(site / f"{name}.html" for name in PAGES), *candidates]:
        page = visit.open(path)
        assert page.locator("h1").inner_text().strip()
        assert not visit.overflows(), f"{path.name} is wider than {width} pixels"
        broken = page.eval_on_selector_all("img", "all => all.filter(i => !i.naturalWidth).map(i => i.src)")
        assert broken == []
    assert visit.complaints == []
    assert visit.outside(site) == []
    assert len(visit.requests) > len(PAGES) + len(candidates)


def test_every_link_leads_to_a_file(browser, site):
    visit = Visit(browser)
    targets = set()
    for path in [*(site / f"{name}.html" for name in PAGES), *(site / "candidates").glob("*.html")]:
        links = visit.open(path).eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        targets |= {(path.parent / link).resolve() for link in links}
    assert len(targets) > 20
    assert [str(target) for target in targets if not target.is_file()] == []


def shown(page, name):
    """Return the texts of a column of the table as it is shown."""
    column = page.evaluate(
        f"[...document.querySelectorAll('#candidates th[data-name]')].findIndex(h => h.dataset.name === '{name}')"
    )
    return page.eval_on_selector_all(
        "#candidates tbody tr", f"rows => rows.map(r => r.cells[{column}].innerText.trim())"
    )


def test_the_table_sorts_filters_and_leads_to_a_candidate(browser, site, table):
    visit = Visit(browser)
    page = visit.open(site / "candidates.html")
    assert shown(page, "object_id")[:5] == [row["object_id"] for row in table[:5]]
    page.click("th[data-name=redshift] button")
    redshifts = [float(text) for text in shown(page, "redshift")]
    assert redshifts == sorted(redshifts, reverse=True)
    page.click("th[data-name=redshift] button")
    assert [float(text) for text in shown(page, "redshift")][0] == pytest.approx(
        min(float(row["redshift"]) for row in table), abs=1e-3
    )
    page.fill("input[aria-label='Filter z']", "0.1..0.4")
    wanted = {row["object_id"] for row in table if 0.1 <= float(row["redshift"]) <= 0.4}
    assert page.inner_text("#count").startswith(f"{len(wanted)} of {len(table)} ")
    assert set(shown(page, "object_id")) == set(wanted) or len(wanted) > 50
    page.click("#clear")
    page.fill("#search", table[0]["object_id"])
    assert shown(page, "object_id") == [table[0]["object_id"]]
    page.click("#candidates tbody a")
    page.wait_for_selector("button[data-band=r]")
    assert page.inner_text("h1") == table[0]["object_id"]
    assert visit.complaints == []


def test_bands_of_a_light_curve_are_hidden_and_shown(browser, site, table):
    visit = Visit(browser)
    visit.open(site / "candidates.html").click("#candidates tbody tr:first-child a")
    mean = visit.page.locator("[id='band-r-mean']")
    assert mean.is_visible()
    visit.page.click("button[data-band=r]")
    assert not mean.is_visible()
    visit.page.click("#all")
    assert mean.is_visible()


def test_filtered_rows_are_saved_as_csv(browser, site, table, tmp_path):
    page = Visit(browser).open(site / "candidates.html")
    page.click("#only")
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "saved.csv")
    saved = read_rows(tmp_path / "saved.csv")
    assert [row["object_id"] for row in saved] == [row["object_id"] for row in table if row["chosen"] == "1"]


def test_votable_holds_the_table(site, table):
    votable = parse_single_table(site / "candidates.vot")
    assert list(votable.array["object_id"]) == [row["object_id"] for row in table]
    assert votable.get_field_by_id_or_name("temperature").unit == "kK"
    assert votable.get_field_by_id_or_name("peak_magnitude").unit == "mag"


def test_pages_show_what_the_features_say(site, table):
    """The blackbody of a page is fitted anew, that of the table is a feature: both tell the same temperature."""
    shown = 0
    for row in table[:3]:
        page = (site / "candidates" / f"{row['object_id']}.html").read_text(encoding="utf-8")
        found = re.search(r"<b>([\d.]+) ± [\d.]+ kK</b>", page)
        assert bool(found) == bool(row["temperature"])
        if found:
            shown += 1
            assert float(found[1]) == pytest.approx(float(row["temperature"]), abs=0.051)
        assert f"{float(row['probability']):.3f}" in page
    assert shown


def test_what_the_model_gets_wrong_has_pages(finished, browser):
    finished.snakemake("misses")
    folder = finished.path / "results" / "report" / "misses"
    visit = Visit(browser)
    page = visit.open(folder / "index.html")
    assert page.inner_text("h1") == "Misses"
    listed = set(re.findall(r'href="([^"/]+)[.]html"', (folder / "index.html").read_text(encoding="utf-8")))
    assert listed == {path.stem for path in folder.glob("*.html")} - {"index"}
    assert visit.complaints == []


def test_any_object_gets_a_page_by_its_rule(finished, browser, table):
    name = table[-1]["object_id"]
    finished.snakemake(f"results/report/objects/{name}.html")
    folder = finished.path / "results" / "report"
    visit = Visit(browser)
    assert visit.open(folder / "objects" / f"{name}.html").inner_text("h1") == name
    assert visit.complaints == []
    done = finished.snakemake("results/report/objects/no_such_object.html", ok=False)
    assert done.returncode != 0
    assert "no object of the survey has a page called 'no_such_object'" in done.stderr
