"""The page of one object: all that an astronomer checks before asking for telescope time."""

import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from markupsafe import Markup

from mallorn.decide.domain import STATUS
from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.ingest.positions import HOST
from mallorn.io.csv_tables import write_csv
from mallorn.plots.candidate import plot_light_curve, plot_neighbours, plot_seds
from mallorn.plots.kept import kept_svg
from mallorn.plots.over_time import plot_over_time
from mallorn.plots.style import looks_of, style
from mallorn.report.candidates import COLUMNS, FLAGS, KINDS
from mallorn.report.drivers import Context, driver_rows
from mallorn.report.links import links_of, sexagesimal
from mallorn.report.names import page_name
from mallorn.report.objects import EVIDENCES, magnitude
from mallorn.report.over_time import several, told_over_time
from mallorn.report.render import as_table, number, render, words
from mallorn.survey.passbands import SLOTS

__all__ = ["ALL_ENDINGS", "ENDINGS", "write_object_page"]

_FIGURES = ("light_curve", "seds", "over_time", "neighbours")
ENDINGS = (".html", ".csv", ".light_curve.svg")
"""Endings of the files of every page; figures of fits come in addition."""
ALL_ENDINGS = (".html", ".csv", *(f".{figure}.svg" for figure in _FIGURES))
"""Endings of all files that a page can have."""

_UNUSUAL = 2.0  # from one in a hundred on, the page says so


def write_object_page(folder, o, row, context, neighbours, root="../", before=None, after=None):
    """Write the page of an object and its figures to `folder`; figures there of the same stay (see `Context`).

    o: `ObjectView`. row: {column: value} of the table of candidates, or for a training object what is known about it
    (see `mallorn.ingest.positions.known_of`). Its "on_tree" is as from `mallorn.report.on_tree.read_on_tree`, its
    "over_time" {column: (m,)} as for `mallorn.plots.over_time.plot_over_time`.
    context: `Context`. neighbours: [(`ObjectView`, distance)]. before, after: object ids of the pages next to it.
    """
    folder, name, over_time = Path(folder), page_name(o.object_id), several(row.get("over_time"))
    drawn = [view for view, _ in neighbours if view.peak_mjd is not None]
    figures = {"light_curve": (plot_light_curve, o)}
    figures |= {"seds": (plot_seds, o)} if o.sed else {}
    figures |= {"over_time": (plot_over_time, over_time, context.target)} if over_time else {}
    figures |= {"neighbours": (plot_neighbours, drawn)} if drawn else {}
    svg = _draw(folder, name, figures, context.code).read_text(encoding="utf-8")
    band = np.array(o.passbands.names, dtype=object)[o.band]
    write_csv(folder / f"{name}.csv", {"mjd": o.mjd, "band": band, "flux": o.flux, "flux_err": o.flux_err}, digits=9)
    render(
        folder / f"{name}.html",
        "object.html",
        root=root,
        page="candidates",
        of=context.data,
        name=name,
        o=o,
        rank=row.get("rank"),
        subline=_subline(o, row, context),
        flags=_flags(row),
        tiles=_tiles(o, row, context),
        place=_place(o, row),
        host=_host(row),
        target=context.target,
        bands=[
            {"name": look.name, "key": look.key, "color": look.color, "points": int(n)}
            for look, n in zip(looks_of(o.passbands), o.n_points, strict=True)
        ],
        light_curve=Markup(svg[svg.index("<svg") : svg.rindex("</svg>") + len("</svg>")]),
        has_seds=bool(o.sed),
        over_time=over_time and told_over_time(over_time, context.target),
        evidence=_evidence(o),
        likelihoods=_likelihoods(o),
        on_tree=row.get("on_tree"),
        drivers=driver_rows(o.object_id, context),
        n_compared=len(context.compared),
        has_neighbours=bool(drawn),
        neighbours=as_table(
            ("Object", "Type", "z", "Distance"),
            [(view.object_id, view.spec_type, _redshift(view), f"{d:.2f}") for view, d in neighbours],
        ),
        before=before and f"{page_name(before)}.html",
        after=after and f"{page_name(after)}.html",
        home=context.home,
        **({"pages": [("index", "Objects")]} if context.home == "index" else {}),
    )


def _flags(row):
    found = [{"name": f, "meaning": FLAGS[f]} for f in str(row.get("flags", "")).split("; ") if f]
    if row.get("domain", STATUS[0]) != STATUS[0]:
        found.insert(0, {"name": f"{row['domain']}: {row['domain_reason']}", "meaning": COLUMNS["domain"].meaning})
    return found


def _draw(folder, name, figures, code):
    """Write the figures {figure: (function, what it draws)} of a page; return the path of the light curve's.

    Those that the page no longer has are removed. code: see `mallorn.plots.kept.kept_svg`.
    """
    for figure in _FIGURES:
        path = folder / f"{name}.{figure}"
        if figure not in figures:
            path.with_name(f"{path.name}.svg").unlink(missing_ok=True)
            continue
        function, *shown = figures[figure]
        with style():  # `mallorn plot` writes one object as PNG or PDF
            kept_svg(path, code, [figure, shown], lambda function=function, shown=shown: function(*shown))
    return folder / f"{name}.light_curve.svg"


def _subline(o, row, context):
    if o.spec_type is not None:
        known = row.get("probability")
        text = f"training object of type {o.spec_type}"
        return text + (f" · P({context.target}) out of fold {known:.3f}" if known is not None else "")
    chosen = "reaches" if row["chosen"] else "does not reach"
    place = f"rank {row['rank']} of {context.n_objects:,} {context.called}"
    if context.called != Context.called:
        return f"{place} · {chosen} the threshold of objects seen like it"
    if math.isnan(o.redshift):
        return f"{place} · {chosen} the threshold of objects without redshift"
    return f"{place} · {chosen} the submission's threshold of {context.threshold:.3f}"


def _tiles(o, row, context):
    tiles = []

    def tile(value, label, hot=False):
        if value:
            tiles.append({"value": value, "label": label, "hot": hot})

    if not math.isnan(row.get("probability", math.nan)):
        spread = row.get("spread")
        more = "" if spread is None or math.isnan(spread) else f", ± {spread:.3f} over repeats"
        tile(f"{row['probability']:.3f}", f"P({context.target}){more}", hot=bool(row.get("chosen")))
    others = {name.removeprefix(CLASS_PREFIX): p for name, p in row.items() if name.startswith(CLASS_PREFIX)}
    if len(others) > 1:  # with two classes, the other's probability says nothing new
        second = max(others, key=others.get)
        tile(f"{others[second]:.3f}", f"P({second}), the most probable of the other classes")
    if row.get("outlier", 0.0) > _UNUSUAL:
        tile(f"{row['outlier']:.1f}", f"unusual: one in {10.0 ** row['outlier']:.0f} training objects is as unusual")
    if row["redshift_kind"] == "none":
        tile("unknown", "redshift")
    else:
        error = "" if math.isnan(o.redshift_err) else f" ± {o.redshift_err:.2f}"
        tile(f"{o.redshift:.3f}{error}", f"redshift, {row['redshift_kind']}")
    if o.peak_mjd is not None:
        tile(_date(o.peak_mjd), f"peak, MJD {o.peak_mjd:.0f}")
        peaks = dict(zip(SLOTS, magnitude(o.band_peak_flux), strict=True))
        peaks = {slot: m for slot, m in peaks.items() if slot in o.passbands.slots and not math.isnan(m)}
        if "r" in peaks:
            color = f", g − r = {peaks['g'] - peaks['r']:+.2f} at peak" if "g" in peaks else ""
            tile(f"{peaks['r']:.2f} mag", f"peak in r (AB){color}")
    if not math.isnan(row.get("absolute_magnitude", math.nan)):
        tile(f"{row['absolute_magnitude']:.1f} mag", "absolute, brightest passband at peak")
    at_peak = [sed for sed in o.sed if sed.phase == 0 and sed.temperature]
    if at_peak:
        sed = at_peak[0]
        error = sed.temperature * sed.temperature_err / 1000.0
        tile(
            f"{sed.temperature / 1000:.1f} ± {error:.1f} kK",
            "blackbody temperature at peak" + (" as observed" if math.isnan(o.redshift) else ""),
        )
    for key, label in (("rise", "rest-frame rise from half of peak"), ("fade", "rest-frame decay to half of peak")):
        if not math.isnan(row.get(key, math.nan)):
            tile(f"{row[key]:.0f} d", label)
    tile(str(len(o.mjd)), f"points, highest S/N {np.max(o.flux / o.flux_err):.1f}" if len(o.mjd) else "points")
    tile(f"{o.ebv:.3f} mag", f"E(B−V); {o.split}")
    return tiles


def _redshift(o):
    return "" if math.isnan(o.redshift) else f"{o.redshift:.3f}"


def _place(o, row):
    """Return the position as texts and the links to other sites."""
    ra, dec = row.get("ra", math.nan), row.get("dec", math.nan)
    degrees = "" if math.isnan(ra) or math.isnan(dec) else f"{ra:.6f} {dec:+.6f}"
    links = [{"name": name, "url": url} for name, url in links_of(o.object_id, ra, dec)]
    return {"sexagesimal": sexagesimal(ra, dec), "degrees": degrees, "links": links}


def _host(row):
    """Return the table of what is known about the host."""
    given = {name.removeprefix("host_"): value for name, value in row.items() if HOST.fullmatch(name)}
    known = {name: value for name, value in given.items() if value is not None and value == value}
    texts = {name: f"{value:.10g}" if isinstance(value, float) else str(value) for name, value in known.items()}
    return as_table(("", ""), [(words(name), text) for name, text in texts.items()], [False, False])


def _date(mjd):
    return (datetime(1858, 11, 17) + timedelta(days=float(mjd))).strftime("%Y-%m-%d")


def _evidence(o):
    known = {name: value for name, value in o.evidence.items() if not math.isnan(value)}
    best = max(known.values(), default=0.0)
    order = sorted(known, key=lambda name: -known[name])
    gap = {name: round(value - best, 1) + 0.0 for name, value in known.items()}  # + 0.0 makes -0.0 plain
    return [{"kind": KINDS.get(name, ""), "meaning": EVIDENCES[name], "value": f"{gap[name]:.1f}"} for name in order]


def _likelihoods(o):
    rows = []
    for fit in o.likelihoods:
        gain = fit.matern - fit.drw
        verdict = "" if math.isnan(gain) else "smooth" if gain > 1.0 else "random walk" if gain < -1.0 else "either"
        values = (_fixed(fit.drw), _fixed(fit.matern), _fixed(gain), number(fit.tau), number(fit.length))
        rows.append((fit.band, fit.n_points, *values, verdict))
    heads = ("", "Points", "DRW", "Matérn", "Gain", "τ (d)", "ℓ (d)", "Prefers")
    return as_table(heads, rows, [False, True, True, True, True, True, True, False])


def _fixed(value):
    return "" if math.isnan(value) else f"{value:.1f}"
