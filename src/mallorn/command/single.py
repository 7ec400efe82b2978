"""`mallorn plot` and `mallorn explain`: one object."""

import textwrap

import click

from mallorn.command.inputs import files_of, given_settings, model_folder, reading_options
from mallorn.command.running import messages, say
from mallorn.command.scores import load_learners, model_option

__all__ = ["explain", "plot"]

_WIDTH = 100
_SCORED = (0, 1)


@click.command()
@click.argument("object_id", metavar="ID")
@reading_options()
@click.option("--out", metavar="FIGURE", help="File to write: .png, .pdf or .svg. The default is ID.png.")
def plot(object_id, paths, source, survey, settings, out):
    """Draw one object: its points, and the light curve fitted to all passbands at once.

    \b
    mallorn plot AT2019qiz AT2019qiz.json --source manytde --out AT2019qiz.pdf
    """
    from mallorn.interface.files import find_object
    from mallorn.interface.plotting import plot as figure_of
    from mallorn.io.files import atomic_write
    from mallorn.report.names import page_name

    given = given_settings(settings)
    with messages(quiet=False), files_of(paths, source, survey) as files:
        curves, _ = find_object(files, object_id, given)
        figure = figure_of(curves, settings=given)
    path = out or f"{page_name(object_id)}.png"
    ending = path.rpartition(".")[2]
    if ending not in ("png", "pdf", "svg"):
        raise click.BadParameter(
            f"expected a name that ends with .png, .pdf or .svg, found {path!r}", param_hint="--out"
        )
    with atomic_write(path) as beside:
        figure.savefig(beside, format=ending)
    say(path)


@click.command()
@click.argument("object_id", metavar="ID")
@reading_options()
@model_option
@click.option("--number", type=click.IntRange(1), default=10, show_default=True, help="Number of features to list.")
def explain(object_id, paths, source, survey, settings, model, number):
    """Say what speaks for one object being of the target class, and what against.

    Strongest first, by SHAP values: what a feature adds to the margin, the log odds before calibration.

    \b
    mallorn explain AT2019qiz AT2019qiz.json --source manytde
    """
    from mallorn.interface.files import find_object, reading_for
    from mallorn.interface.model import load_model
    from mallorn.interface.scoring import score_curves

    folder = model_folder(model)
    loaded, given = load_model(folder), given_settings(settings)
    load_learners(loaded, given)
    with messages(quiet=False), files_of(paths, source, survey) as files:
        curves, known = find_object(files, object_id, reading_for(loaded, given))
        row = score_curves(loaded, curves, known, reasons=0).iloc[0]
        reasons = loaded.explain(curves, number) if row["decision"] in _SCORED and loaded.can_explain else None
    for line in _words(loaded, row, reasons):
        click.echo(line)


def _words(model, row, reasons):
    """Yield the lines that explain an object."""
    yield f"{row['object_id']}: {_verdict(model, row)}"
    yield f"  {row['n_points']} points, {_redshift(row)}{', flags: ' + row['flags'] if row['flags'] else ''}"
    if row["domain_reason"]:
        yield f"  {row['domain']}: {row['domain_reason']}"
    if row["decision"] not in _SCORED:
        return
    classes = sorted(((row[f"probability__{name}"], name) for name in model.classes), reverse=True)
    yield "  " + ", ".join(f"{name} {p:.3f}" for p, name in classes)
    if reasons is None:
        yield "  This model has no SHAP values, so that nothing can be said of its reasons."
        return
    for told, mine in (("for", reasons[reasons["shap"] > 0]), ("against", reasons[reasons["shap"] <= 0])):
        if len(mine):
            yield f"Speaks {told} {model.target}:"
        for _, one in mine.iterrows():
            text = f"{one['shap']:+.2f}  {one['meaning']}: {_value(one['value'])}  [{one['feature']}]"
            yield textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="         ")


def _verdict(model, row):
    if row["decision"] not in _SCORED:
        return "no probability"
    chosen = "taken" if row["decision"] == 1 else "not taken"
    spread = f"{row['probability_low']:.3f} to {row['probability_high']:.3f} among the members"
    given = f"P({model.target}) = {row['probability']:.3f} ({spread})"
    return f"{given}, {chosen} for one: the threshold is {row['threshold']:.3f}"


def _redshift(row):
    if row["redshift_kind"] == "none":
        return "no redshift"
    error = f" ± {row['redshift_err']:.3g}" if row["redshift_err"] == row["redshift_err"] else ""
    return f"{row['redshift_kind']} redshift {row['redshift']:.4g}{error}"


def _value(value):
    return "unknown" if value != value else f"{value:.4g}"
