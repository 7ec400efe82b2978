"""Draw the objects of a simulated survey; write its logs and the truth about them."""

import logging

from mallorn.simulate.logs import write_logs
from mallorn.survey.passbands import Passbands


def main(folder, settings):
    """Write the logs into `folder`.

    settings: {"seed": integer, "simulation": that block of the configuration, "passbands": text of `Passbands`}.
    """
    passbands = Passbands.from_text(settings["passbands"])
    n_train, n_test = write_logs(settings["simulation"], passbands, settings["seed"], folder)
    logging.getLogger(__name__).info("drew %d objects for training and %d for testing", n_train, n_test)


if "snakemake" in globals():
    from pathlib import Path

    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(Path(snakemake.output.truth).parent, snakemake.params.settings)
