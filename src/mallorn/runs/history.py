"""The history of runs: how each was made, and its scores."""

import hashlib
import json
from pathlib import Path

import numpy as np

from mallorn.io.tables import read_columns, write_table

__all__ = [
    "COLUMNS",
    "append_run",
    "changes",
    "config_digest",
    "data_digest",
    "read_history",
    "runs",
    "summarise_scores",
]

COLUMNS = {
    "run": np.int32,
    "time": object,
    "config_digest": object,
    "code_digest": object,
    "data_digest": object,
    "config": object,
    "code": object,
    "protocol": object,
    "model": object,
    "score": object,
    "repeats": np.int32,
    "mean": float,
    "sd": float,
}
"""Columns and their types: one row for each run, protocol, model and score. `config` and `code` are JSON."""


_KEPT = ("average_precision", "roc_auc", "f1", "precision", "recall")


def config_digest(config):
    """Return a digest of a configuration in which the order of keys does not matter."""
    return _digest(json.dumps(config, sort_keys=True))


def data_digest(paths):
    """Return a digest of the contents of files, in the order of their paths."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(map(str, paths)):
        digest.update(hashlib.blake2b(Path(path).read_bytes()).digest())
    return digest.hexdigest()


def append_run(path, time, config, modules, data, scores):
    """Append a run to the history at `path`, which is created if missing; return the run's number, counted from 1.

    time: ISO 8601 text. config: the whole configuration. modules: {module: digest of its code}. data: `data_digest`.
    scores: [{"protocol", "model", "score", "repeats", "mean", "sd"}].
    """
    old = read_history(path)
    run = int(old["run"].max(initial=0)) + 1
    about = {
        "run": run,
        "time": time,
        "config_digest": config_digest(config),
        "code_digest": _digest(json.dumps(modules, sort_keys=True)),
        "data_digest": data,
        "config": json.dumps(config, sort_keys=True),
        "code": json.dumps(modules, sort_keys=True),
    }
    rows = [{**about, **row} for row in scores]
    whole = {}
    for name, kind in COLUMNS.items():
        whole[name] = np.concatenate([old[name], np.array([row[name] for row in rows], dtype=kind)])
    write_table(path, whole)
    return run


def read_history(path):
    """Return the history as {column: array} for `COLUMNS`, without rows if there is none yet."""
    if not Path(path).is_file():
        return {name: np.empty(0, dtype=kind) for name, kind in COLUMNS.items()}
    return read_columns(path, list(COLUMNS))


def runs(history):
    """Return the runs of a history, oldest first: dicts of the columns that a run has once, and "scores".

    scores: {(protocol, model, score): (mean, sd)}.
    """
    found = []
    for run in np.unique(history["run"]):
        rows = np.flatnonzero(history["run"] == run)
        first = {name: history[name][rows[0]] for name in ("time", "config_digest", "code_digest", "data_digest")}
        whole = {name: json.loads(history[name][rows[0]]) for name in ("config", "code")}
        key = list(zip(*(history[name][rows] for name in ("protocol", "model", "score")), strict=True))
        values = list(zip(history["mean"][rows].tolist(), history["sd"][rows].tolist(), strict=True))
        found.append({"run": int(run), **first, **whole, "scores": dict(zip(key, values, strict=True))})
    return found


def summarise_scores(rows):
    """Return `scores` for `append_run` from the rows of scores.csv, dicts of text: mean and scatter over repeats.

    Scores with photometric redshifts in place of spectroscopic ones are left out.
    """
    found = {}
    for row in rows:
        if row.get("redshift", "spectroscopic") == "spectroscopic":
            for score in _KEPT:
                found.setdefault((row["protocol"], row["model"], score), []).append(float(row[score]))
    return [
        {
            "protocol": protocol,
            "model": model,
            "score": score,
            "repeats": len(values),
            "mean": float(np.mean(values)),
            "sd": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
        }
        for (protocol, model, score), values in found.items()
    ]


def changes(before, after):
    """Return texts on the differences between two of `runs`: fields of the configuration, modules, the data."""
    told = []
    if before["data_digest"] != after["data_digest"]:
        told.append("data")
    modules = [
        m for m in sorted(before["code"].keys() | after["code"].keys()) if before["code"].get(m) != after["code"].get(m)
    ]
    if modules:
        shown = ", ".join(m.removeprefix("mallorn.") for m in modules[:6])
        told.append(f"code {shown}" + (f" and {len(modules) - 6} more" if len(modules) > 6 else ""))
    old, new = _leaves(before["config"]), _leaves(after["config"])
    for key in sorted(old.keys() | new.keys()):
        if key not in old or key not in new:
            told.append(f"config {key}: " + (f"new, {_short(new[key])}" if key in new else "gone"))
        elif old[key] != new[key]:
            told.append(f"config {key}: {_short(old[key])} → {_short(new[key])}")
    return told


def _leaves(config, path=()):
    if isinstance(config, dict):
        return {k: v for key, value in config.items() for k, v in _leaves(value, (*path, str(key))).items()}
    return {".".join(path): config}


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _digest(text):
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
