"""The page of features: their importance, and what each family brings."""

from pathlib import Path

import numpy as np

from mallorn.families.family import by_reason
from mallorn.io.tables import read_columns, read_notes
from mallorn.learning.classes import encode_classes
from mallorn.plots.features import (
    plot_ablation,
    plot_distributions,
    plot_family_importance,
    plot_importance,
    plot_shapes,
)
from mallorn.plots.style import save, style
from mallorn.report.drivers import mean_importance
from mallorn.report.render import as_table, render
from mallorn.report.tables import read_csv, read_part

__all__ = ["write_features_page"]


def write_features_page(folder, train, folds, importance, ablation, scores, settings):
    """Write features.html and its figures.

    train: path of the feature table. folds: table. importance: paths. ablation: path. scores: path.
    settings: {"model", "meaning": {feature: text}, "target", "training": block of config.yaml, "command"}.
    """
    names, mean, spread = mean_importance(importance)
    figures, part = _figures(folder, train, folds, (names, mean, spread), (ablation, scores), settings)
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
        shapes=_shapes(folder, Path(ablation).with_name("shapes.csv"), scores, settings["target"]),
        lacking=as_table(("Why", "Features", "Of the families"), lacking, [False, True, False]),
        top=as_table(("Feature", "Share (%)", "Meaning"), shown, [False, True, False]),
    )


def _figures(folder, train, folds, importance, ablation, settings):
    """Draw the figures; return them for the template, with the ablation, a `Part`.

    importance: (names, mean, spread). ablation: (its path, that of the scores, which may be newer).
    """
    names, mean, spread = importance
    ablation, scores = ablation
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
        if top:  # a learner that reads light curves has none
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
    return figures, part


def _shapes(folder, path, scores, target):
    """Draw what single features add; return the `Part` for it."""
    text = (
        "What the value of one feature adds to the log of a class's probability over the mean of the classes; the band "
        "is the range over fits, a point to the left a missing value. In a sum of functions of single features, such "
        "as trees of one split, this is all that the model is."
    )
    part = read_part("Shape functions", text, "snakemake --cores all shapes", path, newer_than=scores)
    rows = read_csv(path) if part.made else []
    if rows:
        shapes = {}
        for row in rows:
            numbers = [float(row[name] or "nan") for name in ("value", "added", "added_low", "added_high")]
            shapes.setdefault(row["feature"], {}).setdefault(row["class"], []).append(numbers)
        shapes = {name: {kind: np.array(v).T for kind, v in of.items()} for name, of in shapes.items()}
        worst = max(float(row["interaction"]) for row in rows)
        caption = f"Shape functions of {rows[0]['model']}; what a feature adds differs by {worst:.2g} between objects."
        with style():
            save(plot_shapes(shapes, target), Path(folder, "figures", "shapes"))
        part.figures = [{"path": "figures/shapes", "caption": caption}]
    return part


_GAIN = ("average_precision_gain", "average_precision_gain_sd")


def _by_class(train, folds, names, settings):
    table = read_columns(train, ["object_id", *names])
    first = (folds["repeat"] == folds["repeat"][0]) & (folds["protocol"] == folds["protocol"][0])
    labels = {name: folds[name][first] for name in ("spec_type", "target")}
    classes, names_of, _ = encode_classes(labels, "multiclass", settings["training"], settings["target"])
    of = {name: names_of[k] for name, k in zip(folds["object_id"][first], classes, strict=True)}
    classes = np.array([of[name] for name in table["object_id"]], dtype=object)
    return {name: np.asarray(table[name], dtype=float) for name in names}, classes
