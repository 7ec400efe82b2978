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
WENT_WRONG_TEXT = """Data that real users have, from which a wrong answer came without a word, or a failure with a wrong
explanation. The last column names the test that holds what comes of it now."""

INTRODUCTION = """# Inputs

What comes of files, values and disks that are not as they should be. This page is written from the table that the
tests run through (`tests/bad_inputs.py`; `python tests/inputs_page.py` writes it anew).

- **error**: the run ends before anything is made of the file. The message names the file, the line and the column or
  object, what was expected and what was found, and the next step; the words given here are among it.
- **set aside**: the row is left out, with this reason, and counted. `results/set_aside/{split}.parquet` has for each
  file, reason and object the number of rows and the first line; rows read = points kept + rows set aside. If more than
  `ingest.max_set_aside` of a file's rows would be, that is an error. Where several reasons hold the first one counts.
- **the same result**: as if the file were sound.
- **goes through**: the run goes on with what there is. Every object of the test log of a survey gets a prediction,
  also one without any usable point, since a submission asks for it; a warning names it. Of new objects (`classify`)
  such a one gets none, and the column `domain_reason` of `predictions.csv` says why.

Every result says what data it is of: `results/input.json` and `results/classified/input.json` begin with the path and
a digest of all files; tables of new objects have them in columns `input` and `input_sha256` (Parquet: in the metadata;
VOTable: in the description), pages and the last words of a run in a line at the top. A submission has the form that
Kaggle takes, and nothing else. A run removes what it is to make anew before it begins: if it fails, no prediction of
other data is left that looks like its own.

A redshift may be missing: an empty Z, or -9, -99, -999, -9999, -99999, 999 or 9999. Such objects are counted, and
scored by models that were trained without redshifts ([models](../howto/models.md#redshifts)).

Ids of objects are text: any that is printable will do, also one with commas, quotes or slashes. No id becomes part of
a path, and pages escape what they show.

Surveys, results and saved models may come from others, and nothing in them is run; configurations may name code. See
[Security](../security.md).
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
    """Return the section on cases that went wrong: what came of each before, and what comes of it now."""
    rows = [(cell(case.what), cell(case.before), cell(case.now), f"`{case.test}`") for case in WENT_WRONG]
    return f"## Cases that went wrong\n\n{WENT_WRONG_TEXT}\n\n{table(('case', 'before', 'now', 'held by'), rows)}\n"


def page():
    """Return the text of docs/reference/inputs.md."""
    parts = [INTRODUCTION]
    for title, cases in SECTIONS.items():
        rows = [(cell(case.what), promised(case.promise)) for case in cases]
        parts.append(f"## {title}\n\n{table(('input', 'what comes of it'), rows)}\n")
    rows = [(case.what, error(case.words)) for case in LABELS]
    parts.append(f"## Labels, for three folds\n\n{table(('labels', 'what comes of them'), rows)}\n")
    rows = [(case.what, f"`{cell('.'.join(case.key))}`", error(case.words)) for case in CONFIGURATION]
    parts.append(f"## The configuration\n\n{table(('value', 'key', 'what comes of it'), rows)}\n")
    rows = [(what, error([words])) for what, words in DISK.items()]
    parts.append(f"## The disk that results are written to\n\n{table(('disk', 'what comes of it'), rows)}\n")
    parts.append(gone_wrong())
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "inputs.md").write_text(page(), encoding="utf-8")
