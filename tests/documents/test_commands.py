"""Every command of the documents runs, here or in a test of the workflow, or it says why not.

Commands are collected from the pages and notebooks, so that none can be forgotten. Those of `mallorn` run here as they
stand, in a folder with the files that they name. What `snakemake` is asked for must be what a test of the workflow has
it make; what `make` is asked for, what `.ci/run` has it make. All others stand below, with the reason.
"""

import ast
import re
import shlex
import time
from functools import cache
from pathlib import Path

import documented_files
import pytest
from click.testing import CliRunner
from document_blocks import ROOT, commands, inline_commands

from mallorn.command.main import mallorn
from mallorn.interface import released

ELSEWHERE = {
    r"git clone |cd mallorn$|python3 -m venv|source \.venv": "tests run in a clone and in its environment",
    r"pip install |\.venv/bin/python -m pip install": "an installation; .ci/run makes one",
    r"kaggle |unzip ": "needs an account of Kaggle and the challenge's data",
    r"\$EDITOR |tmux |squeue |less |head |eval ": "a program of the reader's own",
    r"\.ci/run$": "it runs these tests",
    r"docker |apptainer |conda build ": "needs a builder and its images; test_packaging.py checks the recipes",
    r"PYTHONPATH=src \.venv/bin/python docs/how_good.py": "needs the challenge's data; test_how_good.py runs it",
    r"mallorn watch alerce ": "asks the broker; tests/watch/test_watch.py asks a server that stands for it",
    r"snakemake --profile profiles/slurm --software-deployment-method conda": "needs conda and the network",
    r"snakemake --profile profiles/slurm": "needs a cluster; tests/slurm runs the profile on a real Slurm in .ci/run",
    r"make audit$": "asks a public database",
    r"make lock$": "asks the package index, and needs uv",
    r"make release-models": "needs the challenge's data; test_redshifts makes its target results/release",
    r"make simulated-classes": "minutes; test_transform_simulated_classes.py reads what it made",
    r"make pictures$": "needs Chromium and a minute; test_pictures and `make docs` draw the others",
    r"make (versions|processors)": "needs other versions of Python, or an emulator, and many minutes",
}
"""Commands that no test runs as they stand, by how they begin, and why."""

LONG = {
    "networks": "minutes of torch; tests/learners/networks trains each one",
    "bench": "simulates surveys for minutes; test_bench.py runs its adapter",
    "bench_score": "a minute of timings; tests/workflow/test_command.py runs its adapter",
    "bench_source": "tests/benchmarks/test_bench_sources.py runs its adapter",
    "fresh": "trains on draws of folds for minutes; tests/evaluate/test_fresh.py tests what it calls",
    "tree_early": "wants `early`, a minute of fits; test_inference_scripts.py runs its adapter",
    "results/evaluation/nodes.csv": "a part of `tree`, which test_evaluation.py makes",
    "rocket": "compiles for long; tests/evaluate/test_rocket.py runs its adapter",
    "bench_rocket": "compiles for long; tests/evaluate/test_rocket.py runs its adapter",
    "score_groups": "a part of `evaluation`, which test_evaluation.py makes",
    "score_other_surveys": "test_redshifts.py makes its file by name",
    "configuration_reference": "tests/settings hold the page and the schema to what it writes",
    "feature_catalogue": "tests/families hold the page to what it writes",
}
"""Targets that no test has snakemake make; tests/workflow/test_inference.py plans those that take long."""

NAMED = {"FILES": "AT2019qiz.json"}
"""Files that stand for a word of a page."""

FILE = re.compile(r"[\w.]+(?:\.(?:csv|json|avro|FITS|txt)|/)")
OURS = re.compile(r"mallorn |cat .*\| mallorn ")


@cache
def lines():
    """Return {command, without its comment: pages that have it} of all blocks."""
    found = {}
    for page, line in commands():
        for one in line.split("  #")[0].split(" && "):
            found.setdefault(one.strip(), []).append(page)
    return found


def excused(line):
    return any(re.match(pattern, line) for pattern in ELSEWHERE)


def ours():
    """Return the commands of mallorn to run: those of which no longer one has all words."""
    found = [line for line in lines() if OURS.match(line) and not excused(line)]
    words = {line: {NAMED.get(word, word) for word in line.split()} for line in found}
    return [line for line in found if not any(words[line] < words[other] for other in found)]


@cache
def made_by_tests():
    """Return the targets that tests of the workflow have snakemake make, "" for a run that names none.

    Of a target with a part that is known at run time, what stands before that part.
    """
    made = set()
    for path in [*(ROOT / "tests" / "workflow").glob("*.py"), ROOT / "tests" / "workflow_runs.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        text = {node.targets[0].id: node.value for node in ast.walk(tree) if _is_name_of_words(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("snakemake", "snakemake_anew"):
                words = [word for argument in node.args for word in _words(argument, text)]
                if "-n" not in words:
                    made |= {word for word in words if not word.startswith("-")} if node.args else {""}
    return made


def _is_name_of_words(node):
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Tuple)


def _words(node, text):
    """Return the words that an argument of a call says literally, also by the name of a tuple."""
    if isinstance(node, ast.Starred):
        named = text.get(getattr(node.value, "id", None))
        return [word for one in named.elts for word in _words(one, text)] if named else []
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return [first.value] if isinstance(first, ast.Constant) else []


@cache
def made_by_ci():
    """Return the targets of make that .ci/run makes, those that these make included."""
    run = "".join(ROOT.joinpath(*place).read_text(encoding="utf-8") for place in ((".ci", "run"), ("Makefile",)))
    return {name for pair in re.findall(r"^(?:env .* )?make ([\w-]+)|\$\(MAKE\) (?:--\S+ )?([\w-]+)", run, re.M)
            for name in pair}  # fmt: skip


def runs(line):
    """Return whether a test, or .ci/run, runs a command of snakemake or make, or it is too long and planned by one."""
    program, *words = shlex.split(line)
    if program == "make":
        return words[0] in made_by_ci()
    assert program == "snakemake"
    if {"-n", "--touch", "--unlock"} & set(words):
        return True  # test_workflow.py, test_layout.py and test_fetch.py do
    from snakemake.cli import get_argument_parser

    named = get_argument_parser().parse_args(words).targets or [""]
    known = made_by_tests()
    return all(
        name in known or name in LONG or any(name.startswith(one) for one in known if one.endswith("/"))
        for name in named
    )


def test_every_command_is_run_or_says_why_not():
    rest = inline_commands(("snakemake", "make")) | lines()
    rest = {line: page for line, page in rest.items() if not excused(line) and not OURS.match(line)}
    assert len(rest) > 40
    assert [f"{page[0]}: {line}" for line, page in rest.items() if not runs(line)] == []


def test_every_excuse_is_of_a_command():
    said = [*lines(), *inline_commands(("snakemake", "make", "pip", "eval"))]
    assert [pattern for pattern in ELSEWHERE if not any(re.match(pattern, line) for line in said)] == []
    assert [name for name in LONG if not any(name in line.split() for line in said)] == []
    assert set(LONG) & made_by_tests() == set()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The folder in which commands run one after the other, as a reader types them."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "results").mkdir()
    (folder / "results" / "model").symlink_to(released.released_model())
    return folder


def lay_out(folder, words):
    """Write the files that the command `words` reads into `folder`; return the command, and what it will write."""
    words = [NAMED.get(word, word) for word in words]
    source = words[words.index("--source") + 1] if "--source" in words else None
    written = {words[k + 1] for k, word in enumerate(words) if word in ("--out", "--report", "--messages", ">")}
    for name in {word for word in words if FILE.fullmatch(word)} - written:
        place = folder / name
        if place.is_dir():
            place.rename(place.with_name(f"{place.name} before {time.monotonic_ns()}"))
        documented_files.write(name, source, folder)
    return words, written


def ended(*_):
    """Stand for the wait between two looks of `mallorn watch`, which a reader ends by Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("line", ours())
def test_a_command_of_mallorn_does_what_a_page_says(line, desk, monkeypatch):
    monkeypatch.chdir(desk)
    monkeypatch.setattr("mallorn.watch.following.time.sleep", ended)
    if "--example" in line:
        monkeypatch.setattr(released, "example_file", lambda: documented_files.small_example(desk))
    words, written = lay_out(desk, shlex.split(line))
    stdin = Path(words[1]).read_text() if words[0] == "cat" else None
    end = words.index(">") if ">" in words else len(words)
    done = CliRunner().invoke(mallorn, words[words.index("mallorn") + 1 : end], input=stdin)
    followed = words[1] == "watch" and "--once" not in words
    assert done.exit_code == (130 if followed else 0), done.output
    assert done.output or written
    if end < len(words):
        Path(words[end + 1]).write_text(done.stdout)
    for name in written:
        made = desk / name
        assert made.stat().st_size > 0
        assert not made.is_dir() or (made / "index.html").is_file() or list(made.glob("*.jsonl"))
    if words[1] == "score":
        assert re.search(r"^[1-9]\d* of [1-9]\d* objects scored", done.stderr, re.MULTILINE), done.stderr
