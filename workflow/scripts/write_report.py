"""Write the pages of the report from the existing results."""

import json
import logging
from pathlib import Path

import numpy as np

from mallorn.families.catalogue import meanings
from mallorn.io.tables import read_columns
from mallorn.learning.folds import PROTOCOLS, fold_of
from mallorn.report.candidates import with_pages
from mallorn.report.names import page_name
from mallorn.report.pages.candidates import write_candidates_page
from mallorn.report.pages.classes import write_classes_page
from mallorn.report.pages.evaluation import write_evaluation_page
from mallorn.report.pages.features import write_features_page
from mallorn.report.pages.history import write_history_page
from mallorn.report.pages.performance import write_performance_page
from mallorn.report.pages.summary import write_summary_page
from mallorn.report.pages.survey import write_input_page
from mallorn.report.pages.tuning import write_tuning_page
from mallorn.report.pages.unusual import write_unusual_page
from mallorn.report.render import pages_of
from mallorn.report.tables import read_json
from mallorn.runs.history import read_history, runs
from mallorn.runs.inputs import line, read_input
from mallorn.survey.taxonomy import Taxonomy

PATHS = ("candidates", "threshold", "scores", "history", "survey", "train", "folds", "importance")

_COMMANDS = {
    part: f"snakemake --cores all {target}"
    for target, parts in {
        "rocket": ("rocket", "rocket_gains"),
        "fresh": ("fresh", "fresh_gains"),
        "predictive": ("new_samples",),
        "select_features": ("selection",),
        "early": ("early", "early_gains", "early_times", "early_found"),
        "networks": ("networks",),
    }.items()
    for part in parts
}
"""Commands for the parts of the page on evaluation that `snakemake evaluation` does not make."""


def main(paths, folders, folder, settings):
    """Write all pages except those of objects to `folder`.

    paths: {"candidates", "threshold", "scores", "history", "survey", "train", "folds": path, "importance":
    paths}. folders: {"evaluation", "tuning", "benchmarks", "candidates", "classes"}; some may be empty.
    settings: blocks of the configuration; "taxonomy", see `mallorn.survey.taxonomy.Taxonomy`; "members", the models of
    the submitted ensemble, none for a single model.
    """
    table = read_columns(paths["candidates"])
    decision = json.loads(Path(paths["threshold"]).read_text(encoding="utf-8"))
    scores, history, survey = (paths[name] for name in ("scores", "history", "survey"))
    names = {str(o): page_name(o) for o in with_pages(table, settings["report"])}
    pages = {o: name for o, name in names.items() if Path(folders["candidates"], f"{name}.html").is_file()}
    evaluation, model = Path(folders["evaluation"]), decision["model"]
    run = runs(read_history(history))[-1]
    survey_tables = read_json(Path(survey, "tables.json"))
    about = {
        "data": [
            ("Training objects", f"{survey_tables['n_train']:,}"),
            (f"of these {decision['target']}", survey_tables["n_targets"]),
            ("Test objects", f"{survey_tables['n_test']:,}"),
            ("Points", f"{survey_tables['n_points']:,}"),
            ("Rows set aside", sum(row[1] for row in survey_tables["set_aside"])),
        ],
        "made": [
            ("Run", f"{run['run']}, {run['time'][:16].replace('T', ' ')} UTC"),
            ("Configuration", run["config_digest"]),
            ("Code", run["code_digest"]),
            ("Data", run["data_digest"]),
        ],
        "level": settings["evaluation"]["level"],
    }
    write_summary_page(folder, table, pages, scores, decision, evaluation / "audits.json", about, folders["benchmarks"])
    tree = Taxonomy(settings["taxonomy"])
    lists = sorted(path.name for path in Path(folders["classes"]).glob("*.csv"))
    write_candidates_page(folder, table, pages, decision, tree, lists)
    write_unusual_page(folder, table, pages, decision["target"])
    fold_table = read_columns(paths["folds"])
    write_evaluation_page(folder, evaluation, scores, _COMMANDS)
    labels = fold_of(fold_table, PROTOCOLS[0], 0, np.unique(fold_table["object_id"]))
    write_classes_page(folder, evaluation, scores, tree, labels, lists)
    features = {
        "model": model,
        "members": settings["members"],
        "meaning": meanings(settings["features"]),
        "target": decision["target"],
        "training": settings["training"],
        "command": "snakemake --cores all ablate_families",
    }
    ablation = evaluation / "ablation.csv"
    write_features_page(folder, paths["train"], fold_table, paths["importance"], ablation, scores, features)
    write_tuning_page(folder, folders["tuning"], scores, "snakemake --cores all tune")
    write_input_page(folder, survey)
    write_performance_page(folder, Path(folders["benchmarks"], "summary.csv"), scores, "snakemake --cores all bench")
    write_history_page(folder, history, model)
    logging.getLogger(__name__).info("%s: %d candidates with a page", Path(folder, "index.html"), len(pages))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        given = snakemake.input
        with pages_of(line(read_input(given.source))):
            main(
                {name: given[name] for name in PATHS},
                snakemake.params.folders,
                Path(snakemake.output[0]).parent,
                snakemake.params.settings,
            )
