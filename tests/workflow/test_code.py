"""Code is found by its name in one place, and an edit of any module re-runs the jobs that can reach it, no others."""

import ast
import re
import shutil
import subprocess
import sys

import forks
import pytest
from rule_codes import Code, jobs_of, read_workflow
from workflow_copy import ROOT, clean_environment

from mallorn import plugins
from mallorn.runs.fingerprints import fingerprint, modules_of, named

SOURCE = ROOT / "src" / "mallorn"
ADAPTERS = ROOT / "workflow" / "scripts"
PYTHON = sorted([*SOURCE.rglob("*.py"), *ADAPTERS.glob("*.py"), *(ROOT / "workflow").rglob("*.smk")])
MODULES = {str(path.relative_to(ROOT / "src"))[:-3].replace("/", "."): path for path in SOURCE.rglob("*.py")}
MODULES = {name.removesuffix(".__init__"): path for name, path in MODULES.items()}
STAGES = ("score", "join_features")
LOADERS = r"\bimport_module\b|__import__|spec_from_file_location|exec_module|\brunpy\b|\bexec\(|\bimp\b"


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    return read_workflow(tmp_path_factory.mktemp("workflow"))


@pytest.fixture(scope="module")
def jobs(workflow):
    return jobs_of(workflow)


def test_modules_are_loaded_by_name_in_one_place():
    found = [path for path in PYTHON if re.search(LOADERS, path.read_text(encoding="utf-8"))]
    # the first loads what `__all__` names, the last what jobs would load, before they do
    assert found == [SOURCE / "__init__.py", SOURCE / "plugins.py", SOURCE / "runs" / "job_server.py"]


def test_every_load_by_name_says_its_kind_and_functions_as_literals():
    loads = 0
    for path in (path for path in PYTHON if path.suffix == ".py" and path.name != "plugins.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        froms = [node for node in ast.walk(tree) if getattr(node, "module", "") == "mallorn.plugins"]
        imported = {alias.asname or alias.name for node in froms for alias in node.names}
        assert not {"import_module", "module_from_spec"} & imported
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            ours = getattr(call.func, "id", "") == "load" and "load" in imported
            ours |= ast.unparse(call.func) == "plugins.load"
            if ours:
                loads += 1
                literal = [arg for k, arg in enumerate(call.args) if k != 1]
                assert all(isinstance(arg, ast.Constant) for arg in literal), f"{path}, line {call.lineno}"
                assert call.args[0].value in plugins.KINDS
    assert loads >= 7


def test_every_rule_with_a_script_digests_the_code_of_that_script(jobs):
    assert len({job.rule for job in jobs}) > 40
    for job in jobs:
        assert isinstance(job.code, Code), f"{job.rule}: params need code=code_of({job.script!r}, ...)"
        assert job.code.adapter == ADAPTERS / f"{job.script}.py"


def test_an_adapter_that_loads_by_name_uses_the_plug_ins_of_the_configuration():
    for path in ADAPTERS.glob("*.py"):
        loads = "mallorn.plugins" in modules_of(path) and "use(snakemake.config" not in path.read_text()
        reached = [kind for kind in plugins.KINDS if kind in _kinds_reached(path)]
        assert not (loads and reached), f"{path.name} loads {reached} and does not call mallorn.plugins.use"


def _kinds_reached(path):
    texts = [path.read_text(), *(MODULES[name].read_text() for name in modules_of(path))]
    texts = [re.sub(r'"""[\s\S]*?"""', "", text) for text in texts]
    return {kind for text in texts for kind in re.findall(r'\bload\("(\w+)", ', text)}


def reachable(adapter, used):
    """Return the modules that an adapter reaches, found by regular expressions in place of syntax trees.

    A module that is loaded by its name is reached if `used` has its name, or has no name of its kind.
    """
    text = (ADAPTERS / f"{adapter}.py").read_text(encoding="utf-8").rpartition('\nif "snakemake" in globals()')[0]
    found, texts = set(), [text]
    while texts:
        text, names = re.sub(r'"""[\s\S]*?"""', "", texts.pop()), set()
        for stem, listed in re.findall(r"^\s*from (mallorn[\w.]*) import (\([^)]*\)|.*)", text, re.MULTILINE):
            names |= {stem, *(f"{stem}.{word}" for word in re.findall(r"\w+", listed))}
        names |= set(re.findall(r"^\s*import (mallorn[\w.]*)", text, re.MULTILINE))
        for kind in re.findall(r'\bload\("(\w+)", ', text):
            names |= {plugins.find(kind, name).module for name in named(kind, used)}
        names |= {name.rpartition(".")[0] for name in names}
        names |= {name.rpartition(".")[0] for name in names}
        new = {name for name in names if name in MODULES} - found
        found |= new
        texts += [MODULES[name].read_text(encoding="utf-8") for name in new]
    return found


def test_an_edit_of_any_module_changes_the_code_of_the_jobs_that_reach_it_and_of_no_others(jobs, tmp_path):
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src" / "mallorn", source / "mallorn", ignore=shutil.ignore_patterns("__pycache__"))
    calls = {(job.script, repr(job.code.used)): job.code for job in jobs}
    sliced = {"ingest", "ingest_metadata"}  # of whose source single functions are used: tests/runs/test_fingerprints.py
    calls = {call: code for call, code in calls.items() if call[0] not in sliced}
    expected = {call: reachable(call[0], code.used) for call, code in calls.items()}
    before = {call: fingerprint(code.adapter, used=code.used, source=source) for call, code in calls.items()}
    assert before == {call: str(code) for call, code in calls.items()}
    touched = set()
    for name, path in MODULES.items():
        copy = source / path.relative_to(ROOT / "src")
        text = copy.read_text()
        copy.write_text(text + "\n_EDITED = 1\n")
        after = {call: fingerprint(code.adapter, used=code.used, source=source) for call, code in calls.items()}
        changed = {call for call in calls if after[call] != before[call]}
        copy.write_text(text)
        assert changed == {call for call in calls if name in expected[call]}, name
        touched |= {name} if changed else set()
    by_name = {m.module for kind in ("features", "learners", "artifacts") for m in plugins.modules(kind).values()}
    assert by_name <= touched


IMPORTED = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
for path in sys.argv[2:]:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mallorn"]:
        del sys.modules[name]
    runpy.run_path(path)
    print(path, *(name for name in sys.modules if name.partition(".")[0] == "mallorn"))
"""


def test_what_python_imports_is_among_what_is_followed(jobs):
    adapters = sorted({str(job.code.adapter) for job in jobs})
    command = [sys.executable, "-c", IMPORTED, str(ROOT / "src"), *adapters]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        path, _, names = line.partition(".py ")
        assert set(names.split()) <= set(modules_of(f"{path}.py")), path


def ancestors(folder, target, config):
    """Return the scripts of the rules that `target` needs, from the graph that Snakemake draws in `folder`."""
    given = [f"{name}={value}" for name, value in config.items()]
    command = ["--snakefile", str(ROOT / "Snakefile"), "--rulegraph", "dot", "--config", *given]
    graph = forks.run(ROOT, folder, command, clean_environment()).stdout
    label = dict(re.findall(r'(\d+)\[label = "(\w+)"', graph))
    edges = [(label[a], label[b]) for a, b in re.findall(r"(\d+) -> (\d+)", graph)]
    found, todo = set(), [target]
    while todo:
        rule = todo.pop()
        if rule not in found:
            found.add(rule)
            todo += [a for a, b in edges if b == rule]
    return found


@pytest.mark.parametrize("source", ["kaggle", "table"])
def test_the_stages_that_features_and_scores_are_told_to_depend_on_are_those_of_the_graph(tmp_path, source):
    config = {"source": source} | ({"data_dir": str(tmp_path)} if source == "table" else {})
    (tmp_path / "points.csv").touch()
    workflow = read_workflow(tmp_path, **config)
    script, told = {job.rule: job.script for job in jobs_of(workflow)}, workflow.globals
    before = {name for name in script if name.startswith(("simulate_", "compile_"))}  # made of no survey, or no numbers
    reads, gathers = ("ingest_files", "gather_metadata") if source == "table" else ("ingest", "ingest_metadata")
    scored, features = ({script[rule] for rule in ancestors(tmp_path, name, config) - before} for name in STAGES)
    assert {reads, gathers} < scored == set(told["SCORED_STAGES"])
    # less the columns of the metadata and copies; what the two in the middle make is listed one by one
    assert features - {gathers, "augment"} == {reads, "fit_lightcurves", "extract_features", "join_features"}
    assert list(told["feature_state"](told["SOURCE"])["reading"]) == [source]
