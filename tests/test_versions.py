"""What `make versions` reads of pyproject.toml, and what it tells of bounds that nobody can have tried."""

import tomllib

from versions import ROOT, SHOWN, dependencies, unreached


def test_every_dependency_has_a_lowest_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(dependencies()) == len(project["dependencies"]) + len(project["optional-dependencies"]["workflow"])
    assert set(SHOWN) < set(dependencies())


def test_a_bound_that_is_never_reached_is_told():
    lowest = dependencies()
    assert unreached([lowest]) == []
    longer = {name: f"{version}.0" for name, version in lowest.items()}
    assert unreached([longer]) == []
    newer = {**lowest, "numpy": "99.1"}
    assert unreached([newer]) == [f"numpy>={lowest['numpy']}: no environment has less than 99.1"]
    assert unreached([newer, lowest]) == []
