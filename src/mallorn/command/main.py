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
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Tell the version.")
@click.pass_context
def mallorn(context):
    """Score light curves: which are tidal disruption events, and why.

    \b
    mallorn score --example                          what it gives for 100 light curves that come with it
    mallorn score alerts.avro --out scores.csv       probabilities of all objects of a file
    mallorn score forced/ --source ztf_forced        of a folder, as CSV on standard output
    mallorn watch alerts/ --source rubin_alerts      of alerts as they come, with their history
    mallorn explain AT2020wey lightcurves.csv        what speaks for it, and what against
    mallorn plot AT2020wey lightcurves.csv           its points and the fitted light curve

    Files may be of any format that docs/howto/sources.md lists. The model is the folder that --model or the environment
    variable MALLORN_MODEL names, else results/model here, else the one that comes with mallorn.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTED_AFTER)
    context.call_on_close(lambda: gc.set_threshold(*before))


for _command in (score, watch, history, explain, plot, features, convert, info, completion):
    mallorn.add_command(_command)
