"""`mallorn features` and `mallorn convert`, which need no model."""

import click

from mallorn.command.inputs import given_settings, reading_options
from mallorn.command.running import say
from mallorn.command.scores import jobs_option, out_option, quiet_option, tell, working

__all__ = ["convert", "features"]


@click.command()
@reading_options()
@click.option(
    "--families", metavar="NAME,...", help="Families of features (docs/reference/features.md). The default is all."
)
@out_option("features.parquet")
@jobs_option
@quiet_option
def features(paths, source, survey, settings, families, out, jobs, quiet):
    """Compute the features of the objects in files: one row for each object.

    \b
    mallorn features survey/ --out features.parquet --jobs 4
    mallorn features lightcurves.csv --families statistics,color --out -
    """
    from mallorn.interface.files import features_of_files
    from mallorn.interface.writing import table_written

    chosen = [name.strip() for name in families.split(",")] if families else None
    given = given_settings(settings)
    with working(paths, source, survey, quiet) as (files, watch), table_written(out, {}) as write:
        found = features_of_files(files, write, jobs, chosen, given, watch)
    tell(found, quiet)
    say(f"{found.objects} objects", quiet)


@click.command()
@reading_options()
@out_option("lightcurves.parquet")
@quiet_option
def convert(paths, source, survey, settings, out, quiet):
    """Write the points of files of any format as one long table, which --source table can read.

    Times are MJD, fluxes microjansky, passbands SURVEY.NAME; upper limits have flux 0 and upper_limit 1.

    \b
    mallorn convert DES_HEAD.FITS --out des.parquet
    mallorn convert AT2019qiz.json --source manytde --out AT2019qiz.vot
    """
    from mallorn.interface.files import convert_files
    from mallorn.interface.writing import table_written

    given = given_settings(settings)
    with working(paths, source, survey, quiet) as (files, watch), table_written(out, {}) as write:
        found = convert_files(files, write, given, watch)
    tell(found, quiet)
    say(f"{found.rows - found.aside.total()} points of {found.objects} objects", quiet)
