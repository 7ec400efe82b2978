"""Simulate the objects that networks learn from before those of the survey."""

from mallorn.io.tables import write_table
from mallorn.seeds import derived_seed
from mallorn.simulate.curves import simulated_survey
from mallorn.survey.lightcurves import write_lightcurves
from mallorn.survey.passbands import Passbands


def main(outputs, settings):
    """Write their points and objects, like those of an ingested split, and the type of each.

    outputs: {"points", "objects", "labels": path}. settings: {"seed", "simulation": a whole block of the configuration,
    "passbands": text of the survey's}.
    """
    seed = derived_seed(settings["seed"], "pretraining")  # other objects than those of a simulated survey
    passbands = Passbands.from_text(settings["passbands"])
    lightcurves, labels = simulated_survey(settings["simulation"], passbands, seed)
    write_lightcurves(lightcurves, outputs["points"], outputs["objects"])
    write_table(outputs["labels"], labels)


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main({name: snakemake.output[name] for name in ("points", "objects", "labels")}, snakemake.params.settings)
