"""What lets mallorn be found, cited, packed and checked elsewhere agrees with the project. Nothing is built here."""

import json
import re
import shlex
import tomllib

import pytest
import yaml
from document_blocks import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"light-curve": "light-curve-python", "xgboost-cpu": "py-xgboost-cpu"}
INSTRUCTIONS = {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD"}


def read(*place):
    return ROOT.joinpath(*place).read_text(encoding="utf-8")


def test_the_citation_and_the_metadata_name_this_version():
    citation, meta = yaml.safe_load(read("CITATION.cff")), json.loads(read("codemeta.json"))
    version = PROJECT["project"]["version"]
    assert citation["version"] == meta["version"] == version
    assert {"cff-version", "message", "title", "authors", "abstract", "license", "keywords"} <= set(citation)
    assert citation["keywords"] == meta["keywords"]
    assert citation["license"] == PROJECT["project"]["license"]
    assert meta["license"].endswith(citation["license"])
    assert meta["description"] == PROJECT["project"]["description"]


def test_the_paper_cites_what_its_bibliography_has():
    cited = set(re.findall(r"@(\w+)", read("paper", "paper.md").partition("# Summary")[2]))
    entries = re.findall(r"^@article\{(\w+),(.*?)^\}", read("paper", "paper.bib"), re.MULTILINE | re.DOTALL)
    assert cited == {name for name, _ in entries}
    for name, text in entries:
        assert {"author", "title", "journal", "volume", "pages", "year"} <= set(
            re.findall(r"^  (\w+) =", text, re.M)
        ), name


def test_the_conda_recipe_asks_for_what_the_project_asks_for():
    recipe = yaml.safe_load(read("packaging", "conda", "meta.yaml"))
    wanted = ["python " + PROJECT["project"]["requires-python"]]
    project = PROJECT["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["workflow"]]  # conda knows no extras
    for name, bound in sorted(re.fullmatch(r"([\w-]+)(>=.+)", line).groups() for line in lines):
        wanted.append(f"{CONDA_NAMES.get(name, name)} {bound}")
    assert recipe["requirements"]["run"] == wanted
    assert recipe["package"]["version"] == PROJECT["project"]["version"]
    ((name, place),) = PROJECT["project"]["scripts"].items()
    assert recipe["build"]["entry_points"] == [f"{name} = {place}"]


def copied(words):
    """Return the files of the project that are copied, all words but options and the last."""
    return [word for word in words[:-1] if not word.startswith("--")]


def test_the_dockerfile_copies_what_is_there():
    text = re.sub(r"\\\n", " ", read("Dockerfile"))
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    assert {word for word, _ in lines} == INSTRUCTIONS
    sources = [
        source for word, rest in lines if word == "COPY" and "--from" not in rest for source in copied(rest.split())
    ]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    ignored = {line.rstrip("/") for line in read(".dockerignore").splitlines()}
    assert not ignored & set(sources)
    for word, rest in lines:
        if word == "RUN":
            shlex.split(rest)
        if word in ("ENTRYPOINT", "CMD"):
            assert json.loads(rest)


def test_the_container_of_clusters_has_the_same_files():
    text = read("packaging", "mallorn.def")
    sections = dict(re.findall(r"^%(\w+)\n(.*?)(?=^%|\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == {"files", "post", "environment", "runscript", "test"}
    files = [line.split() for line in sections["files"].splitlines() if line.strip()]
    assert [source for source, _ in files if not (ROOT / source).exists()] == []
    docker = read("Dockerfile")
    assert re.search(r"^From: (.+)$", text, re.MULTILINE)[1] == re.search(r"^FROM (\S+)", docker, re.MULTILINE)[1]
    for source, _ in files:
        assert source in docker


def test_github_runs_what_must_pass():
    workflow = yaml.safe_load(read(".github", "workflows", "checks.yml"))
    steps = workflow["jobs"]["checks"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert workflow[True] == {"push": {"branches": ["main"]}, "pull_request": None}
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    (site,) = [step["with"]["path"] for step in steps if "with" in step and "path" in step["with"]]
    assert f"docs {site}" in read("Makefile")


@pytest.mark.parametrize("name", ["bug", "wish"])
def test_a_form_for_issues_is_one(name):
    form = yaml.safe_load(read(".github", "ISSUE_TEMPLATE", f"{name}.yml"))
    assert {"name", "description", "body"} <= set(form)
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"]["label"] for field in form["body"])
    assert any(field.get("validations", {}).get("required") for field in form["body"])
