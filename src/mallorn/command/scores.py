"""`mallorn score`."""

from contextlib import contextmanager
from pathlib import Path

import click

from mallorn.command.inputs import files_of, given_settings, model_folder, reading_options
from mallorn.command.running import messages, progress, say

__all__ = [
    "jobs_option",
    "load_learners",
    "model_option",
    "out_option",
    "quiet_option",
    "reasons_option",
    "score",
    "tell",
    "working",
]

_TOLD = 3  # reasons that the summary names


def model_option(command):
    """Add --model to a command."""
    option = click.option(
        "--model",
        metavar="FOLDER",
        envvar="MALLORN_MODEL",
        help="Folder of the model, or `released` for the one that comes with mallorn. The default is the folder that "
        "the environment variable MALLORN_MODEL names, then results/model if it exists, then the released model.",
    )
    return option(command)


def reasons_option(default):
    """Return the option --reasons."""
    return click.option(
        "--reasons",
        type=click.IntRange(0),
        default=default,
        show_default=True,
        help="Number of reasons for each object; 0 is faster.",
    )


def out_option(default="-"):
    """Return the option --out."""
    return click.option(
        "--out",
        metavar="TABLE",
        default=default,
        show_default=True,
        help="Table to write: .csv, .parquet, .vot (VOTable) or .fits; - means CSV on standard output.",
    )


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Number of processes. The result does not depend on it.",
)
quiet_option = click.option("--quiet", is_flag=True, help="Write only errors to standard error.")


# size: the options of a command are its parameters
@click.command()
@reading_options(required=False)
@click.option("--example", is_flag=True, help="Score 100 simulated light curves that come with mallorn.")
@model_option
@out_option()
@click.option(
    "--report", metavar="FOLDER", help="Write pages of the most probable objects to this folder; open its index.html."
)
@click.option(
    "--pages", type=click.IntRange(1), default=20, show_default=True, help="Number of objects that get a page."
)
@reasons_option(3)
@jobs_option
@quiet_option
def score(paths, example, source, survey, settings, model, out, report, pages, reasons, jobs, quiet):
    """Score the objects in files: probabilities, a decision, and what an observer asks next.

    The table has a row for each object. An object that cannot be scored has the reason instead. probability is that of
    the target class; probability_low and _high are the lowest and the highest that a member of the ensemble gives.
    decision is 1 or 0, or empty if the model cannot say. Labels in the files are copied to the table, and not used.

    \b
    mallorn score --example
    mallorn score survey/ --out scores.parquet --jobs 8
    mallorn score AT2019qiz.json --source manytde --report pages/
    mallorn score ztf/*.txt --source ztf_forced --out scores.vot
    cat lightcurves.csv | mallorn score - > scores.csv
    """
    from mallorn.interface.columns import about_scores
    from mallorn.interface.files import score_files
    from mallorn.interface.model import load_model
    from mallorn.interface.released import example_file
    from mallorn.interface.writing import table_written

    if bool(paths) == example:
        raise click.UsageError("name files or folders to score, or give --example")
    if example:
        paths, source, survey = [str(example_file())], "table", ()
    folder, given = model_folder(model), given_settings(settings)
    about = load_model(folder)
    load_learners(about, given, jobs)
    kept = None
    if report:
        from mallorn.interface.pages import Pages  # with what draws figures

        kept = Pages(about, report, pages)
    columns = about_scores(about.classes)
    with working(paths, source, survey, quiet) as (files, watch), table_written(out, columns) as write:
        found = score_files(files, folder, write, jobs, reasons, given, watch, kept)
    if kept:
        kept.write()
    tell(found, quiet)
    scored = found.objects - found.not_scored.total()
    say(f"{scored} of {found.objects} objects scored, {found.chosen} taken for {about.target}", quiet)
    if found.extrapolated:
        say(f"{found.extrapolated} extrapolated, unlike all that was learned from: see domain_reason", quiet)
    for reason, n in found.not_scored.most_common():
        say(f"{n} not scored: {reason}", quiet)
    if kept:
        say(f"pages: {Path(report) / 'index.html'}", quiet)


def load_learners(model, settings, jobs=1):
    """Import what a `Model` needs, and skip slow imports that no model here uses.

    LightGBM alone would import scikit-learn with scipy.stats, which takes a second. Plug-ins may want it, and each of
    several processes imports for itself.
    """
    learners = {block.get("learner") for block in model.about.get("models", {}).values()}
    if jobs == 1:
        from mallorn.runtime.imports import lightgbm_alone

        lightgbm_alone(learners, settings.get("plugins"))


@contextmanager
def working(paths, source, survey, quiet):
    """Give the block (files, function that moves the progress bar); see `files_of` and `progress`."""
    with messages(quiet), files_of(paths, source, survey) as files, progress("objects", quiet) as watch:
        yield files, watch


def tell(found, quiet):
    """Say what became of the rows of the files, from a `Summary`."""
    aside = found.aside.total()
    if aside:
        reasons = "; ".join(f"{reason} {n}" for reason, n in found.aside.most_common(_TOLD))
        more = "; ..." if len(found.aside) > _TOLD else ""
        say(f"{aside} of {found.rows} rows set aside: {reasons}{more}", quiet)
    if found.repeated:
        fix = "give each file once, or one folder for all files of an object"
        say(f"{found.repeated} objects came more than once, each with part of its points. Next step: {fix}.", quiet)
