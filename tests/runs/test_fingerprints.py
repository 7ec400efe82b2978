import subprocess
import sys
from pathlib import Path

import pytest

from mallorn.runs import fingerprints
from mallorn.runs.fingerprints import constant, fingerprint, loads_of, modules_of, named


@pytest.fixture
def package(tmp_path):
    """A package with imports at the top, inside a function and relative ones; `lonely` imports nothing."""

    def write(name, text):
        path = tmp_path / "pack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("__init__.py", "")
    write("top.py", '"""Doc."""\nfrom pack import middle\n\nNEEDS = ("a", "b")\n\n\ndef f():\n    return middle.g()\n')
    write("middle.py", "def g():\n    from .sub import leaf\n    return leaf.X\n")
    write("sub/__init__.py", "")
    write("sub/leaf.py", "import json\n\nX = 1\n")
    write("lonely.py", "import numpy\n")
    write("script.py", "import pack.top\n\nif 'snakemake' in globals():\n    import pack.lonely\n")
    return write


def digest(tmp_path, *roots):
    """Digest in a new folder's eyes: the module caches by path, so the tree is copied before each look."""
    import shutil
    import uuid

    copy = tmp_path / uuid.uuid4().hex
    shutil.copytree(tmp_path / "pack", copy / "pack")
    return fingerprint(*roots, source=copy)


def test_closure_follows_imports_of_all_kinds(package, tmp_path):
    found = modules_of("pack.top", source=tmp_path)
    assert found == ["pack", "pack.middle", "pack.sub", "pack.sub.leaf", "pack.top"]


@pytest.mark.parametrize("name", ["top.py", "middle.py", "sub/leaf.py", "sub/__init__.py"])
def test_an_edit_of_any_reachable_module_changes_the_digest(package, tmp_path, name):
    before = digest(tmp_path, "pack.top")
    path = tmp_path / "pack" / name
    path.write_text(path.read_text() + "\nY = 2\n")
    assert digest(tmp_path, "pack.top") != before


def test_comments_docstrings_and_unreachable_modules_do_not(package, tmp_path):
    before = digest(tmp_path, "pack.top")
    path = tmp_path / "pack" / "top.py"
    path.write_text(path.read_text().replace('"""Doc."""', '"""Other words."""  # and a comment'))
    path.write_text(path.read_text().replace('"b")\n', '"b")\n"""About the constant above."""\n'))
    package("lonely.py", "import pyarrow\nZ = 3\n")
    package("middle.py", 'def g():\n    """New."""\n    from .sub import leaf\n    return leaf.X\n')
    assert digest(tmp_path, "pack.top") == before


def test_versions_of_third_party_packages_count(package, tmp_path, monkeypatch):
    before = digest(tmp_path, "pack.lonely")
    monkeypatch.setattr("mallorn.runs.fingerprints._versions", lambda name: "0.0")
    assert digest(tmp_path, "pack.lonely") != before


def test_it_does_not_count_whether_mallorn_is_installed(monkeypatch):
    before = fingerprint("mallorn.learning.folds")
    versions = {"mallorn": "9.9"}
    real = fingerprints._versions
    monkeypatch.setattr(fingerprints, "_versions", lambda name: versions.get(name) or real(name))
    assert fingerprint("mallorn.learning.folds") == before
    versions["numpy"] = "0.0"
    assert fingerprint("mallorn.learning.folds") != before


def test_an_adapter_counts_by_its_imports_without_the_wiring(package, tmp_path):
    script = tmp_path / "pack" / "script.py"
    assert modules_of(str(script), source=tmp_path) == modules_of("pack.top", source=tmp_path)


@pytest.mark.parametrize(("addition", "same"), [("# a comment\n", True), ("X = 1\n", False)])
def test_an_adapter_counts_whole_save_for_comments(package, tmp_path, addition, same):
    script, other = tmp_path / "pack" / "script.py", tmp_path / "pack" / "more" / "script.py"
    package("more/script.py", script.read_text() + addition)
    assert (fingerprint(other, source=tmp_path) == fingerprint(script, source=tmp_path)) == same


def test_a_distribution_named_unlike_its_module_is_found():
    from mallorn.runs.fingerprints import _versions

    assert _versions("sklearn").startswith("scikit-learn==")


def test_constant_is_read_without_importing(package, tmp_path):
    package("broken.py", "NEEDS = ('x',)\nraise RuntimeError('imported')\n")
    assert constant("pack.broken", "NEEDS", source=tmp_path) == ("x",)
    assert constant("pack.top", "NEEDS", source=tmp_path) == ("a", "b")
    with pytest.raises(LookupError, match=r"leaf\.py.*NEEDS"):
        constant("pack.sub.leaf", "NEEDS", source=tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        constant("pack.nothing", "NEEDS", source=tmp_path)


def test_unknown_roots_are_refused():
    with pytest.raises(ModuleNotFoundError, match=r"mallorn\.nothing"):
        fingerprint("mallorn.nothing")


def test_no_package_of_ours_imports_anything_when_imported():
    """A re-exporting __init__ would make every module depend on every other."""
    source = Path(__file__).parents[2] / "src" / "mallorn"
    full = [str(p) for p in source.glob("*/**/__init__.py") if p.read_text().strip()]
    assert not full
    code = f"import sys; sys.path.insert(0, {str(source.parent)!r}); import mallorn; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("mallorn")] == ["mallorn"]


SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ({"learner": "mlp", "params": {"hidden": 8}}, ["mlp"]),
        ([{"learner": "mlp"}, {"ranker": {"learner": "lightgbm"}}], ["lightgbm", "mlp"]),
        ({"learners": ["mlp"], "model": "lightgbm"}, ["mlp"]),
        ({"learners": [], "model": "lightgbm"}, []),
    ],
)
def test_a_job_can_load_what_its_settings_name(used, expected):
    assert named("learners", used) == expected


@pytest.mark.parametrize("used", [None, {}, {"seed": 1, "model": "lightgbm_grouped"}])
def test_a_job_whose_settings_name_nothing_of_a_kind_may_load_all_of_it(used):
    known = ["catboost", "given", "lightgbm", "logistic", "mlp", "ridge", "wide_logistic", "xgboost"]
    networks = ["atat", "cnn", "rnn", "swin", "tcn", "transformer"]
    assert named("learners", used) == sorted([*known, *networks])


def test_what_is_loaded_by_name_is_followed():
    family = modules_of(SCRIPTS / "extract_features.py", used={"features": "bazin", "artifacts": []})
    assert "mallorn.families.bazin" in family
    assert not {"mallorn.families.color", "mallorn.gp.posterior"} & set(family)
    family = modules_of(SCRIPTS / "extract_features.py", used={"features": "color", "artifacts": ["posterior"]})
    assert {"mallorn.families.color", "mallorn.gp.posterior"} <= set(family)
    assert loads_of(SCRIPTS / "ingest.py") == ["sources"]


def test_only_the_functions_that_are_used_of_a_module_are_followed():
    metadata = modules_of(SCRIPTS / "ingest_metadata.py", used={"sources": "kaggle"})
    points = modules_of(SCRIPTS / "ingest.py", used={"sources": "kaggle"})
    assert "mallorn.ingest.metadata" in metadata
    assert "mallorn.ingest.lightcurves" not in metadata
    assert "mallorn.ingest.lightcurves" in points
    assert "mallorn.ingest.metadata" not in points
    assert "mallorn.ingest.objects" in set(points) & set(metadata)


def test_a_plug_in_file_counts_by_its_code_and_not_by_its_place(tmp_path):
    from mallorn import plugins

    text = 'KIND = "hypotheses"\n\n\ndef hypothesis():\n    from mallorn.curves import knots\n    return knots\n'
    digests = []
    for k, more in enumerate(("", "# a comment\n", "X = 1\n")):
        path = tmp_path / str(k) / "mine.py"
        path.parent.mkdir()
        path.write_text(text + more)
        plugins.use([path])
        digests.append(fingerprint(SCRIPTS / "fit_lightcurves.py", used={"hypotheses": ["mine"]}))
        assert {"hypotheses:mine", "mallorn.curves.knots"} <= set(modules_of(SCRIPTS / "fit_lightcurves.py"))
    plugins.use([])
    assert digests[0] == digests[1] != digests[2]
    assert digests[0] != fingerprint(SCRIPTS / "fit_lightcurves.py")
