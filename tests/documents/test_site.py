"""The site in a headless Chromium, from disk: whole, searchable, without a request outside. `make docs` builds it."""

import pytest
from browser import Visit, chromium
from document_blocks import ROOT

SITE = ROOT / "docs" / "_site"
MADE_BY_SPHINX = ("genindex.html", "search.html")


@pytest.fixture(scope="module")
def site():
    """The folder of the site, for tests that run after `make docs`."""
    if not (SITE / "index.html").is_file():
        pytest.skip("the site is not built: make docs")
    return SITE


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_whole_and_ask_for_nothing_outside(site, browser, width):
    visit = Visit(browser, width)
    pages = [path for path in sorted(site.rglob("*.html")) if path.name not in MADE_BY_SPHINX]
    assert len(pages) > 40
    for path in pages:
        page = visit.open(path)
        assert page.query_selector("h1"), path
        assert not visit.overflows(), path
    assert visit.complaints == []
    assert visit.outside(site) == []


def test_the_search_finds_pages_from_disk(site, browser):
    visit = Visit(browser)
    visit.page.goto((site / "search.html").as_uri() + "?q=siblings", wait_until="load")
    found = visit.page.locator("#search-results li a", has_text="believed")  # results come one after another
    found.first.wait_for(timeout=20_000)
    assert visit.complaints == []
    assert visit.outside(site) == []


def test_print_leaves_the_navigation_out(site, browser):
    page = Visit(browser).open(site / "start.html")
    page.emulate_media(media="print")
    assert not page.is_visible(".sidebar-drawer")
    assert page.is_visible("article")


def test_every_name_of_the_interface_has_an_entry(site):
    import mallorn

    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert [name for name in mallorn.__all__ if f'id="mallorn.{name}"' not in text] == []


def test_every_command_has_an_entry_whose_examples_can_be_typed(site):
    from mallorn.command.main import mallorn as command

    text = (site / "reference" / "command.html").read_text(encoding="utf-8")
    assert "mallorn score --example" in text
    assert "\N{EN DASH}" not in text
    assert [name for name in command.commands if f'id="mallorn-{name}"' not in text] == []
