"""Make all features of light curves in one process, without files.

The workflow's rules call the same functions. Each rule makes one artifact of one split and keeps it as a file. Here all
artifacts of a group of objects are made one after the other and stay in memory. Both ways give the same numbers.
"""

import numpy as np

from mallorn.families.artifacts.artifact import Group, Tools
from mallorn.families.family import Inputs, family_features
from mallorn.plugins import load
from mallorn.runtime.threads import one_thread
from mallorn.survey.lightcurves import OBJECTS_PER_GROUP

__all__ = ["extract_features", "families_of", "make_artifacts"]


def extract_features(lightcurves, settings, families=None, kernels=None, further=None):
    """Return {column: (n,) array} of all features of raw `LightCurves`, families and columns in the workflow's order.

    settings: {"fits", "posterior", "features"}, blocks of the configuration. families: names of the families to make;
    by default all that are enabled in `settings["features"]`. kernels: see `make_artifacts`. further: (artifacts that
    it needs, function of (`LightCurves`, {artifact: table}) that returns more columns), for columns that are no
    features but are made from the same fits; they come last.

    As in the workflow, objects are worked on in groups of `OBJECTS_PER_GROUP`, to bound the memory, and linear algebra
    runs in one thread, since sums in several threads round differently.
    """
    with one_thread("blas"):
        return _extract(lightcurves, settings, families, kernels, further)


def families_of(columns, blocks):
    """Return the names of the families that `columns` of a feature table belong to, in the order of `blocks`.

    blocks: the block `features` of the configuration; families that it leaves out have no columns.
    """
    known = {name.partition("__")[0] for name in columns}
    return [name for name, block in blocks.items() if block["enabled"] and name in known]


def _extract(lightcurves, settings, families, kernels, further):
    blocks = settings["features"]
    names = [name for name, block in blocks.items() if block["enabled"]] if families is None else list(families)
    modules = {name: load("features", name) for name in names}
    needs = {need for module in modules.values() for need in module.NEEDS}
    needed, more = further or ((), None)
    groups = []
    for begin in range(0, max(len(lightcurves), 1), OBJECTS_PER_GROUP):
        group = lightcurves.take(np.arange(begin, min(begin + OBJECTS_PER_GROUP, len(lightcurves))))
        tables = make_artifacts(needs.union(needed), group, settings, kernels)
        columns = {}
        for name, module in modules.items():
            inputs = Inputs(group, {need: tables[need] for need in module.NEEDS if need != "lightcurves"})
            columns |= family_features(name, module, inputs, blocks[name])
        columns |= more(group, tables) if more else {}
        groups.append(columns)
    if len(groups) == 1:
        return groups[0]
    return {column: np.concatenate([group[column] for group in groups]) for column in groups[0]}


def make_artifacts(needs, lightcurves, settings, kernels=None):
    """Make the artifacts named in `needs`, which families read besides the points; return {artifact: table}.

    Keys and tables are those of `mallorn.families.family.Inputs`: {column: array} for "fits/multiband",
    "fits/hypotheses" and "fits/semi_parametric", {slot: {column: array}} for "fits/drw" and "fits/matern", a
    `Posterior` for "posterior". Those that they are made of come along.

    lightcurves: raw `LightCurves`. settings: {"fits", "posterior"}, blocks of the configuration. kernels: folder of
    compiled hypotheses; None for the user's cache (see `mallorn.hypotheses.cache`).
    """
    group, tools, tables = Group(lightcurves), Tools(kernels), {}
    for artifact in sorted(set(needs) - {"lightcurves"}):
        _make(artifact, group, settings, tools, tables)
    views = {}
    for artifact, table in tables.items():
        module, block = _module(artifact), _block(artifact, settings)
        views[artifact] = module.view(table, block) if hasattr(module, "view") else table
    return views


def _make(artifact, group, settings, tools, tables):
    """Add an artifact to `tables`, after those that it is made of, if it is not there."""
    if artifact in tables:
        return
    module = _module(artifact)
    for need in module.NEEDS:
        _make(need, group, settings, tools, tables)
    tables[artifact] = module.make(group, tables, _block(artifact, settings), tools)


def _module(artifact):
    return load("artifacts", artifact.rpartition("/")[2])


def _block(artifact, settings):
    """Return the block of the configuration of an artifact, "fits/drw" or "posterior"."""
    for key in artifact.split("/"):
        settings = settings[key]
    return settings
