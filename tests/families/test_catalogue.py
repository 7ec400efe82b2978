import importlib.util
from pathlib import Path

import pytest
from feature_inputs import CONFIG

from mallorn.families.catalogue import catalogue, rows
from mallorn.families.family import Feature, columns

ROOT = Path(__file__).parents[2]


def test_docs_are_current():
    written = (ROOT / "docs" / "reference" / "features.md").read_text(encoding="utf-8")
    assert written == catalogue(CONFIG["features"]), (
        "run `snakemake feature_catalogue` and commit docs/reference/features.md"
    )


def test_rows_show_bands_units_and_own_definitions():
    made = rows("shape", [Feature("span", "d", "a | b", "Gray 1845", True), Feature("ratio", "", "c", "")])
    assert made == [
        ("shape__span__{band}", "d", "a \\| b", "Gray 1845"),
        ("shape__ratio", "1", "c", "own"),
    ]


@pytest.mark.parametrize("family", CONFIG["features"])
def test_every_column_is_in_the_catalogue(family):
    module = importlib.import_module(f"mallorn.families.{family}")
    listed = {name for name, *_ in rows(family, module.features(CONFIG["features"][family]))}
    for name in columns(family, module.features(CONFIG["features"][family])):
        assert name in listed or f"{name[:-1]}{{band}}" in listed


def test_adapter_writes_the_catalogue(tmp_path):
    path = ROOT / "workflow" / "scripts" / "feature_catalogue.py"
    spec = importlib.util.spec_from_file_location("feature_catalogue", path)
    adapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(adapter)
    settings = {"redshift": CONFIG["features"]["redshift"]}
    adapter.main(tmp_path / "features.md", settings)
    assert (tmp_path / "features.md").read_text(encoding="utf-8") == catalogue(settings)
