"""`mallorn watch` follows alerts as they come; `mallorn history` tells the scores that an object had."""

import click

from mallorn.command.inputs import given_settings, guess_source, model_folder
from mallorn.command.running import messages, say
from mallorn.command.scores import jobs_option, model_option, out_option, quiet_option, reasons_option

__all__ = ["history", "watch"]

_BROKER = "alerce"
_FORMS = ("scores", "lasair", "desc")


def _store_option(command):
    option = click.option(
        "--store",
        metavar="FILE",
        default="watch.sqlite",
        show_default=True,
        envvar="MALLORN_STORE",
        help="SQLite file with the objects and all their scores.",
    )
    return option(command)


# size: the options of a command are its parameters
@click.command()
@click.argument("where", metavar="FOLDER|alerce")
@click.option("--source", metavar="FORMAT", help="Format of the files, such as rubin_alerts or ztf_alerts.")
@click.option(
    "--survey", multiple=True, help="Survey whose passbands the files have. The default is that of the format."
)
@click.option(
    "--settings",
    metavar="FILE.yaml",
    type=click.Path(exists=True, dir_okay=False),
    help="Settings that differ from the defaults: readers, surveys, alerce, plugins (docs/reference/configuration.md).",
)
@click.option(
    "--ids",
    metavar="FILE",
    type=click.Path(exists=True),
    help="File with the ids of ALeRCE's objects to follow, one on each line.",
)
@model_option
@_store_option
@click.option("--messages", "folder", metavar="FOLDER", help="Append messages to the files NAME.jsonl in this folder.")
@click.option(
    "--form", "forms", multiple=True, type=click.Choice(_FORMS), help="Form of the messages; repeat it for several."
    " The default is all."
)  # fmt: skip
@click.option("--topic", default="mallorn", show_default=True, help="Topic of the annotations for Lasair.")
@click.option(
    "--every", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds from one look to the next."
)
@click.option("--once", is_flag=True, help="Look once and end, for cron.")
@reasons_option(0)
@jobs_option
@quiet_option
def watch(where, source, survey, settings, ids, model, folder, forms, store, topic, every, once, reasons, jobs, quiet):
    """Follow a folder of alerts, or the broker ALeRCE, and score what is new or has changed.

    The points of an object accumulate: the history in each alert is merged with that of earlier ones. The store keeps
    every score, and none twice, even if this command is killed at any moment and started again. Nothing is sent to
    anybody: messages are files.

    \b
    mallorn watch alerts/ --source rubin_alerts --messages out/
    mallorn watch alerts/ --source ztf_alerts --once                     for cron
    mallorn watch alerce --ids objects.txt --every 3600
    mallorn history ZTF20achpcvt                                         all scores of an object
    """
    from functools import partial

    from mallorn.interface.model import load_model
    from mallorn.watch.following import cycle, follow, model_digest, workers
    from mallorn.watch.messages import Outbox
    from mallorn.watch.store import Store

    chosen = model_folder(model)
    loaded, given = load_model(chosen), given_settings(settings)
    if ids:
        given = {**given, "alerce": {**given.get("alerce", {}), "ids": ids}}
    with messages(quiet):
        watched, scoring = _watched(where, source, survey, given, loaded, reasons)
        loaded.check()
        if scoring.ingest["dust_map"] is None:
            say("no dust map (ingest.dust_map): objects whose files give no E(B-V) are taken to have no dust", quiet)
        about = {"topic": topic, "target": loaded.target, "version": _version()}
        outbox = Outbox(folder, forms or _FORMS, about) if folder else None
        with Store(store, model_digest(chosen)) as kept, workers(scoring, jobs) as (score, read):
            one = partial(cycle, watched, kept, score, outbox, read=read)
            if once:
                _tell(one(), quiet)
            else:
                follow(one, every, lambda counts: _tell(counts, quiet))


def _watched(where, source, survey, given, model, reasons):
    """Return what is watched, and the `Scoring` of its objects."""
    from pathlib import Path

    from mallorn.errors import ConfigError
    from mallorn.interface.configuration import configuration
    from mallorn.interface.files import reading_for
    from mallorn.plugins import names
    from mallorn.survey.passbands import passbands_of_run, surveys_of_run
    from mallorn.watch.following import Scoring
    from mallorn.watch.inputs import Broker, Folder

    survey = list(survey) if len(survey) > 1 else next(iter(survey), None)
    if where == _BROKER:
        source, survey = source or _BROKER, survey or given.get("alerce", {}).get("survey", "ztf")
    source = source or guess_source(Path(where))
    asked = {name: value for name, value in (("source", source), ("survey", survey)) if value is not None}
    config = configuration({**reading_for(model, given), **asked, "data_dir": where})
    if source not in names("formats"):
        raise ConfigError(f"--source: expected a format, found {source!r}. Next step: see docs/howto/sources.md")
    passbands, surveys = passbands_of_run(config)[0], surveys_of_run(config)[0]
    plugins = given.get("plugins", [])
    scoring = Scoring(str(model.folder), plugins, reasons, config["ingest"], (passbands, passbands.places(surveys)))
    if where == _BROKER:
        return Broker(config), scoring
    return Folder(Path(where), source, surveys, config), scoring


def _version():
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mallorn")
    except PackageNotFoundError:
        return "checkout"


def _tell(counts, quiet):
    if not (counts.alerts or counts.scored or counts.bad):
        return
    rate = f", {counts.alerts / counts.seconds:.3g} alerts a second" if counts.alerts else ""
    said = f"{counts.alerts} alerts, {counts.scored} objects scored, {counts.chosen} chosen"
    say(f"{said} in {counts.seconds:.1f} s{rate}", quiet)
    for reason, n in counts.not_scored.most_common(3):
        say(f"{n} without a probability: {reason}", quiet)
    if counts.bad:
        say(f"{len(counts.bad)} files cannot be read", quiet)


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@_store_option
@out_option()
def history(ids, store, out):
    """Write the scores that watched objects have had: one row for each, by object and in order.

    \b
    mallorn history ZTF20achpcvt ZTF19aapreis
    mallorn history --out history.parquet                                for all objects
    """
    import pandas

    from mallorn.interface.writing import table_written
    from mallorn.watch.messages import plain
    from mallorn.watch.store import read_scores

    rows, missing = [], set(ids)
    with table_written(out, {}) as write:
        for score in read_scores(store, ids):
            missing.discard(score.object_id)
            rows.append({"object_id": score.object_id, **plain(score, None)})
            if len(rows) == 1000:
                write(pandas.DataFrame(rows))
                rows = []
        write(pandas.DataFrame(rows))
    if missing:
        say(f"{store} has no score of {', '.join(sorted(missing))}")
