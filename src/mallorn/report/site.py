"""The pages of the report, from whatever results there are."""

import csv
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import yaml

from mallorn.benchmarks.stages import ALL, FEATURES, read_summary
from mallorn.families.family import by_reason
from mallorn.io.tables import read_columns, read_notes
from mallorn.learning.classes import encode_classes
from mallorn.learning.training_sets import study_of
from mallorn.plots.evaluation import plot_precision_recall, plot_roc
from mallorn.plots.features import plot_ablation, plot_distributions, plot_family_importance, plot_importance
from mallorn.plots.history import plot_history
from mallorn.plots.performance import plot_cost, plot_growth
from mallorn.plots.style import save, style
from mallorn.report.candidates import COLUMNS, FLAGS, columns_of
from mallorn.report.drivers import mean_importance
from mallorn.report.render import as_table, number, render
from mallorn.report.tables import Part, read_csv, read_json, read_part
from mallorn.runs.history import changes, read_history, runs

__all__ = [
    "EVALUATIONS",
    "PACKAGES",
    "write_candidates_page",
    "write_evaluation_page",
    "write_features_page",
    "write_history_page",
    "write_input_page",
    "write_performance_page",
    "write_summary_page",
    "write_tuning_page",
]

PACKAGES = ("snakemake", "numpy", "celerite2", "light-curve", "lightgbm", "xgboost-cpu", "catboost", "scikit-learn")
"""Packages whose versions the summary tells."""

_SCORES = ("average_precision", "roc_auc", "f1", "precision", "recall")
_TITLES = {"average_precision": "average precision", "roc_auc": "ROC AUC", "f1": "F1"}

LISTED = 10_000
"""Test objects in the table of candidates that the browser sorts and filters; the files list them all."""

EVALUATIONS = {
    "nested": (
        "Nested scores",
        "What predicts and decides an outer fold, weights, calibration and threshold included, never saw it.",
    ),
    "curves": ("Precision-recall and ROC curves", "Out-of-fold probabilities of all models under both protocols."),
    "confusion": ("Confusion by type", "What objects of each type are taken for."),
    "by_type": ("Scores by type, redshift and signal-to-noise", "Where the model does well and where not."),
    "calibration": (
        "Calibration",
        "Whether a fraction p of the objects with probability p is of the class sought.",
    ),
    "learning_curve": (
        "Learning curve",
        "Scores after training on fewer events of the class sought: what more labels would bring.",
    ),
    "features": ("Audit of features", "What each feature alone tells of types, sets and siblings."),
    "selection": ("Selected features", "Features that stability selection keeps."),
}
"""Tables of results/evaluation that the page on evaluation shows: titles and texts."""

_FIGURES = {"by_redshift": "by_type", "by_snr": "by_type", "by_points": "by_type"}
"""Parts of the page to which figures belong whose names do not begin with the name of a table."""

_CAPTIONS = {
    "precision_recall": "Precision against recall of all models, repeats pooled.",
    "roc": "True against false positive rate of all models, repeats pooled.",
    "confusion": "What objects of each type are taken for, grouped folds.",
    "calibration": "Observed fraction of the class sought against the probability given.",
    "learning_curve": "Scores against the number of events of the class sought trained on.",
    "by_redshift": "Scores against redshift.",
    "by_snr": "Scores against the highest signal-to-noise of a point.",
    "by_points": "Scores against the number of points.",
    "by_type": "Share of each type that is taken for the class sought.",
}


def write_summary_page(folder, candidates, pages, scores, threshold, audits, about, benchmarks):
    """Write index.html.

    candidates: table. pages: {object_id: page}. scores: path. threshold: what threshold.json holds.
    audits: path of audits.json, there or not. about: {"data": rows, "made": rows, "level"}. benchmarks: folder.
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
            **{name: _shown(candidates[name][k], COLUMNS[name].decimals) for name in COLUMNS},
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
    """Return the rows of scores with the redshifts that the models were trained with."""
    return [row for row in rows if row.get("redshift", "spectroscopic") == "spectroscopic"]


def _score_tables(rows, submitted, level):
    protocols, intervals = [], f"{_SCORES[0]}_low" in rows[0]
    for protocol in dict.fromkeys(row["protocol"] for row in rows):
        table = []
        mine = [row for row in rows if row["protocol"] == protocol]
        for model, redshift in dict.fromkeys((row["model"], row.get("redshift", "")) for row in mine):
            repeats = [r for r in mine if r["model"] == model and r.get("redshift", "") == redshift]
            name = model + (" (submitted)" if model == submitted else "")
            name += ", photometric redshifts" if redshift == "photometric" else ""
            table.append((name, *(_interval(repeats, score, intervals) for score in _SCORES)))
        heads = ("Model", *(_TITLES.get(score, score) for score in _SCORES))
        protocols.append({"name": protocol, "table": as_table(heads, table, [False] + [True] * len(_SCORES))})
    return {"protocols": protocols, "intervals": intervals, "level": f"{level:.0%}" if level else ""}


def _interval(repeats, score, intervals):
    mean = np.mean([float(r[score]) for r in repeats])
    if intervals:
        low, high = (np.mean([float(r[f"{score}_{end}"]) for r in repeats]) for end in ("low", "high"))
        return f"{mean:.3f} ({low:.3f} – {high:.3f})"
    sd = np.std([float(r[score]) for r in repeats], ddof=1) if len(repeats) > 1 else None
    return f"{mean:.3f}" + ("" if sd is None else f" ± {sd:.3f}")


def _audits(path, scores):
    """Return what the template shows of audits.json (see `mallorn.evaluate.audits.verdict.merge`), which may not be
    there."""
    command = "snakemake --cores all evaluation"
    if not Path(path).is_file():
        return {"made": False, "command": command}
    found = read_json(path)
    rows = [{"name": a["name"], "verdict": a["verdict"], "finding": a["finding"]} for a in found["audits"]]
    stale = Path(path).stat().st_mtime < Path(scores).stat().st_mtime
    return {"made": True, "verdict": found["verdict"], "rows": rows, "stale": stale, "command": command}


def _words(name):
    return str(name).replace("_", " ")


def _value(value):
    return number(value, 4) if isinstance(value, float) else str(value)


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


def _shown(value, decimals):
    if decimals is None:
        return str(value)
    return "" if np.isnan(value) else f"{value:.{decimals}f}"


def write_candidates_page(folder, candidates, pages, threshold):
    """Write candidates.html. candidates: table. pages: {object_id: its page}. threshold: what threshold.json holds."""
    about = columns_of(candidates, threshold["target"])
    columns = [{"name": name, **column._asdict()} for name, column in about.items()]
    n = len(candidates["rank"])
    listed = {name: candidates[name][:LISTED] for name in about}
    rows = list(zip(*(_jsonable(listed[name], about[name].decimals) for name in about), strict=True))
    head = [[_shown(candidates[name][k], about[name].decimals) for name in about] for k in range(min(50, len(rows)))]
    render(
        Path(folder, "candidates.html"),
        "candidates.html",
        n=f"{n:,}",
        listed=f"{len(rows):,}" if len(rows) < n else "",
        n_chosen=int(candidates["chosen"].sum()),
        n_pages=len(pages),
        target=threshold["target"],
        threshold=f"{threshold['threshold']:.3f}",
        columns=columns,
        head=head,
        flags=FLAGS,
        data={"columns": columns, "rows": rows, "pages": pages},
    )


def _jsonable(values, decimals):
    if decimals is None:
        return [str(value) for value in values]
    if decimals == 0:
        return [None if np.isnan(v) else round(v) for v in values.tolist()]
    return [None if np.isnan(v) else round(v, decimals + 1) for v in values.tolist()]


def write_evaluation_page(folder, evaluation, scores, curves, commands):
    """Write evaluation.html from the tables and figures in the folder `evaluation`, of which there may be none.

    scores: path. curves: see `mallorn.plots.evaluation.plot_precision_recall`. commands: {part: command that makes it},
    where it is not `snakemake evaluation`.
    """
    found = {name: [] for name in EVALUATIONS}
    for name, draw in (("precision_recall", plot_precision_recall), ("roc", plot_roc)):
        draw(curves, Path(folder, "figures", name))
        found["curves"].append({"path": f"figures/{name}", "caption": _CAPTIONS[name]})
    figures = sorted(Path(evaluation, "figures").glob("*.svg")) if Path(evaluation, "figures").is_dir() else []
    for path in figures:
        stem = path.stem
        if stem in ("precision_recall", "roc"):
            continue
        part = _FIGURES.get(stem) or next((name for name in EVALUATIONS if stem.startswith(name)), "curves")
        found[part].append(_copied(path, folder))
    parts = []
    for name, (title, text) in EVALUATIONS.items():
        command = commands.get(name, "snakemake --cores all evaluation")
        path = Path(evaluation, f"{name}.csv")
        parts.append(read_part(title, text, command, path, found[name], newer_than=scores))
    everything = read_part(
        "All scores", "One row for each protocol, model and repeat.", "make run", scores, long_from=0
    )
    render(Path(folder, "evaluation.html"), "evaluation.html", parts=[*parts, everything])


def _copied(path, folder):
    """Copy a figure in both formats to the report; return what the macro `figure` shows."""
    target = Path(folder, "figures")
    target.mkdir(parents=True, exist_ok=True)
    for ending in (".svg", ".png"):
        if path.with_suffix(ending).is_file():
            shutil.copyfile(path.with_suffix(ending), target / path.with_suffix(ending).name)
    return {"path": f"figures/{path.stem}", "caption": _CAPTIONS.get(path.stem, _words(path.stem).capitalize())}


def write_features_page(folder, train, folds, importance, ablation, scores, settings):
    """Write features.html and its figures.

    train: path of the feature table. folds: table. importance: paths. ablation: path. scores: path.
    settings: {"model", "meaning": {feature: text}, "target", "training": block of config.yaml, "command"}.
    """
    names, mean, spread = mean_importance(importance)
    figures_folder = Path(folder, "figures")
    figures = []

    def draw(figure, name, caption):
        save(figure, figures_folder / name)
        figures.append({"path": f"figures/{name}", "caption": caption})

    with style():
        if mean.sum() > 0:
            draw(
                plot_importance(names[:30], mean[:30], spread[:, :30]),
                "importance",
                "The thirty most important features.",
            )
            families = list(dict.fromkeys(name.partition("__")[0] if "__" in name else "log" for name in names))
            of = np.array([name.partition("__")[0] if "__" in name else "log" for name in names])
            share = np.array([mean[of == family].sum() for family in families])
            order = np.argsort(-share, kind="stable")
            listed, counts = [families[k] for k in order], [int((of == families[k]).sum()) for k in order]
            draw(
                plot_family_importance(listed, share[order], counts),
                "family_importance",
                "Importance by feature family.",
            )
        top = names[:12]
        if top:  # a learner of light curves has none
            values, classes = _by_class(train, folds, top, settings)
            caption = "Distributions of the most important features by class, training objects."
            draw(plot_distributions(values, classes, settings["target"]), "distributions", caption)
        part = read_part("Ablation", "", settings["command"], ablation, newer_than=scores)
        if part.made:
            rows = [row for row in read_csv(ablation) if row.get("variant") == "without"]
            if rows:
                drawn = [(r["family"], r["protocol"], *(float(r[k]) for k in _GAIN)) for r in rows]
                save(plot_ablation(drawn), figures_folder / "ablation")
                part.figures = [
                    {"path": "figures/ablation", "caption": "What leaving out one family does; left of zero it helps."}
                ]
    lacking = [
        (why, len(columns), ", ".join(dict.fromkeys(name.partition("__")[0] for name in columns)))
        for why, columns in by_reason(read_notes(train)).items()
    ]
    shown = [
        (name.replace("__", " · "), f"{100 * m:.2f}", settings["meaning"].get(name, ""))
        for name, m in zip(names[:60], mean, strict=False)
    ]
    members = ", ".join(settings["members"])
    render(
        Path(folder, "features.html"),
        "features.html",
        n_features=len(names),
        n_families=len({name.partition("__")[0] for name in names if "__" in name}),
        model=settings["model"],
        note=f", the mean over its members {members}" if members else "",
        figures=figures,
        ablation=part,
        lacking=as_table(("Why", "Features", "Of the families"), lacking, [False, True, False]),
        top=as_table(("Feature", "Share (%)", "Meaning"), shown, [False, True, False]),
    )


_GAIN = ("average_precision_gain", "average_precision_gain_sd")


def _by_class(train, folds, names, settings):
    table = read_columns(train, ["object_id", *names])
    first = (folds["repeat"] == folds["repeat"][0]) & (folds["protocol"] == folds["protocol"][0])
    labels = {name: folds[name][first] for name in ("spec_type", "target")}
    classes, names_of, _ = encode_classes(labels, "multiclass", settings["training"], settings["target"])
    of = {name: names_of[k] for name, k in zip(folds["object_id"][first], classes, strict=True)}
    classes = np.array([of[name] for name in table["object_id"]], dtype=object)
    return {name: np.asarray(table[name], dtype=float) for name in names}, classes


def write_tuning_page(folder, tuning, scores, command):
    """Write tuning.html from the folders {training}/{protocol}/{repeat}/{model} of the folder `tuning`, if any."""
    parts = []
    for best in sorted(Path(tuning).glob("*/*/*/*/best.yaml")):
        training, protocol, repeat, model = best.parts[-5:-1]
        study = study_of(training, protocol, repeat)
        part = Part(f"{model}, {study}", "", command, made=True)
        part.stale = False
        for name in ("history", "importance"):
            if best.with_name(f"{name}.svg").is_file():
                part.figures.append(
                    _tuning_figure(best.with_name(f"{name}.svg"), folder, f"tuning_{study}_{model}_{name}")
                )
        content = yaml.safe_load(best.read_text(encoding="utf-8")) or {}
        rows = [(key, _value(value)) for key, value in _leaves(content)]
        entry = {
            **part.__dict__,
            "best": as_table(("", ""), rows, [False, False]),
            "table": _trials(best.with_name("trials.parquet")),
        }
        parts.append(entry)
    render(Path(folder, "tuning.html"), "tuning.html", parts=parts, command=command)


def _tuning_figure(path, folder, name):
    target = Path(folder, "figures")
    target.mkdir(parents=True, exist_ok=True)
    for ending in (".svg", ".png"):
        if path.with_suffix(ending).is_file():
            shutil.copyfile(path.with_suffix(ending), target / f"{name}{ending}")
    return {
        "path": f"figures/{name}",
        "caption": {"history": "Scores of the trials", "importance": "Importance of the parameters"}[path.stem],
    }


def _trials(path):
    if not path.is_file():
        return None
    table = read_columns(path)
    rows = zip(*([_value(v) for v in np.asarray(values).tolist()] for values in table.values()), strict=True)
    return as_table([_words(name) for name in table], rows)


def _leaves(content, path=()):
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, str(key)))
        else:
            yield ".".join((*path, str(key))), value


def write_input_page(folder, survey):
    """Write input.html. survey: what `explore_survey` wrote: its folder, beside the report's pages."""
    about = read_json(Path(survey, "tables.json"))
    name = Path(survey).name
    captions = {
        "types": "Training objects by spectroscopic type.",
        "redshifts": "Redshifts.",
        "points": "Points of each object, by passband.",
        "cadence": "Cadence: time between visits of a passband, and nights with a point.",
        "examples": "One ordinary training object of each of the most frequent types.",
    }
    render(
        Path(folder, "input.html"),
        "input.html",
        subline=about["subline"],
        figures={key: {"path": f"{name}/{key}", "caption": text} for key, text in captions.items()},
        types=as_table(("Type", "Objects", "Share", "Median z", "Median points"), about["types"]),
        set_aside=as_table(("Reason", "Rows", "Objects", "First file", "Line"), about["set_aside"]),
    )


def write_performance_page(folder, summary, scores, command):
    """Write performance.html. summary: path of what `bench` wrote, there or not. scores: path."""
    part = read_part("Performance", "", command, summary, newer_than=scores)
    rows = read_summary(summary) if part.made else []
    surveys, figures = {}, Path(folder, "figures")
    for row in rows:
        surveys.setdefault((row["survey"], row["objects"]), []).append(row)
    if rows:
        plot_cost(rows, figures / "performance_cost")
        caption = "CPU per object of the stages that cost most."
        part.figures.append({"path": "figures/performance_cost", "caption": caption})
        if plot_growth(rows, figures / "performance_growth"):
            caption = "CPU by number of objects, simulated surveys, with the fitted exponents."
            part.figures.append({"path": "figures/performance_growth", "caption": caption})
    shown = [
        {"title": f"{survey}, {objects:,.0f} objects", "table": _stages(of_survey)}
        for (survey, objects), of_survey in surveys.items()
    ]
    render(
        Path(folder, "performance.html"),
        "performance.html",
        part=part,
        command=command,
        surveys=shown,
        tiles=_of_features(rows),
    )


_MEASURED = {
    "jobs": "Jobs",
    "cpu_s": "CPU (s)",
    "wall_s": "Wall (s)",
    "cpu_ms_per_object": "CPU per object (ms)",
    "start_share": "Start",
    "peak_mb": "Memory (MB)",
    "read_mb": "Read (MB)",
    "written_mb": "Written (MB)",
    "cpu_exponent": "Exponent",
}
"""Columns of the summary that the page on performance shows, and their headings."""


def _stages(rows):
    """Return the table of the stages of one survey, the costliest first, after their sums."""
    sums = (FEATURES, ALL)
    order = sorted(rows, key=lambda row: (row["stage"] not in sums, -row["cpu_s"]))
    shown = [
        (row["stage"], *(f"{row[n]:.0%}" if n == "start_share" else number(round(row[n], 3)) for n in _MEASURED))
        for row in order
    ]
    return as_table(("Stage", *_MEASURED.values()), shown, [False] + [True] * len(_MEASURED))


def _of_features(rows):
    features = [row for row in rows if row["stage"] == FEATURES]
    if not features:
        return []
    first, exponent = features[0], features[0]["cpu_exponent"]
    tiles = [
        (f"{first['cpu_ms_per_object']:.0f} ms", f"CPU per object for all features, {first['survey']}"),
        (f"{first['start_share']:.0%}", "of it to start Python and import"),
        (f"{max(row['peak_mb'] for row in rows):,.0f} MB", "memory of the largest job of all"),
    ]
    if np.isfinite(exponent):
        tiles.append((f"{exponent:.2f}", "growth of the CPU of all features: 1 is in proportion to the objects"))
    return [{"value": value, "label": label} for value, label in tiles]


def write_history_page(folder, history, model):
    """Write history.html. history: path. model: the submitted model, whose scores are shown."""
    found = runs(read_history(history))
    shown = []
    for k, run in enumerate(found):
        told = changes(found[k - 1], run) if k else []
        keys = [(p, model, s) for p in ("grouped", "stratified") for s in ("average_precision", "f1")]
        scores = [f"{run['scores'][key][0]:.3f}" if key in run["scores"] else "" for key in keys]
        digests = {name: run[f"{name}_digest"][:8] for name in ("config", "code", "data")}
        note = "nothing: run again" if k else "first run"
        shown.append(
            {
                "run": run["run"],
                "time": run["time"][:16].replace("T", " "),
                "scores": scores,
                "changes": told,
                "note": note,
                **digests,
            }
        )
    figures = []
    if found:
        with style():
            save(plot_history(found, model), Path(folder, "figures", "history"))
        caption = f"Scores of {model} over runs; bars: standard deviation over repeats."
        figures = [{"path": "figures/history", "caption": caption}]
    render(Path(folder, "history.html"), "history.html", runs=shown[::-1], figures=figures, model=model)
