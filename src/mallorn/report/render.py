"""Make pages from templates: one file each, with style and scripts inside, and all foreign text escaped."""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mallorn.io.files import write_text

__all__ = ["FURTHER_PAGES", "TEMPLATES", "as_table", "number", "pages_of", "render", "shown_as", "value_text", "words"]

TEMPLATES = Path(__file__).parent / "templates"

FURTHER_PAGES = (
    "candidates",
    "unusual",
    "evaluation",
    "classes",
    "features",
    "tuning",
    "input",
    "performance",
    "history",
)
"""The pages beside index.html, in the order of the navigation."""


_DATA = ContextVar("data", default="")


@contextmanager
def pages_of(data):
    """Make pages inside the block begin with a line that names their data."""
    token = _DATA.set(data)
    try:
        yield
    finally:
        _DATA.reset(token)


@cache
def _environment():
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def render(path, template, root="", **context):
    """Write the page `path` from `template`. root: path from the page to the folder of index.html, "" or "../"."""
    own = {
        name: Markup((TEMPLATES / name).read_text(encoding="utf-8")) for name in ("style.css", "table.js", "object.js")
    }
    shared = {
        "css": own["style.css"],
        "table_js": own["table.js"],
        "object_js": own["object.js"],
        "pages": [("index", "Summary"), *((name, name.capitalize()) for name in FURTHER_PAGES)],
        "root": root,
        "of": _DATA.get(),
    }
    page = template.removesuffix(".html")
    text = _environment().get_template(template).render({**shared, "page": page, **context})
    write_text(path, text)


def as_table(heads, rows, numeric=None):
    """Return the arguments of the macro `table`. numeric: whether columns hold numbers; found out by default."""
    rows = [tuple(row) for row in rows]
    if numeric is None:
        numeric = [all(_is_number(row[k]) for row in rows) and bool(rows) for k in range(len(heads))]
    return {"heads": list(heads), "rows": rows, "numeric": list(numeric)}


def number(value, digits=3):
    """Return a number with `digits` significant digits, without exponent between 0.001 and a million."""
    if value is None or value != value:
        return ""
    value = float(value)
    if value == 0.0:
        return "0"
    if not 1e-3 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text else text


def _is_number(text):
    words = str(text).replace("±", " ").replace("–", " ").replace("%", " ").replace(",", "").split()
    try:
        _ = [float(word) for word in words]
    except ValueError:
        return False
    return True


def words(name):
    """Return a name as a reader would write it."""
    return str(name).replace("_", " ")


def value_text(value):
    """Return a value of a table: floats with four significant digits."""
    return number(value, 4) if isinstance(value, float) else str(value)


def shown_as(value, decimals):
    """Return a value with `decimals` decimals, "" for NaN; with `decimals` None, a text as it is, "" for None."""
    if decimals is None:
        return "" if value is None else str(value)
    return "" if np.isnan(value) else f"{value:.{decimals}f}"
