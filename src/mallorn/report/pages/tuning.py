"""The page on tuning."""

import shutil
from pathlib import Path

import numpy as np
import yaml

from mallorn.io.tables import read_columns
from mallorn.learning.training_sets import study_of
from mallorn.report.render import as_table, render, value_text, words
from mallorn.report.tables import Part

__all__ = ["write_tuning_page"]


def write_tuning_page(folder, tuning, scores, command):
    """Write tuning.html from the folders {training}/{protocol}/{repeat}/{model} in the folder `tuning`, if any."""
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
        rows = [(key, value_text(value)) for key, value in _leaves(content)]
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
    rows = zip(*([value_text(v) for v in np.asarray(values).tolist()] for values in table.values()), strict=True)
    return as_table([words(name) for name in table], rows)


def _leaves(content, path=()):
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, str(key)))
        else:
            yield ".".join((*path, str(key))), value
