"""The page docs/reference/inputs.md, written from the table of bad inputs that the tests run through."""

from pathlib import Path

from bad_inputs import CONFIGURATION, DISK, FILES, FOLDER, FORMAT, LABELS, LOGS, ROWS, Error, Fine, Same, SetAside
from cases_gone_wrong import WENT_WRONG

ROOT = Path(__file__).parents[1]

SECTIONS = {
    "The folder": FOLDER,
    "The format of a file": FORMAT,
    "The logs and the sample submission": LOGS,
    "Rows and objects of the light curves": ROWS,
    "Whole files of light curves": FILES,
}
WENT_WRONG_TEXT = """Real users have such data. mallorn once gave a wrong answer without a warning, or failed with a
wrong explanation. The last column names the test of what it does now."""

INTRODUCTION = """# Inputs

What does mallorn do with bad files, bad values and full disks? The tests check every row of these tables: the page is
made from theirs (`tests/bad_inputs.py`, by `python tests/inputs_page.py`).

- **error**: the run ends before it makes anything from the file. The message names the file, the line, and the column
  or object. It says what was expected, what was found, and the next step. The words in the tables are part of it.
- **set aside**: mallorn leaves the row out, with this reason, and counts it. `results/set_aside/{split}.parquet` has
  the number of rows and the first line for each file, reason and object. If a file would lose more than
  `ingest.max_set_aside` of its rows, that is an error. If several reasons hold, the first one counts.
- **the same result**: as if nothing were wrong with the file.
- **goes through**: the run continues with what is usable. Every object of a survey's test log gets a prediction, since
  a submission needs it; if it has no usable point, a warning names it. A new object (`classify`) without usable
  points gets no prediction, and the column `domain_reason` of `predictions.csv` says why.

Every result says which data it comes from. `results/input.json` and `results/classified/input.json` begin with the path
and a digest of all files. Tables of new objects have both in the columns `input` and `input_sha256` (Parquet: in the
metadata; VOTable: in the description). Pages and the summary at the end of a run begin with them. Only a submission
does not have them, since Kaggle accepts no other columns. A run first removes the files that it is going to make. So if
it fails, no predictions for other data are left that could be taken for its own.

A redshift may be missing: an empty Z, or -9, -99, -999, -9999, -99999, 999 or 9999. mallorn counts such objects. Models
that were trained without redshifts score them ([models](../howto/models.md#redshifts)).

Ids of objects are text. Any printable id is allowed, also one with commas, quotes or slashes.

[Security](../security.md) says which files you can use without reading them first.
"""


def cell(text):
    """Return a text for a cell of a Markdown table, with escapes for what cannot be printed."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))
    return shown.replace("|", "\\|").replace("`", "'")


def error(words):
    return "error: " + ", ".join(f"`{cell(word)}`" for word in words)


def promised(promise):
    if isinstance(promise, Error):
        return error(promise.words)
    if isinstance(promise, SetAside):
        return "set aside: " + ", ".join(f"{reason} ({n})" for reason, n in promise.counts.items())
    return {Fine: "goes through", Same: "the same result"}[type(promise)]


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def gone_wrong():
    """Return the section on cases that went wrong: what happened before, and what happens now."""
    rows = [(cell(case.what), cell(case.before), cell(case.now), f"`{case.test}`") for case in WENT_WRONG]
    return f"## Cases that went wrong\n\n{WENT_WRONG_TEXT}\n\n{table(('case', 'before', 'now', 'test'), rows)}\n"


def page():
    """Return the text of docs/reference/inputs.md."""
    parts = [INTRODUCTION]
    for title, cases in SECTIONS.items():
        rows = [(cell(case.what), promised(case.promise)) for case in cases]
        parts.append(f"## {title}\n\n{table(('input', 'what happens'), rows)}\n")
    rows = [(case.what, error(case.words)) for case in LABELS]
    parts.append(f"## Labels, for three folds\n\n{table(('labels', 'what happens'), rows)}\n")
    rows = [(case.what, f"`{cell('.'.join(case.key))}`", error(case.words)) for case in CONFIGURATION]
    parts.append(f"## The configuration\n\n{table(('value', 'key', 'what happens'), rows)}\n")
    rows = [(what, error([words])) for what, words in DISK.items()]
    parts.append(f"## The disk that results are written to\n\n{table(('disk', 'what happens'), rows)}\n")
    parts.append(gone_wrong())
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "inputs.md").write_text(page(), encoding="utf-8")
