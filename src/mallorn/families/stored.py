"""The feature tables of one part: stale tables are made in one pass over the part, the others stay.

One job makes all families, since starting an interpreter and reading light curves cost more than most of them. Each
table says what it was made from: after an edit of one family, only that family is made again.
"""

import logging
from contextlib import ExitStack

from mallorn.families.family import Inputs, family_features, unavailable, units
from mallorn.families.origin import MADE_FROM, digest_of, digests_of_files, keep, made_from
from mallorn.io.tables import read_columns, table_writer
from mallorn.plugins import defines, load
from mallorn.survey.lightcurves import lightcurve_groups, read_passbands

__all__ = ["write_families"]


def write_families(objects, families):
    """Write the feature tables of one part that are missing, or were made from something else.

    objects: path of the part's objects, as `mallorn.survey.lightcurves.write_lightcurves` makes it. families: {family:
        {"output": path, "artifacts": {artifact: path, or {slot: path} for the fits of single passbands} for everything
        in the family's `NEEDS`, "settings": {"features": the family's block of the configuration, "posterior": the
        posterior's block, for families that need it}, "code": digest of the code that makes it}}.

    Tables that stay get a new date, since they must be newer than what they were made from.
    """
    log, known = logging.getLogger(__name__), {}
    digests = {family: _digest(objects, asked, known) for family, asked in families.items()}
    stale = {family: asked for family, asked in families.items() if not made_from(asked["output"], digests[family])}
    for family, asked in families.items():
        if family not in stale:
            keep(asked["output"])
            log.info("%s: made before from the same", family)
    if stale:
        _write(objects, stale, digests, log)


def _write(objects, families, digests, log):
    modules = {family: load("features", family) for family in families}
    paths = {name: path for asked in families.values() for name, path in asked["artifacts"].items()}
    blocks = {name: asked["settings"] for asked in families.values() for name in asked["artifacts"]}
    points, passbands, n = paths.pop("lightcurves", None), read_passbands(objects), 0
    with ExitStack() as stack:
        writers = {}
        for family, module in modules.items():
            listed, asked = module.features(families[family]["settings"]["features"]), families[family]
            about = units(family, listed), ("object_id",), {MADE_FROM: digests[family]}
            writer = table_writer(asked["output"], *about, notes=unavailable(family, listed, passbands))
            writers[family] = stack.enter_context(writer)
        for group, curves in lightcurve_groups(points, objects):
            tables = {name: _read(name, path, blocks[name], group) for name, path in paths.items()}
            for family, module in modules.items():
                own = {need: tables[need] for need in module.NEEDS if need != "lightcurves"}
                features = family_features(
                    family, module, Inputs(curves, own), families[family]["settings"]["features"]
                )
                writers[family]({"object_id": curves.object_id, **features})
            n += len(curves)
    log.info("%d objects: made %s", n, ", ".join(families))


def _read(artifact, paths, settings, group):
    """Return what families read of an artifact: its table or `view`, or {slot: table}."""
    if isinstance(paths, dict):
        return {slot: read_columns(path, group=group) for slot, path in paths.items()}
    table, name = read_columns(paths, group=group), artifact.rpartition("/")[2]
    if not defines("artifacts", name, "view"):
        return table
    return load("artifacts", name, "view").view(table, settings[artifact])


def _digest(objects, asked, known):
    """Return the digest of what a table depends on. known: see `digests_of_files`."""
    content = digests_of_files({"objects": objects, **asked["artifacts"]}, known)
    return digest_of(asked["code"], asked["settings"], content)
