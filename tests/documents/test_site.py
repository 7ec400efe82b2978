"""The site in a headless Chromium, from disk: whole, searchable, without a request outside. `make docs` builds it."""

import pytest
from browser import Visit, chromium
from document_blocks import ROOT

SITE = ROOT / "docs" / "_site"
PAGES = ("index.html", "start.html", "tutorials/score.html", "howto/scoring.html", "reference/python.html", "faq.html")


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
    for name in PAGES:
        page = visit.open(site / name)
        assert page.query_selector("h1"), name
        assert not visit.overflows(), name
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


def test_every_command_has_an_entry(site):
    from mallorn.command.main import mallorn as command

    text = (site / "reference" / "command.html").read_text(encoding="utf-8")
    assert [name for name in command.commands if f'id="mallorn-{name}"' not in text] == []
