"""Compute one feature family of one split."""

import logging

from mallorn.families.family import Inputs, family_features, unavailable, units
from mallorn.io.tables import read_columns, table_writer
from mallorn.plugins import load, names
from mallorn.survey.lightcurves import lightcurve_groups, read_passbands


def main(family, objects, artifacts, output, settings):
    """Write the features of `family` for the objects of one split.

    objects, output: paths. artifacts: {artifact: path, or {slot: path} for the fits of single passbands}, for
        everything in the family's `NEEDS`. settings: {"features": the family's block of the configuration,
        "posterior": the posterior's block, for families that need it}.
    """
    module, config = load("features", family), settings["features"]
    listed, n = module.features(config), 0
    expected, lacking = units(family, listed), unavailable(family, listed, read_passbands(objects))
    further = {name: paths for name, paths in artifacts.items() if name != "lightcurves"}
    with table_writer(output, expected, sorted_by=("object_id",), notes=lacking) as write:
        for group, lightcurves in lightcurve_groups(artifacts.get("lightcurves"), objects):
            tables = {name: _read(name, paths, settings, group) for name, paths in further.items()}
            features = family_features(family, module, Inputs(lightcurves, tables), config)
            write({"object_id": lightcurves.object_id, **features})
            n += len(lightcurves)
    logging.getLogger(__name__).info("%s: %d features of %d objects", family, len(expected), n)


def _read(artifact, paths, settings, group):
    if artifact in names("readers"):
        return load("readers", artifact).read(paths, settings, group)
    if isinstance(paths, dict):
        return {slot: read_columns(path, group=group) for slot, path in paths.items()}
    return read_columns(paths, group=group)


if "snakemake" in globals():
    from mallorn.plugins import use
    from mallorn.runtime.job_log import job_log

    with job_log(snakemake.log[0]):
        use(snakemake.config["plugins"])
        main(
            snakemake.wildcards.family,
            snakemake.input.objects,
            snakemake.params.artifacts,
            snakemake.output[0],
            snakemake.params.settings,
        )
