"""Check the light curves of one split against the logs and write them sorted and packed."""

from mallorn.ingest.lightcurves import ingest_split
from mallorn.ingest.objects import read_objects
from mallorn.survey.passbands import Passbands


def main(train, test, logs, split, points, objects, set_aside, settings):
    """Write the light curves of `split` to `points` and `objects`, and the rows not kept to `set_aside`.

    train, test: light-curve files. logs: paths of the training and the test log. settings: {"ingest":
    that block of the configuration, "passbands": text of the survey's `Passbands`}.
    """
    config, passbands = settings["ingest"], Passbands.from_text(settings["passbands"])
    ingest_split(train, test, read_objects(*logs, split, config), config, passbands, points, objects, set_aside)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(
            snakemake.input.train,
            snakemake.input.test,
            snakemake.input.logs,
            snakemake.wildcards.split,
            snakemake.output.points,
            snakemake.output.objects,
            snakemake.output.set_aside,
            snakemake.params.settings,
        )
