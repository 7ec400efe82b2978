"""The layout that the catalogue of Snakemake workflows asks for, and commands that run no job."""

import re
import shutil

import forks
import pytest
import yaml
from workflow_copy import ROOT, TINY, clean_environment

from mallorn.command.main import mallorn

MODULE = """
configfile: "config/config.yaml"


module mallorn:
    snakefile: {snakefile!r}
    config: config


use rule * from mallorn as mallorn_*
"""


def snakemake(folder, *arguments):
    done = forks.run(ROOT, folder, arguments, clean_environment())
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def jobs(text):
    """Return {rule: number of jobs} of a dry run."""
    return {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", text.partition("Job stats")[2], re.M)}


def test_the_catalogue_finds_what_it_looks_for_without_a_second_copy():
    assert (ROOT / "workflow" / "Snakefile").is_file()
    assert (ROOT / "config" / "README.md").is_file()
    assert (ROOT / "config" / "config.yaml").samefile(ROOT / "config.yaml")
    assert yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]


def test_both_snakefiles_and_a_module_plan_the_same_jobs(tmp_path):
    common = ("-n", "--cores", "1", "--configfile", str(TINY), "--directory")
    top = jobs(snakemake(ROOT, *common, str(tmp_path / "a")))
    inner = jobs(snakemake(ROOT, "--snakefile", "workflow/Snakefile", *common, str(tmp_path / "b")))
    assert top.pop("default") == inner.pop("all") == 1
    assert top == inner
    assert top["cross_validate"] > 1
    (tmp_path / "config").mkdir()
    (tmp_path / "workflow").mkdir()
    (tmp_path / "config" / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    (tmp_path / "workflow" / "Snakefile").write_text(MODULE.format(snakefile=str(ROOT / "workflow" / "Snakefile")))
    module = jobs(snakemake(tmp_path, "-n", "--cores", "1", "--configfile", str(TINY)))
    assert module.pop("mallorn_all") == 1
    assert {name.removeprefix("mallorn_"): number for name, number in module.items()} == top


@pytest.fixture(scope="module")
def copied(finished, tmp_path_factory):
    """A copy of a finished run, from which metadata may be taken away."""
    return shutil.copytree(finished.path, tmp_path_factory.mktemp("copied") / "run")


COMMANDS = [
    ["--unlock"],
    ["--summary"],
    ["--rulegraph"],
    ["--list-rules"],
    ["--cleanup-metadata", "results/report/index.html"],
    ["--report", "report.html"],
    ["--report", "report.zip"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_that_runs_no_job_needs_no_number_of_cores(copied, command):
    snakemake(copied, *command, "--configfile", str(TINY))


RUNNING = {"config", "configfile", "cores", "directory", "profile", "quiet", "logger", "forcerun", "groups"}
RUNNING |= {"group-components", "set-resources", "software-deployment-method", "conda-create-envs-only"}
RUNNING |= {"conda-prefix"}
"""Options of runs, which the documentation names too; the others that it names are commands, and tested here."""


def test_every_command_of_snakemake_that_the_documentation_names_is_tested():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "config").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", text)) - RUNNING
    of_other_programs = {"name", "me", "gpus", "no-compile", "no-deps", "rm", "help", "version"}
    of_other_programs |= {
        option.removeprefix("--")
        for name in mallorn.list_commands(None)
        for parameter in mallorn.get_command(None, name).params
        for option in parameter.opts
    }
    tested = {command[0].removeprefix("--") for command in COMMANDS} | {"touch", "forceall"}
    assert {"unlock", "report"} <= named
    assert named - of_other_programs - tested == set()


def test_touching_takes_no_result_away(copied):
    before = {path: path.read_bytes() for path in (copied / "results").rglob("*.csv")}
    assert copied / "results" / "submission.csv" in before
    snakemake(copied, "--cores", "1", "--touch", "--forceall", "--configfile", str(TINY))
    assert {path: path.read_bytes() for path in before} == before


def test_the_workflow_is_in_good_condition_by_snakemakes_own_rules():
    assert "your workflow is in a good condition" in snakemake(ROOT, "--lint")
