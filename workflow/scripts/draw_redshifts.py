"""Write what is known about the objects with a photometric redshift, with a draw in place of the redshift."""

import numpy as np

from mallorn.ingest.metadata import write_logs
from mallorn.io.tables import read_columns
from mallorn.survey.cosmology import luminosity_distance
from mallorn.survey.photoz import drawn_redshifts, is_photometric


def main(metadata, output, which, settings):
    """Write the photometric rows of the table `metadata` as parts of their own: each split gets a suffix.

    metadata, output: paths. which: {"set": of the objects, "draw": number of the draw, "suffix": of the splits}.
    settings: {"seed", "draws": number of draws, "largest": largest believable redshift}.
    """
    table = read_columns(metadata)
    rows = np.flatnonzero((table["set"] == which["set"]) & is_photometric(table["Z"], table["Z_err"]))
    table = {name: values[rows] for name, values in table.items()}
    given = [table[name] for name in ("object_id", "Z", "Z_err")]
    draws = drawn_redshifts(*given, settings["draws"], settings["largest"], settings["seed"])
    redshift = draws[which["draw"]]
    split = np.array([f"{name}{which['suffix']}" for name in table["split"]], dtype=object)
    drawn = {"split": split, "Z": redshift, "luminosity_distance": luminosity_distance(redshift)}
    write_logs(output, {**table, **drawn})


if "snakemake" in globals():
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        main(snakemake.input[0], snakemake.output[0], snakemake.params.which, snakemake.params.settings)
