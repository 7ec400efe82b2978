"""The rules of the workflow as Snakemake reads them, and the code that each says it depends on."""

import os
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings
from workflow_copy import ROOT, TINY

from mallorn.runs import fingerprints


class Code(str):
    """A digest of code that knows how it was made: `adapter`, a path, and what it was given as `used`."""

    adapter: Path
    used: object


class Job(NamedTuple):
    """A kind of job: its `rule`, the `wildcards` that its code depends on, the name of its `script`, its `code`."""

    rule: str
    wildcards: dict
    script: str
    code: Code


def _tagged(path_of):
    def code_of(adapter, used=None):
        code = Code(fingerprints.fingerprint(path_of(adapter), used=used))
        code.adapter, code.used = Path(path_of(adapter)).resolve(), used
        return code

    return code_of


def read_workflow(folder, **config):
    """Return Snakemake's object of the workflow, read with the tiny configuration in the working directory `folder`."""
    before = os.getcwd()
    original, fingerprints.digests_of_adapters = fingerprints.digests_of_adapters, _tagged
    try:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            return api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(config=config, configfiles=[TINY]),
                snakefile=ROOT / "Snakefile",
                workdir=Path(folder),
            )._workflow
    finally:
        fingerprints.digests_of_adapters = original
        os.chdir(before)


def jobs_of(workflow):
    """Return a `Job` of each rule with a script, and for each value of the wildcards that its code depends on."""
    config, found = workflow.globals["config"], []
    values = {"family": list(config["features"]), "model": list(config["models"])}
    for rule in workflow.rules:
        if rule.script is None:
            continue
        params = dict(rule.params.items())
        code, script = params.get("code"), Path(rule.script).stem.format(params=SimpleNamespace(**params))
        if not callable(code):
            found.append(Job(rule.name, {}, script, code))
            continue
        names = [name for name in values if name in rule.wildcard_names]
        for chosen in product(*(values[name] for name in names)):
            wildcards = dict(zip(names, chosen, strict=True))
            found.append(Job(rule.name, wildcards, script, code(SimpleNamespace(**wildcards))))
    return found
