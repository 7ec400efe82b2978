"""Check the light curves of new objects of one split and write them sorted and packed."""

from mallorn.ingest.lightcurves import ingest_split
from mallorn.ingest.objects import read_objects
from mallorn.survey.passbands import Passbands


def main(curves, log, split, points, objects, set_aside, settings):
    """Write the light curves of the file `curves` to `points` and `objects`, and the rows not kept to `set_aside`.

    log: path of the log of the new objects. settings: {"ingest": that block of the configuration,
    "passbands": text of the `Passbands` of their survey}.
    """
    config, passbands = settings["ingest"], Passbands.from_text(settings["passbands"])
    ingest_split(None, curves, read_objects(None, log, split, config), config, passbands, points, objects, set_aside)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.curves,
            snakemake.input.log,
            snakemake.wildcards.original,
            snakemake.output.points,
            snakemake.output.objects,
            snakemake.output.set_aside,
            snakemake.params.settings,
        )
