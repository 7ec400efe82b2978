"""The reference page and the schema say what the models hold."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from mallorn.settings.reference import page, schema, schema_text
from mallorn.settings.resolve import defaults

ROOT = Path(__file__).parents[2]
STALE = "run `snakemake configuration_reference` and commit what it writes"


def test_the_reference_page_is_current():
    assert (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8") == page(), STALE


def test_the_schema_is_current():
    written = (ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
    assert written == schema_text(), STALE
    assert yaml.safe_load(written) == schema()


def test_the_adapter_writes_both(tmp_path):
    main = runpy.run_path(str(ROOT / "workflow" / "scripts" / "configuration_reference.py"))["main"]
    main(tmp_path / "page.md", tmp_path / "schema.yaml")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page()
    assert (tmp_path / "schema.yaml").read_text(encoding="utf-8") == schema_text()


def fields(part, path=""):
    """Yield (path, field) of all keys that the schema knows."""
    if isinstance(part, list):
        for one in part:
            yield from fields(one, path)
    elif isinstance(part, dict):
        for key, field in part.get("properties", {}).items():
            yield f"{path}.{key}", field
        for key, inner in part.items():
            yield from fields(inner, f"{path}.{key}")


def test_every_key_says_what_it_means_and_no_block_allows_others():
    whole = schema()
    Draft202012Validator.check_schema(whole)
    for path, field in fields(whole):
        meaning = field.get("description") or whole["$defs"][field["$ref"].rpartition("/")[2]]["description"]
        assert meaning[0].isupper() or meaning.startswith(("binary", "platt", "maximum")), f"{path}: {meaning}"
        assert meaning.endswith("."), f"{path}: {meaning}"
    for name, kind in whole["$defs"].items():
        allowed = kind["additionalProperties"]
        assert allowed is False if name != "Features" else allowed["description"] == "A family of a plug-in."


@pytest.mark.parametrize("name", ["config.yaml", "tests/workflow/tiny.yaml", "tests/slurm/small.yaml"])
def test_the_schema_takes_parts_of_a_configuration(name):
    given = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    Draft202012Validator(schema()).validate(given)


@pytest.mark.parametrize(
    "given",
    [
        {"sede": 1},
        {"folds": {"number": 1}},
        {"gp": {"engine": "x"}},
        {"ensembles": {"mean": {"Step": 1}}},
        {"seed": "1"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_wrong(given):
    assert not Draft202012Validator(schema()).is_valid(given)


def test_the_schema_takes_the_defaults_and_what_null_takes_away():
    validator = Draft202012Validator(schema())
    validator.validate(defaults())
    validator.validate({"models": {"lightgbm": {"params": {"max_bin": None}, "transforms": {"linear_start": None}}}})


def keys(block, path=""):
    for key, value in block.items():
        yield f"{path}{key}"
        if isinstance(value, dict):
            yield from keys(value, f"{path}{key}.")


def test_the_page_names_every_key_with_its_default():
    text = page()
    for block, values in defaults().items():
        if isinstance(values, dict) and block not in ("models", "ensembles", "features", "surveys"):
            section = text.partition(f"\n## {block}\n")[2].partition("\n## ")[0]
            free = ("sources.", "depth.", "classes.", "params.")
            for key in keys(values):
                assert f"| `{key}` |" in section or any(f"{name}" in f"{key}." for name in free), f"{block}.{key}"
    assert "| `uv_limit` | `4000` | angstrom | number > 0 |" in text
    assert "| `seed` | `20261121` |  | whole number >= 0 |" in text


def test_importing_the_settings_loads_no_numbers_and_takes_no_time():
    """They are read at each start of Snakemake and in each job of a cluster."""
    code = (
        "import sys, time; import pydantic; start = time.process_time(); from mallorn.settings.resolve import resolve; "
        "resolve({}); took = time.process_time() - start; "
        "print([name for name in ('numpy', 'pandas', 'scipy', 'yaml') if name in sys.modules], took)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=True
    )
    loaded, took = done.stdout.rsplit(maxsplit=1)
    assert loaded == "[]"
    assert float(took) < 1.0, "0.3 s on a quiet machine"
