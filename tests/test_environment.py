"""The lock, pyproject.toml and the conda files name the same packages in the same versions."""

import re
import tomllib
from pathlib import Path

import yaml
from versions import dependencies

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
DOCS_LOCK = (ROOT / "requirements-docs.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(lock=LOCK):
    """Return {package: versions} of a lock; some packages have one for each Python."""
    versions = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock, re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


def names(requirements):
    return [re.match(r"[\w-]+", r)[0].lower() for r in requirements]


def test_lock_has_every_package_with_hashes_and_no_address():
    wanted = [*dependencies(), *names(PROJECT["dependency-groups"]["dev"])]
    missing = sorted(set(wanted) - set(locked()))
    assert not missing, f"not in requirements.lock: {missing}; run 'make lock'"
    for lock in (LOCK, DOCS_LOCK):
        assert "//" not in lock
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", lock.strip()))


def test_the_lock_of_the_site_agrees_with_the_other():
    assert set(names(PROJECT["dependency-groups"]["docs"])) <= set(locked(DOCS_LOCK))
    both = set(locked()) & set(locked(DOCS_LOCK))
    assert "jinja2" in both
    assert [name for name in both if not locked(DOCS_LOCK)[name] <= locked()[name]] == []


def test_networks_have_a_lock_of_their_own_that_agrees_with_the_other():
    lock = (ROOT / "requirements-neural.lock").read_text()
    found = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock, re.MULTILINE))
    pinned = dict(re.findall(r"^([a-z]+)==(\S+)", (ROOT / "envs" / "neural.in").read_text(), re.MULTILINE))
    assert set(pinned) == {"torch"}  # pip finds the build for this machine, so that no hash can hold
    assert set(names(PROJECT["project"]["optional-dependencies"]["neural"])) <= {*found, *pinned}
    assert "//" not in lock
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", lock.strip()))
    assert not {name for name, version in found.items() if version not in locked().get(name, {version})}
    assert not {"torch", "safetensors"} & set(locked())  # the main job does without


def test_conda_environment_has_the_locked_versions():
    environment = yaml.safe_load((ROOT / "envs" / "mallorn.yaml").read_text())
    pinned = dict(line.split(" ==") for line in environment["dependencies"][-1]["pip"])
    assert list(pinned) == sorted(dependencies())
    wrong = {name: version for name, version in pinned.items() if version not in locked()[name]}
    assert not wrong, f"envs/mallorn.yaml differs from requirements.lock: {wrong}"
