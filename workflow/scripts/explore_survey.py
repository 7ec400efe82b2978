"""Draw the input as it is before any model."""

import json
from pathlib import Path

import numpy as np

from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.classes import encode_classes, is_target
from mallorn.plots.evolution import plot_balance, plot_class_curves, plot_colors
from mallorn.plots.style import save, style
from mallorn.plots.survey import plot_cadence, plot_examples, plot_points, plot_redshifts, plot_types
from mallorn.report.evolution import FEWEST, read_evolution
from mallorn.report.objects import read_points
from mallorn.report.survey import counts_by_type, examples, read_survey, set_aside_rows

TYPES = 6
"""Number of types or classes that get figures of their own: the most frequent ones and the target."""


def main(metadata, paths, set_aside, folder, settings):
    """Write figures and tables.json to `folder`.

    metadata: path. paths: {"lightcurves", "objects", "posterior": {split: path}}. set_aside: paths, one a split.
    settings: {"target", "training", "posterior"} of the configuration.
    """
    log = read_columns(metadata)
    of = {name: paths[name] for name in ("lightcurves", "objects")}
    survey = read_survey(log, **of)
    counts = counts_by_type(survey)
    sought = is_target(log["spec_type"], settings["target"], settings["training"])
    targets = set(log["spec_type"][sought])
    types = [row[0] for row in counts if row[0] in targets] + [row[0] for row in counts if row[0] not in targets]
    chosen = examples(survey, types[:TYPES])
    views = read_points(of["lightcurves"], of["objects"], log, list(chosen.values()))
    folder = Path(folder)
    with style():
        save(plot_types(counts), folder / "types")
        save(plot_redshifts(survey, types[:TYPES]), folder / "redshifts")
        save(plot_points(survey), folder / "points")
        save(plot_cadence(survey), folder / "cadence")
        save(plot_examples({kind: views[name] for kind, name in chosen.items()}), folder / "examples")
    by_class = draw_classes(log, paths, folder, settings)
    n_train = int(survey.is_train.sum())
    about = {
        "subline": f"{len(survey.object_id):,} objects in {len(of['objects'])} splits, "
        f"{n_train:,} of them for training; {int(survey.points.sum()):,} points.",
        "n_train": n_train,
        "n_test": len(survey.object_id) - n_train,
        "n_points": int(survey.points.sum()),
        "n_targets": int(sought.sum()),
        "types": [(name, n, f"{n / n_train:.1%}", f"{z:.2f}", f"{points:.0f}") for name, n, z, points in counts],
        "set_aside": set_aside_rows(set_aside),
        **by_class,
    }
    write_text(folder / "tables.json", json.dumps(about, indent=1) + "\n")


def draw_classes(log, paths, folder, settings):
    """Write the figures of the classes of the training objects; return {"classes": those drawn, "color": its slots}."""
    train = {name: log[name][log["set"] == "train"] for name in ("object_id", "spec_type")}
    train["target"] = is_target(train["spec_type"], settings["target"], settings["training"]).astype(int)
    codes, names, _ = encode_classes(train, "multiclass", settings["training"], settings["target"])
    numbers = np.bincount(codes, minlength=len(names)).tolist()
    counts = {name: n for name, n in zip(names, numbers, strict=True) if n}
    class_of = {str(name): names[code] for name, code in zip(train["object_id"], codes, strict=True)}
    evolution = read_evolution(
        *(paths[name] for name in ("lightcurves", "objects", "posterior")), class_of, settings["posterior"]
    )
    first, *others = counts  # the class sought comes first
    shown = [name for name in (first, *sorted(others, key=lambda name: -counts[name])) if evolution.n[name] >= FEWEST]
    shown = shown[:TYPES]
    with style():
        save(plot_balance(counts, settings["target"]), folder / "balance")
        if shown:
            save(plot_class_curves(evolution, shown), folder / "class_curves")
        if shown and evolution.pair:
            save(plot_colors(evolution, shown), folder / "colors")
    return {"classes": shown, "color": evolution.pair if shown else None}


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            {
                name: dict(zip(snakemake.params.splits, snakemake.input[name], strict=True))
                for name in ("lightcurves", "objects", "posterior")
            },
            snakemake.input.set_aside,
            snakemake.output[0],
            snakemake.params.settings,
        )
