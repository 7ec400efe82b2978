"""What documents tell readers to type: every command, configuration and piece of Python, so that none is forgotten.

Commands are parsed by the program that they name, with its own options, and rules and targets must be there. What they
do is tested where the programs are: tests/command, tests/workflow, tests/slurm.
"""

import ast
import re
import shlex
from functools import cache

import pytest
import yaml
from document_blocks import NOTEBOOKS, ROOT, blocks, cells, commands

import mallorn as library
from mallorn.command.main import mallorn
from mallorn.settings.resolve import defaults, resolve

ELSEWHERE = {"cat", "cd", "git", "head", "kaggle", "less", "pip", "python3", "source", "squeue", "tmux", "unzip"}
ELSEWHERE |= {"$EDITOR", ".venv/bin/python", "pre-commit", "export", "docker", "apptainer", "conda"}
"""Programs that are not of this project."""
LANGUAGES = {"", "yaml", "python", "text", "toml"}
PLUGGED_IN = {"plugins"}
"""Blocks that are not resolved as they stand, since they name a reader's own files."""

RULES = re.compile(r"^ *(?:use rule \w+ as|rule) (\w+)(?: with)?:", re.MULTILINE)


def words_of(line):
    """Return the words of a command, without its comment, and without variables before and a pipe after it."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        words = words[1:]
    for mark in ("|", ">", "&&"):
        words = words[: words.index(mark)] if mark in words else words
    return words


def lines_of(program):
    found = []
    for page, line in commands():
        for part in re.split(r" (?:\||&&) ", line.split("  #")[0]):
            words = words_of(part)
            if words and words[0] == program:
                found.append(pytest.param(words[1:], id=f"{page}: {' '.join(words)}"))
    return found


@cache
def rules():
    return {name for path in (ROOT / "rules").glob("*.smk") for name in RULES.findall(path.read_text(encoding="utf-8"))}


@cache
def snakemake_parser():
    from snakemake.cli import get_argument_parser

    return get_argument_parser()


def test_every_command_is_of_a_known_program():
    known = ELSEWHERE | {"snakemake", "mallorn", "make", ".ci/run"}
    words = [(page, words_of(line)) for page, line in commands()]
    unknown = [(page, found[0]) for page, found in words if found and found[0] not in known]
    assert not unknown, "name the block's language, such as ```text, if it holds no commands"
    assert len(words) > 70
    assert {block.language for block in blocks() if not block.language.startswith("{")} <= LANGUAGES


@pytest.mark.parametrize("words", lines_of("snakemake"))
def test_a_command_of_snakemake_is_one(words):
    given = snakemake_parser().parse_args(words)
    known = set(defaults())
    for one in given.config or []:
        name = one.partition("=")[0]
        assert name in known
    for target in given.targets or []:
        assert target in rules() or target.startswith("results/")


@pytest.mark.parametrize("words", lines_of("mallorn"))
def test_a_command_of_mallorn_is_one(words):
    name = words[0]
    if name == "--help":
        return
    command = mallorn.get_command(None, name)
    assert command is not None
    with command.make_context(name, ["--help"], resilient_parsing=True) as context:
        command.make_parser(context).parse_args(list(words[1:]))


@pytest.mark.parametrize("words", lines_of("make"))
def test_a_target_of_make_is_one(words):
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        if "=" not in word:
            assert re.search(rf"^{re.escape(word)}:", text, re.MULTILINE)


YAML = [
    pytest.param(block.text, id=f"{block.page} {k}") for k, block in enumerate(blocks()) if block.language == "yaml"
]


@pytest.mark.parametrize("text", YAML)
def test_a_configuration_is_allowed(text):
    given = yaml.safe_load(text)
    assert given
    if not PLUGGED_IN & set(given):
        assert resolve(given)


PYTHON = [pytest.param(b.text, id=f"{b.page} {k}") for k, b in enumerate(blocks()) if b.language == "python"]
PYTHON += [
    pytest.param(re.sub(r"^[!%]", "# ", text, flags=re.MULTILINE), id=f"{path.name} {k}")
    for path in NOTEBOOKS
    for k, (kind, text) in enumerate(cells(path))
    if kind == "code"
]


@pytest.mark.parametrize("text", PYTHON)
def test_python_uses_what_is_there(text):
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "mallorn":
            assert hasattr(library, node.attr), node.attr
        if isinstance(node, ast.ImportFrom) and node.module.startswith("mallorn"):
            module = __import__(node.module, fromlist=["_"])
            assert all(hasattr(module, alias.name) for alias in node.names)
