"""The artifacts of one part: stale ones are made in one pass over the light curves, the others stay.

One job makes all artifacts, since starting an interpreter and loading compiled code cost as much as many fits. Each
table says what it was made from: after an edit, only that artifact is made again, and those that depend on it.
"""

import logging
import time
from collections import Counter
from contextlib import ExitStack

from mallorn.families.artifacts.artifact import Group, Tools
from mallorn.families.origin import MADE_FROM, digest_of, digests_of_files, keep, made_from
from mallorn.io.tables import read_columns, table_writer
from mallorn.plugins import load
from mallorn.survey.lightcurves import lightcurve_groups

__all__ = ["write_artifacts"]

_log = logging.getLogger(__name__)


def write_artifacts(points, objects, artifacts, kernels=None, engine="compiled"):
    """Write the artifacts of one part that are missing, or were made from something else.

    points, objects: paths of the light curves, as `mallorn.survey.lightcurves.write_lightcurves` makes them. artifacts:
        {artifact: {"output": path, or {slot: path}, "settings": its block of the configuration, "code": digest of the
        code that makes it}}, each after those that it needs. kernels, engine: see `Tools`.

    Tables that stay get a new date, since they must be newer than what they were made from.
    """
    modules = {name: load("artifacts", name.rpartition("/")[2], "units", "make") for name in artifacts}
    light_curves, digests = digests_of_files({"points": points, "objects": objects}, {}), {}
    for name, asked in artifacts.items():
        needs = {need: digests[need] for need in modules[name].NEEDS}
        read = (engine,) if modules[name].ENGINE else ()
        digests[name] = digest_of(light_curves, needs, *read, asked["settings"], asked["code"])
    stale = [name for name, asked in artifacts.items() if not made_from(asked["output"], digests[name])]
    for name in artifacts:
        if name not in stale:
            keep(artifacts[name]["output"])
            _log.info("%s: made before from the same", name)
    if stale:
        chosen = {name: (modules[name], artifacts[name], digests[name]) for name in stale}
        _write(points, objects, chosen, artifacts, Tools(kernels, engine))


def _write(points, objects, stale, artifacts, tools):
    """Write the artifacts `stale`, {artifact: (module, what makes it, what it is made from)}, of the `artifacts`."""
    read = {need for module, *_ in stale.values() for need in module.NEEDS if need not in stale}
    cpu, n = Counter(), 0
    with ExitStack() as files:
        writers = {name: _writers(*made, files) for name, made in stale.items()}
        for number, lightcurves in lightcurve_groups(points, objects):
            group = Group(lightcurves)
            made = {need: read_columns(artifacts[need]["output"], group=number) for need in read}
            for name, (module, asked, _) in stale.items():
                begin = time.process_time()
                made[name] = module.make(group, made, asked["settings"], tools)
                for slot, write in writers[name].items():
                    write(made[name] if slot is None else made[name][slot])
                cpu[name] += time.process_time() - begin
            n += len(lightcurves)
    for name, seconds in cpu.items():
        _log.info("%s: made for %d objects, %.1f s of CPU", name, n, seconds)


def _writers(module, asked, digest, files):
    """Return {slot: function that writes a group} of an artifact; {None: the function} for one without slots."""
    outputs = asked["output"] if isinstance(asked["output"], dict) else {None: asked["output"]}
    about = module.units(asked["settings"]), ("object_id",), {MADE_FROM: digest}
    return {slot: files.enter_context(table_writer(path, *about)) for slot, path in outputs.items()}
