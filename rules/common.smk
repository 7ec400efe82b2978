# What all rule files share: the checked configuration, the lists that wildcards run over, and what every rule carries.
# No rules here.

import re

import yaml
from snakemake.exceptions import WorkflowError

from mallorn.configuration import check_config
from mallorn.errors import ConfigError, DataError
from mallorn.provenance import constant, fingerprint
from mallorn.survey_files import find_splits, log_digest

try:
    with open(Path(workflow.basedir, "workflow", "schemas", "config.schema.yaml"), encoding="utf-8") as schema:
        check_config(config, yaml.safe_load(schema))
    if config["data_dir"] is None:
        DATA_DIR = "results/survey"
        SPLITS = [f"split_{k + 1:02d}" for k in range(config["simulation"]["n_splits"])]
    else:
        DATA_DIR = config["data_dir"]
        SPLITS = find_splits(DATA_DIR)
except (ConfigError, DataError) as error:
    raise WorkflowError(str(error)) from None

BANDS = constant("mallorn.bands", "BANDS")
FAMILIES = [name for name, block in config["features"].items() if block["enabled"]]


wildcard_constraints:
    split="|".join(map(re.escape, SPLITS)),
    band="|".join(BANDS),
    family="|".join(config["features"]),


def code_of(rule, *modules):
    """Return the digest of the library code that the adapter of `rule` reaches, and of `modules` that it loads by name."""
    return fingerprint(Path(workflow.basedir, "workflow", "scripts", f"{rule}.py"), *modules)


def megabytes(fixed, per_input=0.0):
    """Return a `mem_mb` function: `fixed` plus `per_input` times the size of the input, twice as much at each retry."""
    return lambda wildcards, input, attempt: int((fixed + per_input * input.size_mb) * 2 ** (attempt - 1))


def minutes(fixed, per_input=0.0):
    """Return a `runtime` function: `fixed` minutes plus `per_input` times the input's MB, twice as much at each retry."""
    return lambda wildcards, input, attempt: int((fixed + per_input * input.size_mb) * 2 ** (attempt - 1) + 1)


def show_summary():
    """Log the scores and where the results are, after a run that made them."""
    from mallorn.summary import summary

    text = summary("results")
    if text:
        print(text, file=sys.stderr)
