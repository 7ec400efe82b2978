"""The last message of a run: its scores and the places of its files, or why its jobs failed."""

import csv
import re
from pathlib import Path
from statistics import mean, stdev

__all__ = ["classified", "failures", "summary"]

_SCORES = ("average_precision", "roc_auc", "f1", "precision", "recall")
_MEANING = {
    "stratified": "siblings on both sides, as on a leaderboard",
    "grouped": "new events: all siblings of one event on one side",
}


_NO_ERROR = (
    "ended without an error of its own: it was killed, for lack of memory perhaps, or Snakemake did not take what it "
    "made: see what Snakemake says above"
)


def summary(results, of=""):
    """Return a text on the run whose files are in the folder `results`, or "" if it has not been scored.

    Scores are means over the repeats, with their standard deviation. of: the data behind the results, named first.
    """
    results = Path(results)
    scores = results / "evaluation" / "scores.csv"
    if not scores.is_file():
        return ""
    with open(scores, newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("redshift", "spectroscopic") == "spectroscopic"]
    lines = ["", *([f"Results of {of}", ""] if of else [])]
    lines += ["Scores of predictions for objects that were not trained on", ""]
    lines.append(f"{'':<34}" + "".join(f"{name.replace('_', ' '):>20}" for name in _SCORES))
    for protocol, meaning in _MEANING.items():
        mine = [row for row in rows if row["protocol"] == protocol]
        if mine:
            lines.append(f"{protocol} ({meaning})")
        for model in dict.fromkeys(row["model"] for row in mine):
            cells = (_spread([float(row[s]) for row in mine if row["model"] == model]) for s in _SCORES)
            lines.append(f"  {model:<32}" + "".join(f"{cell:>20}" for cell in cells))
    lines += ["", *_places(results), ""]
    return "\n".join(lines)


def classified(folder, of):
    """Return a text on the new objects whose predictions are in `folder`. of: the data that they come from."""
    with open(Path(folder, "predictions.csv"), newline="", encoding="utf-8") as stream:
        predictions = [row["prediction"] for row in csv.DictReader(stream)]
    chosen, unscored = predictions.count("1"), predictions.count("")
    lines = ["", f"Predictions of {of}", "", f"{chosen} of {len(predictions)} objects are chosen"]
    if unscored:
        lines.append(f"{unscored} have no prediction; the column domain_reason says why")
    lines += ["", *(f"{what:<14}{Path(folder, what)}.csv" for what in ("predictions", "probabilities"))]
    return "\n".join([*lines, ""])


def failures(jobs):
    """Return a text on failed jobs: the last error that each logged, and the place of its log.

    jobs: list of (name, path of the log that `mallorn.runtime.job_log.job_log` wrote, or None).
    """
    lines = ["", "1 job failed:" if len(jobs) == 1 else f"{len(jobs)} jobs failed:"]
    for name, path in jobs:
        lines += ["", name, *(f"    {line}" for line in _last_error(path)), *([f"    log: {path}"] if path else [])]
    return "\n".join([*lines, ""])


def _last_error(path):
    """Return the last error in a log as lines: its message, or the last line of its traceback."""
    text = Path(path).read_text(encoding="utf-8", errors="replace") if path and Path(path).is_file() else ""
    found = re.split(r"^[-\d]{10} [:,\d]{12} ERROR ", text, flags=re.MULTILINE)
    if len(found) == 1:
        return [_NO_ERROR]
    lines = found[-1].rstrip().splitlines()
    if "Traceback (most recent call last):" not in lines:
        return lines
    calls = [k for k, line in enumerate(lines) if line.startswith("  ")]
    return [" ".join(lines[calls[-1] + 1 :])]


def _spread(values):
    return f"{mean(values):.3f}" + (f" +- {stdev(values):.3f}" if len(values) > 1 else "")


def _places(results):
    names = {
        "submission.csv": "submission",
        "probabilities.csv": "probabilities",
        "evaluation/scores.csv": "scores",
        "features/train.parquet": "features",
    }
    return [f"{meaning:<14}{results / name}" for name, meaning in names.items() if (results / name).is_file()]
