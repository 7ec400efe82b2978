"""Make all features of light curves in one process, without files.

The workflow's rules call the same functions. Each rule makes one artifact of one split and keeps it as a file. Here all
artifacts of a group of objects are made one after the other and stay in memory. Both ways give the same numbers.
"""

import numpy as np

from mallorn.families.family import Inputs, family_features
from mallorn.gp.engines import load_engine
from mallorn.gp.fit import fit_lightcurves, fit_slots
from mallorn.gp.models import DRW, Matern32, MultibandMatern32
from mallorn.gp.posterior import Posterior, predict_posterior
from mallorn.hypotheses.cache import use_kernels
from mallorn.hypotheses.fit import fit_hypotheses
from mallorn.hypotheses.semi import fit_semi_parametric
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
    `Posterior` for "posterior".

    lightcurves: raw `LightCurves`. settings: {"fits", "posterior"}, blocks of the configuration. kernels: folder of
    compiled hypotheses; None for the user's cache (see `mallorn.hypotheses.cache`).
    """
    fits, clear = settings["fits"], lightcurves.dereddened()
    slots = clear.in_slots()
    tables = {}
    for name, model in (("drw", DRW), ("matern", Matern32)):
        if f"fits/{name}" in needs:
            tables[f"fits/{name}"] = fit_slots(model, slots, fits[name])
    if {"fits/multiband", "posterior"} & set(needs):
        use_kernels(kernels)
        tables["fits/multiband"] = fit_lightcurves(MultibandMatern32, clear, fits["multiband"], load_engine("compiled"))
    if "posterior" in needs:
        table = predict_posterior(lightcurves, tables["fits/multiband"], settings["posterior"])
        tables["posterior"] = Posterior.of(table, settings["posterior"])
    if {"fits/hypotheses", "fits/semi_parametric"} & set(needs):
        use_kernels(kernels)
        tables["fits/hypotheses"] = fit_hypotheses(lightcurves, fits["hypotheses"])
    if "fits/semi_parametric" in needs:
        epoch = tables["fits/hypotheses"][f"{fits['semi_parametric']['epoch']}_t0"]
        tables["fits/semi_parametric"] = fit_semi_parametric(lightcurves, epoch, fits["semi_parametric"])
    return tables
