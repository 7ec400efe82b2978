"""Pages of the most probable objects that were scored: vetting pages as in the report, without a training set."""

import heapq
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.families.catalogue import meanings
from mallorn.families.pipeline import make_artifacts
from mallorn.interface.configuration import configuration
from mallorn.interface.over_time import score_over_time
from mallorn.io.tables import write_table
from mallorn.learning.training_sets import EARLY
from mallorn.report.candidates import FLAGS
from mallorn.report.drivers import Context
from mallorn.report.names import page_name
from mallorn.report.object_page import write_object_page
from mallorn.report.objects import read_views
from mallorn.report.render import render, shown_as
from mallorn.report.store import Store
from mallorn.survey.lightcurves import write_lightcurves
from mallorn.survey.passbands import SLOTS

__all__ = ["Pages"]

_DRIVERS = 12  # features that a page names
_NEEDS = {"posterior", "fits/hypotheses", "fits/drw", "fits/matern"}
_UNKNOWN = ((np.nan, np.nan), (np.nan, np.nan))
_NAVIGATION = [("index", "Objects")]


class Pages:
    """The `number` most probable objects among all that a `Model` scores, and their pages in `folder`."""

    def __init__(self, model, folder, number):
        self._model, self._folder, self._number = model, Path(folder), number
        self._heap, self._count, self._seen = [], 0, 0

    def add(self, frame, batch):
        """Keep the objects of a batch that are among the most probable so far. frame: its scores."""
        probability = frame["probability"].to_numpy()
        self._seen += len(frame)
        least = self._heap[0][0] if len(self._heap) == self._number else -np.inf
        rows = [k for k in np.argsort(-np.nan_to_num(probability, nan=-1.0), kind="stable") if probability[k] > least]
        if not rows:
            return
        curves = batch.lightcurves()
        for k in rows[: self._number]:
            self._count += 1  # if two have the same probability, the first stays
            row = frame.iloc[k].to_dict() | {"input": Path(batch.path).name}
            entry = float(probability[k]), -self._count, curves.take([k]), row
            push = heapq.heappush if len(self._heap) < self._number else heapq.heappushpop
            push(self._heap, entry)

    def write(self):
        """Write the pages, and index.html with links to them."""
        kept = sorted(self._heap, key=lambda entry: (-entry[0], -entry[1]))
        rows = [{**row, "rank": k + 1, "chosen": int(row["decision"] == 1)} for k, (*_, row) in enumerate(kept)]
        for row in rows:
            row.pop(f"{CLASS_PREFIX}{self._model.target}")  # which is row["probability"]
        if kept:
            with tempfile.TemporaryDirectory(prefix="mallorn-") as folder, threadpool_limits(1):
                views = self._views(folder, [curves for _, _, curves, _ in kept])
            context = self._context([curves for _, _, curves, _ in kept])
            over_time = self._over_time([curves for _, _, curves, _ in kept])
            names = [str(row["object_id"]) for row in rows]
            for k, (name, row) in enumerate(zip(names, rows, strict=True)):
                beside = names[k - 1] if k else None, names[k + 1] if k + 1 < len(names) else None
                view = replace(views[name], split=row["input"])
                row["over_time"] = over_time.get(name)
                write_object_page(self._folder / "objects", view, row, context, [], "../", *beside)
        self._write_index(rows)

    def _views(self, folder, curves):
        """Return {object_id: `ObjectView`}, through files like those of the workflow."""
        settings, report = self._model.settings, configuration({})["report"]
        splits = [str(k) for k in range(len(curves))]
        store = Store({}, {}, {}, {}, {}, {})
        for split, one in zip(splits, curves, strict=True):
            made = make_artifacts(_NEEDS, one, settings)
            of = {name: str(Path(folder, f"{split}.{name}.parquet")) for name in Store.FIELDS[:4]}
            write_lightcurves(one, of["lightcurves"], of["objects"])
            posterior = vars(made["posterior"])
            write_table(of["posterior"], {name: v for name, v in posterior.items() if name not in ("phase", "knots")})
            write_table(of["hypotheses"], made["fits/hypotheses"])
            for name, path in of.items():
                getattr(store, name)[split] = path
            for name in ("drw", "matern"):
                paths = {slot: str(Path(folder, f"{split}.{name}.{slot}.parquet")) for slot in SLOTS}
                for slot, path in paths.items():
                    write_table(path, made[f"fits/{name}"][slot])
                getattr(store, name)[split] = paths
        ids = np.array([str(one.object_id[0]) for one in curves], dtype=object)
        log = {"object_id": ids, "split": np.array(splits, dtype=object), "spec_type": np.full(len(ids), None)}
        drawing = {"posterior": settings["posterior"], "phases": report["sed_phases"]}
        drawing["blackbody"] = configuration({})["features"]["blackbody"] | settings["features"].get("blackbody", {})
        return read_views(store, log, ids, drawing)

    def _over_time(self, curves):
        """Return {object id: its scores over time}, for a model that has learned from young objects."""
        if EARLY not in self._model.about:
            return {}
        said = [score_over_time(self._model, one) for one in curves]
        return {str(one.object_id[0]): of.to_dict("list") for one, of in zip(curves, said, strict=True)}

    def _context(self, curves):
        shap, typical = {}, {}
        for one in curves if self._model.can_explain else ():
            table = self._model.explain(one, _DRIVERS)
            columns = (table[name].tolist() for name in ("feature", "value", "shap"))
            shap[str(one.object_id[0])] = list(zip(*columns, strict=True))
            typical |= dict.fromkeys(table["feature"], _UNKNOWN)
        return Context(
            target=self._model.target,
            threshold=self._model.threshold,
            n_objects=self._seen,
            compared=[],
            importance={},
            values={},
            typical=typical,
            meaning=meanings(self._model.settings["features"]),
            train_ids=None,
            train_scaled=None,
            scaler=None,
            shap=shap,
            n_drivers=_DRIVERS,
            called="objects",
            home="index",
        )

    def _write_index(self, rows):
        classes = [f"{CLASS_PREFIX}{name}" for name in self._model.classes[1:]]
        numbers = ("probability", "probability_low", "probability_high", *classes, "redshift")
        shown = [
            {
                "href": f"objects/{page_name(row['object_id'])}.html",
                "object_id": row["object_id"],
                "chosen": row["chosen"],
                "numbers": [shown_as(row[name], 3) for name in numbers],
                "kind": row["kind"],
                "flags": [{"name": f, "meaning": FLAGS[f]} for f in str(row["flags"]).split("; ") if f],
            }
            for row in rows
        ]
        heads = [f"P({self._model.target})", "least", "most", *(f"P({name})" for name in self._model.classes[1:]), "z"]
        told = {"heads": heads, "rows": shown, "n": f"{self._seen:,}", "target": self._model.target}
        threshold = f"{self._model.threshold:.3f}"
        render(self._folder / "index.html", "scored.html", pages=_NAVIGATION, page="index", threshold=threshold, **told)
