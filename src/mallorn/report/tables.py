"""Tables of results that may be missing: read as text, shown as they are."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from mallorn.report.render import as_table, number

__all__ = ["Part", "read_csv", "read_part"]


@dataclass
class Part:
    """A part of a page: title, text, figures, table, whether it was made, and the command that makes it."""

    title: str
    text: str
    command: str
    made: bool = False
    stale: bool = False
    long: bool = False
    figures: list = field(default_factory=list)
    table: dict | None = None


def read_csv(path):
    """Return the rows of a CSV file as dicts of text."""
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def read_part(title, text, command, path, figures=(), newer_than=None, long_from=40):
    """Return the `Part` for the CSV table at `path` and `figures`; it counts as not made if both are missing.

    newer_than: path of a file; an older table is called stale. long_from: number of rows from which the table is
    folded.
    """
    part = Part(title, text, command, figures=list(figures))
    part.made = bool(part.figures)
    if path is not None and Path(path).is_file():
        part.made = True
        rows = read_csv(path)
        part.table = as_table(rows[0], [[_cell(v) for v in row.values()] for row in rows]) if rows else None
        part.long = len(rows) >= long_from
        part.stale = newer_than is not None and Path(path).stat().st_mtime < Path(newer_than).stat().st_mtime
    return part


def read_json(path):
    """Return the content of a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _cell(text):
    try:
        value = float(text)
    except (TypeError, ValueError):
        return text
    return text if "." not in text and "e" not in text.lower() else number(value, 4)
