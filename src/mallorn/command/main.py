"""The command `mallorn` and its subcommands. Nothing heavy is imported before a command runs."""

import gc

import click

from mallorn.command.points import convert, features
from mallorn.command.running import EXIT_CODES, Commands
from mallorn.command.scores import score
from mallorn.command.single import explain, plot
from mallorn.command.told import completion, info
from mallorn.command.watch import history, watch

__all__ = ["mallorn"]

_COLLECTED_AFTER = (50_000, 20, 50)
"""Thresholds of Python's collector: the default ones take a tenth of the time of a start, in which nothing is freed."""


def _version(context, _, asked):
    if asked and not context.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"mallorn {version('mallorn')}")
        except PackageNotFoundError:
            click.echo("mallorn, of a checkout that is not installed")
        context.exit()


@click.group(cls=Commands, epilog=EXIT_CODES)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def mallorn(context):
    """Score light curves: which are tidal disruption events, and why.

    \b
    mallorn score --example                          score 100 light curves that come with mallorn
    mallorn score alerts.avro --out scores.csv       score all objects of a file
    mallorn score forced/ --source ztf_forced        score a folder; CSV on standard output
    mallorn watch alerts/ --source rubin_alerts      score alerts as they come
    mallorn explain AT2020wey lightcurves.csv        what speaks for a TDE, and what against
    mallorn plot AT2020wey lightcurves.csv           draw the points and the fitted light curve

    docs/howto/sources.md lists the formats that it reads. The model is the folder that --model or the environment
    variable MALLORN_MODEL names; without either, results/model if it exists, or else the model that comes with mallorn.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTED_AFTER)
    context.call_on_close(lambda: gc.set_threshold(*before))


for _command in (score, watch, history, explain, plot, features, convert, info, completion):
    mallorn.add_command(_command)
