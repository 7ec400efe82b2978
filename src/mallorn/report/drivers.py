"""What drives an object's probability: SHAP values if they were made, else the most important features."""

from dataclasses import dataclass, field, replace

import numpy as np

from mallorn.families.catalogue import meanings
from mallorn.io.tables import read_columns
from mallorn.report.neighbours import Scaler, nearest
from mallorn.report.render import number

__all__ = ["Context", "driver_rows", "mean_importance", "read_context"]

_FOR, _AGAINST, _NEUTRAL = "#d55e00", "#0072b2", "#8a8a8a"


@dataclass
class Context:
    """Data that the pages of objects share.

    target: name of the target class. values: {object_id: (p,)} of `compared` features; shap: {object_id: [(feature,
    value, shap)]}; typical: {feature: ((low, high) of targets, (low, high) of others)}. home: the page that lists the
    objects, "candidates", or "index" if there is no other. data: the data behind the pages. code: digest of the code
    that draws, by which figures are kept (see `mallorn.plots.kept`); None to draw all.
    """

    target: str
    threshold: float
    n_objects: int
    compared: list
    importance: dict
    values: dict
    typical: dict
    meaning: dict
    train_ids: np.ndarray
    train_scaled: np.ndarray
    scaler: Scaler
    shap: dict = field(default_factory=dict)
    n_drivers: int = 12
    called: str = "test objects"
    home: str = "candidates"
    data: str = ""
    code: str | None = None

    def neighbours(self, object_id, number):
        """Return [(training object's id, distance)] of the `number` nearest other objects; none without features."""
        if not self.compared:
            return []
        scaled = self.scaler(self.values[object_id][None])
        rows, distances = nearest(scaled, self.train_scaled, number + 1)
        found = [(str(self.train_ids[k]), float(d)) for k, d in zip(rows[0], distances[0], strict=True)]
        return [pair for pair in found if pair[0] != object_id][:number]

    def without_training_objects(self):
        """Return the same without the data for `neighbours`, which is then quick to send to other processes."""
        return replace(self, train_ids=None, train_scaled=None, scaler=None)


def mean_importance(paths):
    """Return (names, mean, range (2, k)) of importances in several files, each scaled to sum to 1, by falling mean."""
    tables = [read_columns(path, ["feature", "importance"]) for path in paths]
    names = sorted({name for table in tables for name in table["feature"]})
    place = {name: k for k, name in enumerate(names)}
    values = np.zeros((len(tables), len(names)))
    for row, table in zip(values, tables, strict=True):
        row[[place[name] for name in table["feature"]]] = table["importance"] / max(table["importance"].sum(), 1e-300)
    mean = values.mean(axis=0)
    order = np.lexsort((names, -mean))
    return [names[k] for k in order], mean[order], np.stack([values.min(axis=0), values.max(axis=0)])[:, order]


def read_context(object_id, paths, labels, settings, decision):
    """Return the `Context` of the pages of the objects `object_id`.

    paths: {"train", "test": path of a feature table, "importance": paths, "explanations": path of SHAP values or None}.
    labels: {"object_id", "target"} of the training objects. settings: {"features": whole block of config.yaml,
    "compared", "drivers": numbers}. decision: {"target", "threshold"}, as in threshold.json.
    """
    names, mean, _ = mean_importance(paths["importance"])
    compared = names[: settings["compared"]]
    shap = _read_shap(paths["explanations"], set(object_id))
    wanted = list(dict.fromkeys([*compared, *(f for rows in shap.values() for f, _, _ in rows)]))
    ids, values = _read_values(paths["train"], wanted)
    others = read_columns(paths["test"], ["object_id"])["object_id"].astype(str)
    shown = np.flatnonzero(np.isin(others, np.asarray(object_id, dtype=str)))
    theirs = _read_values(paths["test"], wanted, shown)[1]
    is_target = dict(zip(labels["object_id"].astype(str), labels["target"] == 1, strict=True))
    sought = np.array([is_target[name] for name in ids])
    place = [wanted.index(name) for name in compared]
    scaler = Scaler(values[:, place])
    of = dict(zip([*ids, *others[shown]], np.concatenate([values, theirs])[:, place], strict=True))
    return Context(
        target=decision["target"],
        threshold=decision["threshold"],
        n_objects=len(others),
        compared=compared,
        importance=dict(zip(names, mean.tolist(), strict=True)),
        values={name: of[name] for name in map(str, object_id)},
        typical={name: (_range(values[sought, k]), _range(values[~sought, k])) for k, name in enumerate(wanted)},
        meaning=meanings(settings["features"]),
        train_ids=ids,
        train_scaled=scaler(values[:, place]),
        scaler=scaler,
        shap=shap,
        n_drivers=settings["drivers"],
    )


def _read_values(path, names, rows=None):
    table = read_columns(path, ["object_id", *names], rows=rows)
    ids = table["object_id"].astype(str)
    values = np.empty((len(ids), len(names)))
    for k, name in enumerate(names):
        values[:, k] = table[name]
    return ids, values


def _read_shap(path, wanted):
    if path is None:
        return {}
    table = read_columns(path, ["object_id", "feature", "value", "shap"])
    shap = {}
    for object_id, *row in zip(*(table[n].tolist() for n in ("object_id", "feature", "value", "shap")), strict=True):
        if object_id in wanted:
            shap.setdefault(str(object_id), []).append(tuple(row))
    return shap


def _range(values):
    known = values[np.isfinite(values)]
    return tuple(np.percentile(known, [16.0, 84.0])) if len(known) else (np.nan, np.nan)


def driver_rows(object_id, context):
    """Return the drivers of one object for the template: {"text", "head", "rows"}."""
    if object_id in context.shap:
        found = sorted(context.shap[object_id], key=lambda row: -abs(row[2]))[: context.n_drivers]
        strongest = max((abs(shap) for _, _, shap in found), default=1.0) or 1.0
        rows = [
            _row(context, name, value, 50.0 * shap / strongest, _FOR if shap > 0 else _AGAINST, f"SHAP {shap:+.3f}")
            for name, value, shap in found
        ]
        text = (
            "SHAP values: how much each feature moves this object's score, "
            f"towards {context.target} (right, orange) or away from it (left, blue)."
        )
        return {"text": text, "head": f"away ← SHAP → {context.target}", "rows": rows}
    if not context.compared:
        return {"text": "The model reads light curves, not features.", "head": "", "rows": []}
    names = context.compared[: context.n_drivers]
    strongest = max((context.importance[name] for name in names), default=1.0) or 1.0
    values = dict(zip(context.compared, context.values[object_id], strict=True))
    rows = [
        _row(context, n, values[n], 100.0 * context.importance[n] / strongest, _NEUTRAL, f"{context.importance[n]:.2%}")
        for n in names
    ]
    text = (
        "The features that matter most to the model over all objects; there are no SHAP values for this object. "
        f"Compare the value with those of the training objects of class {context.target} and of the others."
    )
    return {"text": text, "head": "Importance", "rows": rows}


def _row(context, name, value, width, color, strength):
    sought, other = context.typical[name]
    diverging = color != _NEUTRAL
    left = (50.0 if width > 0 else 50.0 + width) if diverging else 0.0
    return {
        "title": name.replace("__", " · "),
        "meaning": context.meaning.get(name, ""),
        "value": number(value) or "unknown",
        "sought": _interval(sought),
        "other": _interval(other),
        "left": f"{left:.1f}",
        "width": f"{abs(width):.1f}",
        "color": color,
        "strength": strength,
    }


def _interval(pair):
    return "" if np.isnan(pair[0]) else f"{number(pair[0])} – {number(pair[1])}"
