"""The first page of the report: how many candidates, how good the models, how much time it took."""

import csv
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from mallorn.report.candidates import COLUMNS
from mallorn.report.render import as_table, render, shown_as
from mallorn.report.tables import read_csv, read_json

__all__ = ["PACKAGES", "write_summary_page"]

PACKAGES = ("snakemake", "numpy", "celerite2", "light-curve", "lightgbm", "xgboost-cpu", "catboost", "scikit-learn")
"""Packages whose versions are in the summary."""


_SCORES = ("average_precision", "roc_auc", "f1", "precision", "recall")


_REDSHIFTS = {
    "photometric": (
        ", photometric redshifts",
        "the same models, of objects whose redshifts were given the errors of the test set's.",
    ),
    "photometric, averaged": (
        ", photometric redshifts, averaged",
        "of these, the mean probability over draws of each redshift from its distribution.",
    ),
    "none": (
        ", no redshifts",
        "models trained on the same objects with their redshifts taken away, which score objects that have none.",
    ),
}
"""Suffix of a model's name if it is not scored with spectroscopic redshifts, and its meaning."""

_TITLES = {"average_precision": "average precision", "roc_auc": "ROC AUC", "f1": "F1"}


def write_summary_page(folder, candidates, pages, scores, threshold, audits, about, benchmarks):
    """Write index.html.

    candidates: table. pages: {object_id: page}. scores: path. threshold: content of threshold.json. audits: path of
    audits.json, which may be missing. about: {"data": rows, "made": rows, "level"}. benchmarks: folder.
    """
    rows = read_csv(scores)
    n, chosen = len(candidates["rank"]), int(candidates["chosen"].sum())
    tiles = [{"value": f"{chosen}", "label": f"candidates chosen of {n:,} test objects", "hot": True}]
    for protocol, meaning in (("grouped", "for new events"), ("stratified", "as on a leaderboard")):
        for score in ("average_precision", "f1"):
            value = _of_model(rows, protocol, threshold["model"], score)
            if value:
                tiles.append({"value": value, "label": f"{_TITLES[score]}, {protocol} folds: {meaning}", "hot": False})
    first = [
        {
            **{name: shown_as(candidates[name][k], COLUMNS[name].decimals) for name in COLUMNS if name in candidates},
            "href": f"candidates/{pages[candidates['object_id'][k]]}.html",
            "flags": [flag for flag in candidates["flags"][k].split("; ") if flag],
        }
        for k in range(min(10, n))
        if candidates["object_id"][k] in pages
    ]
    render(
        Path(folder, "index.html"),
        "index.html",
        headline=f"{chosen} {threshold['target']} candidates",
        target=threshold["target"],
        subline=f"{n:,} test objects, ranked by {threshold['model']}, trained on {threshold['protocol']} folds.",
        tiles=tiles,
        first=first,
        n_test=f"{n:,}",
        scores=_score_tables(rows, threshold["model"], about["level"]),
        audits=_audits(audits, scores),
        data=as_table(("", ""), about["data"], [False, True]),
        versions=as_table(("", ""), [*about["made"], *_versions()], [False, False]),
        times=_times(benchmarks),
    )


def _of_model(rows, protocol, model, score):
    values = [float(r[score]) for r in _plain(rows) if r["protocol"] == protocol and r["model"] == model]
    return f"{np.mean(values):.3f}" if values else ""


def _plain(rows):
    """Return the rows of scores with redshifts like those in training."""
    return [row for row in rows if row.get("redshift", "spectroscopic") == "spectroscopic"]


def _score_tables(rows, submitted, level):
    protocols, intervals = [], f"{_SCORES[0]}_low" in rows[0]
    for protocol in dict.fromkeys(row["protocol"] for row in rows):
        table = []
        mine = [row for row in rows if row["protocol"] == protocol]
        for model, redshift in dict.fromkeys((row["model"], row.get("redshift", "")) for row in mine):
            repeats = [r for r in mine if r["model"] == model and r.get("redshift", "") == redshift]
            name = model + (" (submitted)" if model == submitted else "")
            name += _REDSHIFTS[redshift][0] if redshift in _REDSHIFTS else ""
            table.append((name, *(_interval(repeats, score, intervals) for score in _SCORES)))
        heads = ("Model", *(_TITLES.get(score, score) for score in _SCORES))
        protocols.append({"name": protocol, "table": as_table(heads, table, [False] + [True] * len(_SCORES))})
    there = {row.get("redshift", "") for row in rows}
    ways = [(name.removeprefix(", "), text) for kind, (name, text) in _REDSHIFTS.items() if kind in there]
    return {"protocols": protocols, "intervals": intervals, "ways": ways, "level": f"{level:.0%}" if level else ""}


def _interval(repeats, score, intervals):
    mean = np.mean([float(r[score]) for r in repeats])
    if intervals:
        low, high = (np.mean([float(r[f"{score}_{end}"]) for r in repeats]) for end in ("low", "high"))
        return f"{mean:.3f} ({low:.3f} – {high:.3f})"
    sd = np.std([float(r[score]) for r in repeats], ddof=1) if len(repeats) > 1 else None
    return f"{mean:.3f}" + ("" if sd is None else f" ± {sd:.3f}")


def _audits(path, scores):
    """Return audits.json (see `mallorn.evaluate.audits.verdict.merge`) for the template; the file may be missing."""
    command = "snakemake --cores all evaluation"
    if not Path(path).is_file():
        return {"made": False, "command": command}
    found = read_json(path)
    rows = [{"name": a["name"], "verdict": a["verdict"], "finding": a["finding"]} for a in found["audits"]]
    stale = Path(path).stat().st_mtime < Path(scores).stat().st_mtime
    return {"made": True, "verdict": found["verdict"], "rows": rows, "stale": stale, "command": command}


def _versions():
    rows = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            rows.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return rows


def _times(folder):
    """Return the table of the CPU seconds, wall seconds and memory of the benchmarks in `folder`, by rule."""
    stages = {}
    for path in sorted(Path(folder).rglob("*.tsv")):
        rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
        with open(path, newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                wall, cpu, memory = (_float(row.get(key)) for key in ("s", "cpu_time", "max_rss"))
                stages.setdefault(rule, []).append((wall, cpu, memory))
    rows = [
        (rule, len(jobs), *(f"{sum(job[k] for job in jobs):.0f}" for k in (0, 1)), f"{max(job[2] for job in jobs):.0f}")
        for rule, jobs in sorted(stages.items(), key=lambda item: -sum(job[0] for job in item[1]))
    ]
    return as_table(("Stage", "Jobs", "Wall (s), summed", "CPU (s)", "Most memory (MB)"), rows)


def _float(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return 0.0
