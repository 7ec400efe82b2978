"""The pictures of the site, drawn from the code, the rules and the example that comes with mallorn.

    PYTHONPATH=src python docs/pictures/draw.py             all of them, into docs/pictures
    PYTHONPATH=src python docs/pictures/draw.py dag         some: architecture, taxonomy, light_curve, scores_over_time

Numbers are rounded in the files, so that a picture changes only where what it shows has changed. `candidate_page` needs
a Chromium and playwright, and is left as it is on a machine without them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INK, GREY, PAPER = "#1f2937", "#9ca3af", "#f3f4f6"
STAGE_COLORS = {
    "fetch": "#e5e7eb",
    "data": "#dbeafe",
    "fits": "#dcfce7",
    "features": "#fef9c3",
    "models": "#fee2e2",
    "inference": "#fce7f3",
    "evaluation": "#ede9fe",
    "report": "#ffedd5",
}
OTHER = "#f3f4f6"
TIP = (
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0 L10 5 L0 10 z" fill="{INK}"/></marker></defs>'
)
RULE_GRAPH = ("--cores", "1", "--rulegraph", "dot")
"""Arguments by which Snakemake prints the graph of its rules."""
EXAMPLE = "mith_mith_lith"
"""An object of the example with points of rise and fall, so that differences between the fits can be seen."""
SPAN = (-40.0, 100.0)
GROWING = "aglar_ernil_astar"
"""A simulated TDE of the example that looks like a supernova first, and then like an AGN."""
AGES = (0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 100, 125, 150)
"""Days since the trigger."""
SHOWN = {"tde_free": "tidal disruption event", "supernova": "supernova", "hot_supernova": "hot supernova"}


def main(names=()):
    """Draw the pictures named, or all."""
    for name in names or PICTURES:
        PICTURES[name]()


def light_curve():
    """Points of a simulated TDE of the example, and the best fits of three hypotheses beside one another."""
    import numpy as np

    from mallorn.hypotheses.models import HYPOTHESES
    from mallorn.plots.style import looks_of, new_figure, save, style

    curves, table = _fitted_example()
    clear, stretch = curves.dereddened()[0], float(1.0 + curves.rest_redshift[0])
    zero = float(table["tde_free_t0"][0])
    rest, days = (clear.mjd - zero) / stretch, np.linspace(*SPAN, 300)
    known = {one.name: one for one in HYPOTHESES}
    with style():
        figure, axes = new_figure(1, len(SHOWN), width=11.0, height=3.4, sharey=True)
        for axis, (name, title) in zip(axes, SHOWN.items(), strict=True):
            values = np.array([[float(table[f"{name}_{p}"][0])] for p in known[name].parameter_names])
            since = days - (float(table[f"{name}_t0"][0]) - zero) / stretch
            for band, (look, passband) in enumerate(
                zip(looks_of(curves.passbands), curves.passbands.rows, strict=True)
            ):
                wavelength = np.full(len(days), passband.wavelength / stretch)
                model = float(table[f"{name}_amplitude"][0]) * known[name].shape(since, wavelength, values)
                mine = clear.band == band
                axis.errorbar(
                    *(rest[mine], clear.flux[mine], clear.flux_err[mine]),
                    **{"fmt": look.marker, "color": look.color, "markersize": 4, "linewidth": 0.8, "label": look.name},
                )
                axis.plot(days, model, color=look.color, linewidth=1.3)
            axis.axhline(0.0, color=GREY, linewidth=0.6)
            chi2 = float(table[f"{name}_chi2"][0])
            axis.set_title(f"{title}: chi-square {chi2:.0f}", fontsize=9.5, loc="left")
            axis.set_xlim(*SPAN)
            axis.set_xlabel("rest-frame days from the fitted peak")
        axes[0].set_ylabel("flux without Galactic dust (µJy)")
        axes[-1].legend(ncols=2, fontsize=8)
    save(figure, HERE / "light_curve", formats=("svg",))


def _fitted_example(name=EXAMPLE):
    """Return the light curve of an object of the example, alone, and the table of the hypotheses fitted to it."""
    import mallorn
    from mallorn.families.pipeline import make_artifacts
    from mallorn.interface.configuration import configuration
    from mallorn.interface.released import example_file

    curves = mallorn.read(example_file(), source="table", survey="lsst")
    one = curves.take([list(curves.object_id).index(name)])
    return one, make_artifacts({"fits/hypotheses"}, one, configuration(None))["fits/hypotheses"]


def scores_over_time():
    """Points of a simulated TDE of the example, and the probabilities that the released model gives it as it grows."""
    import numpy as np

    import mallorn
    from mallorn.interface.released import example_file
    from mallorn.plots.style import looks_of, new_figure, save, style
    from mallorn.survey.as_of import trigger_times

    curves = mallorn.read(example_file(), source="table", survey="lsst")
    one = curves.take([list(curves.object_id).index(GROWING)])
    model, (trigger,) = mallorn.load_model(), trigger_times(one)
    said = [model.predict(mallorn.as_of(one, trigger + age), tell=False).iloc[0] for age in AGES]
    silent = max((age for age, row in zip(AGES, said, strict=True) if np.isnan(row["probability"])), default=None)
    clear, days = one.dereddened()[0], one.mjd - trigger
    with style():
        figure, axes = new_figure(1, 2, width=11.0, height=3.4)
        for band, look in enumerate(looks_of(one.passbands)):
            mine = (clear.band == band) & (days > -AGES[-1] / 4) & (days < AGES[-1])
            points = {"fmt": look.marker, "color": look.color, "markersize": 4, "linewidth": 0.8, "label": look.name}
            axes[0].errorbar(days[mine], clear.flux[mine], clear.flux_err[mine], **points)
        axes[0].axhline(0.0, color=GREY, linewidth=0.6)
        axes[0].set_ylabel("flux without Galactic dust (µJy)")
        axes[0].legend(ncols=2, fontsize=8)
        for name in model.classes:
            axes[1].plot(AGES, [row[f"probability__{name}"] for row in said], marker="o", markersize=3.5, label=name)
        if silent is not None:
            axes[1].axvspan(0, silent, color=PAPER)
            axes[1].text(silent / 2, 0.5, "too few points", rotation=90, ha="center", va="center", fontsize=8)
        axes[1].set(ylabel="probability", ylim=(-0.02, 1.02))
        axes[1].legend(fontsize=8)
        for axis in axes:
            axis.set_xlabel("days since the second point above five sigma")
    save(figure, HERE / "scores_over_time", formats=("svg",))


def candidate_page():
    """The page of the same object, as `mallorn score --report` writes it."""
    browsers = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    browser = next(filter(None, map(shutil.which, browsers)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser = None
    if browser is None:
        sys.stderr.write("candidate_page: left as it is, since there is no Chromium or no playwright\n")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = (sys.executable, "-m", "mallorn", "score", "--example", "--out", "s.csv", "--report", "pages")
        here = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=here)
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1100, "height": 1250}, color_scheme="light")
        page.goto(next(Path(folder).glob(f"pages/objects/{EXAMPLE}*.html")).as_uri(), wait_until="load")
        page.screenshot(path=str(HERE / "candidate_page.png"))
        chromium.close()
    from PIL import Image

    from mallorn.plots.compact import compact_png

    with Image.open(HERE / "candidate_page.png") as image:
        (HERE / "candidate_page.png").write_bytes(compact_png(image.copy()))


def dag():
    """The rules of a whole run, from `snakemake --rulegraph`: a column for each depth, only direct dependencies."""
    draw_graph(*rule_graph())


def draw_graph(names, edges):
    """Write dag.svg from the rules' names and the pairs (needed, needing)."""
    before = {name: {a for a, b in edges if b == name} for name in names}
    above = _ancestors(before)
    direct = {name: {a for a in before[name] if not any(a in above[b] for b in before[name] - {a})} for name in names}
    _write_graph(HERE / "dag.svg", direct, _stages(), _depths(before))


def rule_graph(printed=None):
    """Return the rules' names and the pairs (needed, needing) of the graph that Snakemake prints, or has `printed`."""
    if printed is None:
        command = [sys.executable, "-m", "snakemake", *RULE_GRAPH, "--directory"]
        with tempfile.TemporaryDirectory() as folder:
            printed = subprocess.run([*command, folder], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    label = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)"', printed, re.MULTILINE))
    pairs = re.findall(r"^\s*(\d+) -> (\d+)", printed, re.MULTILINE)
    label = {number: name for number, name in label.items() if name != "default"}
    return sorted(label.values()), {(label[a], label[b]) for a, b in pairs if a in label and b in label}


def _ancestors(before):
    found = {}

    def visit(name):
        if name not in found:
            found[name] = before[name].union(*(visit(a) for a in before[name])) if before[name] else set()
        return found[name]

    for name in before:
        visit(name)
    return found


def _depths(before):
    depth = {}

    def visit(name):
        if name not in depth:
            depth[name] = 1 + max((visit(a) for a in before[name]), default=-1)
        return depth[name]

    for name in sorted(before):
        visit(name)
    return depth


def _stages():
    """Return {rule: stage}, the name of the file that it stands in."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for name in re.findall(r"^ *(?:rule|use rule \w+ as) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[name] = path.stem
    return found


def _write_graph(path, before, stages, depth):
    """Write the graph as an SVG that runs from top to bottom, rows of one depth, each near what it needs."""
    width, height, gap, step = 178, 26, 14, 62
    rows = {}
    order = [*STAGE_COLORS, *sorted(set(stages.values()) - set(STAGE_COLORS))]
    for name in sorted(before, key=lambda n: (depth[n], order.index(stages[n]), n)):
        rows.setdefault(depth[name], []).append(name)
    x, y = {}, {}
    used = {stages[n] for n in before}
    legend = [
        *[s for s in STAGE_COLORS.items() if s[0] in used],
        *([("other", OTHER)] if used - set(STAGE_COLORS) else []),
    ]
    total = max(max(map(len, rows.values())) * (width + gap), 20 + 110 * len(legend))
    for k, level in enumerate(sorted(rows)):
        row = rows[level]
        if k:
            row.sort(key=lambda n: (sum(x[a] for a in before[n]) / max(len(before[n]), 1), n))
        for j, name in enumerate(row):
            x[name] = (total - len(row) * (width + gap) + gap) / 2 + j * (width + gap) + width / 2
            y[name] = 50 + step * level
    shapes = []
    for name in before:
        for other in sorted(before[name]):
            top, bottom = y[other] + height, y[name]
            bend = (bottom - top) / 2
            shapes.append(
                f'<path d="M{x[other]:.0f} {top:.0f} C{x[other]:.0f} {top + bend:.0f} {x[name]:.0f} '
                f'{bottom - bend:.0f} {x[name]:.0f} {bottom:.0f}" fill="none" stroke="{GREY}" stroke-width="1.2"/>'
            )
    shapes += [_box(x[n] - width / 2, y[n], width, height, n, STAGE_COLORS.get(stages[n], OTHER)) for n in before]
    for k, (stage, color) in enumerate(legend):
        shapes.append(_box(10 + k * 110, 8, 100, 20, stage, color))
    _write_svg(path, shapes, total, 50 + step * (max(rows) + 1), "The rules of a run and what each needs")


def _box(x, y, width, height, text, color, size=12, bold=False):
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width}" height="{height}" rx="5" fill="{color}" stroke="{GREY}"/>'
        f'<text x="{x + width / 2:.0f}" y="{y + height / 2 + 4:.0f}" text-anchor="middle" font-size="{size}"{weight} '
        f'fill="{INK}">{text}</text>'
    )


def _write_svg(path, shapes, width, height, title):
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'font-family="sans-serif"><title>{title}</title><rect width="100%" height="100%" fill="white"/>'
    )
    path.write_text(head + "\n" + "\n".join(shapes) + "\n</svg>\n", encoding="utf-8")


def architecture():
    """What data flow through, on one page: three ways in, one library, one way of the data."""
    width, shapes = 960, []
    shapes += _row(20, ("mallorn score, watch, explain, ...", "import mallorn", "snakemake"), "#e0f2fe", bold=True)
    shapes += _row(62, ("command/, watch/", "interface/", "workflow/scripts/, rules/"), PAPER)
    flow = (
        (
            "files of any survey",
            "sources/, ingest/, fetch/",
            "checked points and objects, rows set aside counted",
            "#dbeafe",
        ),
        ("light curves", "survey/", "microjansky, MJD, passbands with wavelengths", "#dbeafe"),
        ("fits", "gp/, hypotheses/, curves/", "Gaussian processes, physical hypotheses, segments", "#dcfce7"),
        ("features", "families/", "one module for each family; no label, no other object", "#fef9c3"),
        ("models", "learners/, learning/", "folds that keep siblings together, training, tuning", "#fee2e2"),
        ("decision", "decide/", "ensembles, calibration, threshold, domain, the model's folder", "#fee2e2"),
        ("what is said of it", "evaluate/, report/, plots/", "nested scores, audits, pages, tables", "#ede9fe"),
    )
    for k, (what, rooms, words, color) in enumerate(flow):
        top = 130 + 58 * k
        shapes += [_box(20, top, 200, 38, what, color, 14, True), _box(250, top, 250, 38, rooms, "white", 13)]
        shapes.append(f'<text x="520" y="{top + 24}" font-size="13" fill="{INK}">{words}</text>')
        if k:
            shapes.append(
                f'<path d="M120 {top - 20} V{top - 3}" stroke="{INK}" stroke-width="1.6" marker-end="url(#tip)"/>'
            )
    shapes.insert(0, TIP)
    shapes += [
        f'<path d="M{x} 92 V122" stroke="{GREY}" stroke-width="1.4" marker-end="url(#tip)"/>' for x in (170, 480, 790)
    ]
    base = 130 + 58 * len(flow) + 6
    shapes.append(
        _box(
            20,
            base,
            width - 40,
            30,
            "below all: io/, runtime/, settings/, plugins.py (your own code by name)",
            PAPER,
            13,
        )
    )
    _write_svg(HERE / "architecture.svg", shapes, width, base + 46, "The architecture of mallorn")


def taxonomy():
    """The tree of classes that comes with mallorn, from its own file: a row for each class, indented by its level."""
    import yaml

    path = ROOT / "src" / "mallorn" / "survey" / "taxonomy_mallorn.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    children = {name: [child for child, one in tree.items() if one.get("parent") == name] for name in tree}
    (root,) = [name for name, one in tree.items() if "parent" not in one]
    shapes, step, indent, place = [], 27, 46, {}

    def visit(name, level):
        x, y = 16 + indent * level, 12 + step * len(place)
        place[name] = x, y
        title, labels = tree[name].get("title", ""), tree[name].get("labels", [])
        words = ". ".join(filter(None, [title, f"Also {', '.join(labels)}" if labels else ""]))
        if "parent" in tree[name]:
            above_x, above_y = place[tree[name]["parent"]]
            shapes.append(f'<path d="M{above_x + 12} {above_y + 20} V{y + 10} H{x}" fill="none" stroke="{GREY}"/>')
        shapes.append(_box(x, y, 112, 20, name, PAPER, 12, not children[name]))
        shapes.append(f'<rect x="{x}" y="{y}" width="6" height="20" fill="{tree[name].get("colour", GREY)}"/>')
        shapes.append(f'<text x="{x + 122}" y="{y + 14}" font-size="12" fill="{INK}">{words}</text>')
        for child in children[name]:
            visit(child, level + 1)

    visit(root, 0)
    _write_svg(HERE / "taxonomy.svg", shapes, 760, 24 + step * len(place), "The tree of classes")


def _row(top, texts, color, bold=False):
    return [_box(20 + 310 * k, top, 300, 32, text, color, 14, bold) for k, text in enumerate(texts)]


PICTURES = {
    "architecture": architecture,
    "taxonomy": taxonomy,
    "dag": dag,
    "light_curve": light_curve,
    "scores_over_time": scores_over_time,
    "candidate_page": candidate_page,
}

if __name__ == "__main__":
    main(sys.argv[1:])
