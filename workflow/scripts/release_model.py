"""Gather what is released: a model and its card."""

import json
import shutil
from pathlib import Path

from mallorn.io.tables import read_columns
from mallorn.report.model_card import CARD, model_card


def main(model, tables, folds, output, settings):
    """Write the folder `output`: the files of the folder `model`, and its card.

    tables: {"scores", "other_surveys", "other_surveys_groups", "early", "by_type": path, or nothing for one that is
    not made}. folds: path of the table. settings: {"level": of the tables' intervals, "export": that block of
    the configuration}.
    """
    table = read_columns(folds, ["object_id", "event", "target"])
    rows = dict(zip(table["object_id"], zip(table["event"], table["target"], strict=True), strict=True)).values()
    numbers = {"objects": len(rows), "targets": sum(int(target) for _, target in rows)}
    numbers |= {"events": len({event for event, _ in rows})}
    numbers |= {"target_events": len({event for event, target in rows if target})}
    shutil.copytree(model, output, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    manifest = json.loads(Path(model, "model.json").read_text(encoding="utf-8"))
    made = {name: path for name, path in tables.items() if path}
    Path(output, CARD).write_text(model_card(manifest, {**made, "folds": numbers}, **settings), encoding="utf-8")


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        names = ("scores", "other_surveys", "other_surveys_groups", "early", "by_type")
        tables = {name: str(snakemake.input.get(name, "")) for name in names}
        main(snakemake.input.model, tables, snakemake.input.folds, snakemake.output[0], snakemake.params.settings)
