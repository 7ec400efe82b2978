"""The golden check in fresh environments: the oldest and the newest packages that pyproject.toml allows, each Python.

    PYTHONPATH=src:tests python tests/versions.py [FOLDER]         what `make versions` does

uv, which must be on the path, makes the environments in FOLDER (a temporary one by default), with the interpreters that
it finds: 3.11, 3.12 and 3.13; one that is not there is told. "oldest" are the lowest versions that the bounds of
pyproject.toml allow; a bound that no environment comes down to is told, since nobody can have tried it. In each
environment the model in tests/golden scores its golden light curves, and the same model is trained anew. Printed is a
table of the largest differences of each family, of the probabilities, and of those of the model that was trained there,
as docs/explanation/reproducibility.md has it. It ends with 1 if an environment cannot be made, a bound
is never reached or a difference of the first model is beyond the tolerance.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}
SHOWN = ("numpy", "scipy", "numba", "scikit-learn", "xgboost-cpu", "lightgbm", "catboost", "light-curve", "pyarrow")
"""Packages whose versions the table names."""

_MINUTES = 20


def dependencies():
    """Return {package: lowest version allowed} of pyproject.toml: of scoring, and of the workflow."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [*project["dependencies"], *project["optional-dependencies"]["workflow"]]
    return dict(re.fullmatch(r"([\w-]+)>=([\w.]+)", one).groups() for one in listed)


def make(folder, python, resolution):
    """Make an environment; return the path of its interpreter. Raises subprocess.CalledProcessError, with words."""
    run("uv", "venv", "--quiet", "--python", python, str(folder))
    interpreter = folder / "bin" / "python"
    wheels = [word for name in (*dependencies(), "llvmlite") for word in ("--only-binary", name)]
    options = ["--quiet", "--resolution", resolution, "--python", str(interpreter), *wheels]
    run("uv", "pip", "install", *options, "-r", str(ROOT / "pyproject.toml"), "--extra", "workflow")
    return interpreter


def versions(interpreter):
    """Return {package: version} of an environment."""
    listed = json.loads(run("uv", "pip", "list", "--quiet", "--format", "json", "--python", str(interpreter)))
    return {one["name"]: one["version"] for one in listed}


def run(*command, **environment):
    """Return what a command prints."""
    own = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}", **environment}
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=60 * _MINUTES, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command[:3], done.stdout, done.stderr)
    return done.stdout


def check(interpreter, folder, what="check"):
    """Return {family: largest difference, "probability": the same} of the golden light curves in an environment.

    what: "check", or "train" for a model that is trained there.
    """
    script = str(ROOT / "tests" / "golden_model.py")
    printed = run(str(interpreter), script, what, MALLORN_CACHE=str(folder / "cache"), OMP_NUM_THREADS="1")
    return json.loads(printed.splitlines()[-1])


def unreached(found):
    """Return in words the bounds of pyproject.toml that no environment comes down to."""
    lowest = {name: min((of[name] for of in found), key=_numbers) for name in dependencies()}
    return [
        f"{name}>={bound}: no environment has less than {lowest[name]}"
        for name, bound in dependencies().items()
        if _numbers(lowest[name])[: len(_numbers(bound))] > _numbers(bound)
    ]


def _numbers(version):
    return tuple(int(number) for number in re.findall(r"\d+", version))


def main(folder=None):
    """Make the environments, check the golden light curves in each, and print the table."""
    from golden_model import beyond

    rows, wrong, oldest = [], [], []
    with tempfile.TemporaryDirectory() as own:
        for python in PYTHONS:
            for name, resolution in RESOLUTIONS.items():
                place = Path(folder or own, f"{python}-{name}").resolve()
                try:
                    interpreter = make(place, python, resolution)
                    found, worst = versions(interpreter), check(interpreter, place)
                    trained = check(interpreter, place, "train")["probability"]
                except subprocess.CalledProcessError as error:
                    last = ((error.stderr or error.stdout).strip().splitlines() or ["nothing"])[-1]
                    wrong.append(f"Python {python}, {name}: {' '.join(error.cmd)} ended with {last}")
                    continue
                oldest += [found] if name == "oldest" else []
                told = ", ".join(f"{package} {found[package]}" for package in SHOWN)
                differing = ", ".join(f"{of} {value:.1g}" for of, value in worst.items() if value > 0)
                rows.append(f"| {python}, {name} | {told} | {differing or 'none'} | {trained:.1g} |")
                wrong += [f"Python {python}, {name}: {words}" for words in beyond(worst)]
    head = "| Python, packages | versions | differences | probability, trained there |\n|---|---|---|---|"
    print(head, *rows, sep="\n")
    wrong += unreached(oldest) if oldest else []
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
