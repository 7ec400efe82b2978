"""The tables of the page "How good is it, for whom", from a finished run on the challenge's data.

    snakemake --cores 2 score_groups --config data_dir=FOLDER
    PYTHONPATH=src .venv/bin/python docs/how_good.py results

It puts each table between its two comments in docs/explanation/how_good.md, and leaves the words between them alone.
"""

import csv
import json
import re
import sys
from pathlib import Path

from mallorn.decide.predictions import read_out_of_fold
from mallorn.io.tables import read_columns
from mallorn.report.misses import find_misses
from mallorn.settings.resolve import defaults

PAGE = Path(__file__).parent / "explanation" / "how_good.md"
WORDS = {
    "redshift": "redshift",
    "magnitude": "brightest point, AB magnitude",
    "points": "points, all passbands",
    "snr": "highest S/N of a point",
}
SHARES = (20, 100, 200, 1000)
"""One object in so many is a TDE: of the survey at hand, and rarer."""
FEWEST = 5  # objects of a type that has a row of its own


def main(results, page=PAGE):
    """Write the tables of the run in the folder `results` into `page`."""
    results, text = Path(results), page.read_text(encoding="utf-8")
    rows = [row for row in _rows(results, "by_type") if (row["model"], row["redshift"]) == ("mean", "spectroscopic")]
    tables = {name: _groups(rows, name) for name in WORDS}
    tables |= {"types": _types(rows), "taken": _taken(results), "rarer": _rarer(rows), "missed": _missed(results)}
    for name, lines in tables.items():
        block = "\n".join([f"<!-- {name} -->", *lines, "<!-- end -->"])
        text, n = re.subn(rf"<!-- {name} -->\n.*?<!-- end -->", lambda _, block=block: block, text, flags=re.DOTALL)
        if n != 1:
            raise SystemExit(f"{page}: expected one table '<!-- {name} -->', found {n}")
    page.write_text(text, encoding="utf-8")


def _rows(results, table):
    with open(results / "evaluation" / f"{table}.csv", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _of(rows, protocol, kind):
    return {row["group"]: row for row in rows if (row["protocol"], row["property"]) == (protocol, kind)}


def _score(row, name):
    low, high = (float(row[f"{name}_{end}"]) for end in ("low", "high"))
    return f"{float(row[name]):.2f} ({low:.2f}–{high:.2f})"


def _groups(rows, kind):
    """Return the lines of the table of one property: recall and precision of new events, recall of known ones."""
    grouped, stratified = (_of(rows, protocol, kind) for protocol in ("grouped", "stratified"))
    head = f"| {WORDS[kind]} | objects | TDEs | recall, new events | precision, new events | recall, known events |"
    lines = [head, "|---|---|---|---|---|---|"]
    for name, row in grouped.items():
        scores = ["", "", ""]
        if int(row["targets"]):
            scores = [_score(row, "recall"), _score(row, "precision"), f"{float(stratified[name]['recall']):.2f}"]
        label = name.replace("< ", "below ").replace(">= ", "from ") + (" on" if name.startswith(">=") else "")
        lines.append(f"| {label} | {row['objects']} | {row['targets']} | {' | '.join(scores)} |")
    return lines


def _types(rows):
    """Return the lines of the table of false alarms by type."""
    grouped = _of(rows, "grouped", "spec_type")
    lines = ["| type | objects | events | taken for TDEs, new events |", "|---|---|---|---|"]
    others = {name: row for name, row in grouped.items() if not int(row["targets"])}
    for name, row in others.items():
        if int(row["objects"]) >= FEWEST:
            share = 100 * float(row["chosen_fraction"])
            told = f"{share:.1f}% ({float(row['chosen']):.0f})" if share else "none"
            lines.append(f"| {name} | {row['objects']} | {row['events']} | {told} |")
    return lines


def _taken(results):
    """Return the line of what TDEs are taken for."""
    mine = [
        r
        for r in _rows(results, "confusion")
        if (r["protocol"], r["model"], r["spec_type"]) == ("grouped", "mean", "TDE")
    ]
    names = [row["predicted"] for row in mine]
    return [
        "| | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
        "| TDEs taken for | " + " | ".join(f"{100 * float(row['fraction']):.0f}%" for row in mine) + " |",
    ]


def _rarer(rows):
    """Return the lines of the precision that the same recall and false alarms give where TDEs are rarer."""
    types = _of(rows, "grouped", "spec_type").values()
    sought = [row for row in types if int(row["targets"])]
    others = [row for row in types if not int(row["targets"])]
    recall, alarms = (
        sum(float(row["chosen"]) for row in part) / sum(int(row["objects"]) for row in part)
        for part in (sought, others)
    )
    lines = ["| TDEs among all objects | precision |", "|---|---|"]
    for share in SHARES:
        found, wrong = recall / share, alarms * (1 - 1 / share)
        lines.append(f"| 1 in {share:,} | {found / (found + wrong):.2f} |")
    return lines


def _missed(results):
    """Return the line that counts the events and objects that most repeats miss."""
    folds = read_columns(results / "folds.parquet")
    decision = json.loads((results / "threshold.json").read_text(encoding="utf-8"))
    paths = sorted((results / "predictions" / "final" / "grouped").glob("*/mean/out_of_fold.parquet"))
    predictions = [read_out_of_fold(path) for path in paths]
    misses = find_misses(predictions, folds, decision["calibration"]["method"], defaults()["threshold"])
    whole = {str(misses["event"][k]) for k in range(len(misses["kind"])) if misses["kind"][k] == "missed event"}
    part = {str(misses["event"][k]) for k in range(len(misses["kind"])) if misses["kind"][k] == "missed"}
    objects = sum(kind != "false alarm" for kind in misses["kind"])
    alarms = len(misses["kind"]) - objects
    return [
        "| TDE objects missed | events missed whole | events missed in part | false alarms |",
        "|---|---|---|---|",
        f"| {objects} | {len(whole)} | {len(part)} | {alarms} |",
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
