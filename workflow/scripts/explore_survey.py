"""Draw what the input looks like, before any model."""

import json
from pathlib import Path

from mallorn.io.files import write_text
from mallorn.io.tables import read_columns
from mallorn.learning.classes import is_target
from mallorn.plots.style import save, style
from mallorn.plots.survey import plot_cadence, plot_examples, plot_points, plot_redshifts, plot_types
from mallorn.report.objects import read_points
from mallorn.report.survey import counts_by_type, examples, read_survey, set_aside_rows

TYPES = 6
"""Types of which examples and redshifts are drawn: the most frequent ones and the target."""


def main(metadata, splits, lightcurves, objects, set_aside, folder, settings):
    """Write figures and tables.json to `folder`.

    metadata: path. lightcurves, objects, set_aside: paths, one a split. settings: {"target",
    "training"} of the configuration.
    """
    log = read_columns(metadata)
    of = {
        "lightcurves": dict(zip(splits, lightcurves, strict=True)),
        "objects": dict(zip(splits, objects, strict=True)),
    }
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
    n_train = int(survey.is_train.sum())
    about = {
        "subline": f"{len(survey.object_id):,} objects in {len(splits)} splits, {n_train:,} of them for training; "
        f"{int(survey.points.sum()):,} points.",
        "n_train": n_train,
        "n_test": len(survey.object_id) - n_train,
        "n_points": int(survey.points.sum()),
        "n_targets": int(sought.sum()),
        "types": [(name, n, f"{n / n_train:.1%}", f"{z:.2f}", f"{points:.0f}") for name, n, z, points in counts],
        "set_aside": set_aside_rows(set_aside),
    }
    write_text(folder / "tables.json", json.dumps(about, indent=1) + "\n")


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.metadata,
            snakemake.params.splits,
            snakemake.input.lightcurves,
            snakemake.input.objects,
            snakemake.input.set_aside,
            snakemake.output[0],
            snakemake.params.settings,
        )
