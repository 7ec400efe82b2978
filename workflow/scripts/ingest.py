"""Check the light curves of one split and write them sorted and packed."""

from functools import partial

from mallorn.ingest.split import write_split
from mallorn.plugins import load


def main(source, folder, sets, split, points, objects, set_aside, settings):
    """Write the light curves of `split` to `points` and `objects`, and the rows not kept to `set_aside`.

    source: name of a source, folder and sets: what it reads; see `mallorn.sources.source`. settings: block `ingest` of
    the configuration.
    """
    read = partial(load("sources", source, "read_split").read_split, folder, split, sets, settings)
    write_split(read, points, objects, set_aside)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        params, output = snakemake.params, snakemake.output
        survey = (params.source, params.folder, params.survey["sets"], snakemake.wildcards.split)
        main(*survey, output.points, output.objects, output.set_aside, params.settings)
