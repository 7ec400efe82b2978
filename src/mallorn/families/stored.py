"""The feature tables of one part: stale tables are made in one pass over the part, the others stay.

One job makes all families, since starting an interpreter and reading light curves cost more than most of them. Each
table says what it was made from: after an edit of one family, only that family is made again.
"""

import hashlib
import json
import logging
from contextlib import ExitStack
from pathlib import Path

from mallorn.families.family import Inputs, family_features, unavailable, units
from mallorn.io.digests import whole_digest
from mallorn.io.tables import read_columns, read_metadata, table_writer
from mallorn.plugins import load, names
from mallorn.survey.lightcurves import lightcurve_groups, read_passbands

__all__ = ["write_families"]

_MADE_FROM = "made_from"  # in the metadata of a table: the digest of all that it depends on


def write_families(objects, families):
    """Write the feature tables of one part that are missing, or were made from something else.

    objects: path of the part's objects, as `mallorn.survey.lightcurves.write_lightcurves` makes it. families: {family:
        {"output": path, "artifacts": {artifact: path, or {slot: path} for the fits of single passbands} for everything
        in the family's `NEEDS`, "settings": {"features": the family's block of the configuration, "posterior": the
        posterior's block, for families that need it}, "code": digest of the code that makes it}}.

    Tables that stay get a new date, since they must be newer than what they were made from.
    """
    log, digests = logging.getLogger(__name__), {}
    made_from = {family: _made_from(objects, asked, digests) for family, asked in families.items()}
    stale = {family: asked for family, asked in families.items() if _told(asked["output"]) != made_from[family]}
    for family, asked in families.items():
        if family not in stale:
            Path(asked["output"]).touch()
            log.info("%s: made before from the same", family)
    if stale:
        _write(objects, stale, made_from, log)


def _write(objects, families, made_from, log):
    modules = {family: load("features", family) for family in families}
    paths = {name: path for asked in families.values() for name, path in asked["artifacts"].items()}
    blocks = {name: asked["settings"] for asked in families.values() for name in asked["artifacts"]}
    points, passbands, n = paths.pop("lightcurves", None), read_passbands(objects), 0
    with ExitStack() as stack:
        writers = {}
        for family, module in modules.items():
            listed, asked = module.features(families[family]["settings"]["features"]), families[family]
            about = units(family, listed), ("object_id",), {_MADE_FROM: made_from[family]}
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
    if artifact in names("readers"):
        return load("readers", artifact).read(paths, settings, group)
    if isinstance(paths, dict):
        return {slot: read_columns(path, group=group) for slot, path in paths.items()}
    return read_columns(paths, group=group)


def _made_from(objects, asked, digests):
    """Return the digest of what a table depends on. digests: {path: digest} of files that were read already."""

    def content(paths):
        if isinstance(paths, dict):
            return {slot: content(path) for slot, path in paths.items()}
        if paths not in digests:
            digests[paths] = whole_digest(paths)
        return digests[paths]

    artifacts = {name: content(paths) for name, paths in asked["artifacts"].items()}
    told = [asked["code"], asked["settings"], content(objects), artifacts]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _told(path):
    """Return the digest that a table carries; None if there is no whole one."""
    try:
        return read_metadata(path).get(_MADE_FROM)
    except (OSError, ValueError):  # pyarrow's own errors are among them
        return None
