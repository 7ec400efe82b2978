"""Check the light curves of one split and write them sorted and packed."""

from functools import partial

from mallorn.ingest.split import write_split
from mallorn.plugins import load
from mallorn.survey.passbands import Passbands


def main(source, folder, survey, split, outputs, settings):
    """Write the light curves of `split`, and the rows not kept.

    source: name of a source; folder: its input; see `mallorn.sources.source`. survey: {"sets", "passbands" as text
    (`Passbands.to_text`)[, "in_slots": argument `minimum` of `write_split`]}. outputs: paths of the points, the
    objects, and the rows set aside. settings: block `ingest` of the configuration.
    """
    passbands = Passbands.from_text(survey["passbands"])
    read = partial(load("sources", source, "read_split").read_split, folder, split, survey["sets"], settings, passbands)
    write_split(read, passbands, *outputs, survey.get("in_slots"))


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        params, output = snakemake.params, snakemake.output
        outputs = output.points, output.objects, output.set_aside
        main(params.source, params.folder, params.survey, snakemake.wildcards.split, outputs, params.settings)
