"""A headless Chromium that notes every console message, error and request."""

import shutil
from contextlib import contextmanager
from urllib.parse import unquote

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium():
    """Give a Chromium to the block, without network; skip the test, saying so, if the machine has none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed: the pages of the report were not opened")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page of `browser` at some width. `complaints`: errors and warnings of the console, failed requests."""

    def __init__(self, browser, width=1280):
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.width, self.complaints, self.requests = width, [], []
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.complaints.append(m.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"not loaded: {request.url}"))
        self.page.on("request", lambda request: self.requests.append(unquote(request.url)))

    def open(self, path):
        """Open a file, scroll through it so that everything is loaded, and return the page."""
        self.page.goto(path.as_uri(), wait_until="load")
        for image in self.page.query_selector_all("img"):
            image.scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")
        return self.page

    def overflows(self):
        return self.page.evaluate("document.documentElement.scrollWidth") > self.width

    def outside(self, folder):
        """Return what was asked for that does not lie in `folder`."""
        inside = (unquote(folder.as_uri()) + "/", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(inside)]
