"""Nothing here runs what a file from others says, and every package is locked by its hash."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow" / "scripts").glob("*.py")])
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "system",
    "popen",
    "read_pickle",
    "to_pickle",
    "unsafe_load",
    "full_load",
}


def findings(tree):
    """Yield (line, what) of everything in a syntax tree that may run what a file says."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from ((node.lineno, name) for name in names if name.partition(".")[0] in MODULES)
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if (name in CALLS and owner != "re") or (owner, name) == ("yaml", "load"):
                yield node.lineno, name
            for option in node.keywords:
                if option.arg in ("allow_pickle", "shell", "weights_only") and _risky(option):
                    yield node.lineno, option.arg


def _risky(option):
    safe = option.arg == "weights_only"
    return not (isinstance(option.value, ast.Constant) and option.value.value is safe)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_runs_what_a_file_says(path):
    assert list(findings(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "eval(text)",
        "pd.read_pickle(path)",
        "yaml.load(stream)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(command, shell=True)",
        "torch.load(path, weights_only=False)",
    ],
)
def test_the_search_finds_what_it_looks_for(text):
    assert list(findings(ast.parse(text)))


@pytest.mark.parametrize(
    ("answers", "sound", "last"),
    [
        ([{"vulns": []}], True, "1 packages asked about, 0 known"),
        ([{"vulns": []}, {"skip_reason": "not found"}], False, "1 packages the database knows nothing of"),
        ([{"vulns": [{"id": "X-1", "fix_versions": []}]}], False, "1 packages asked about, 1 known"),
        ([{"skip_reason": "not found"}], False, "1 packages the database knows nothing of"),
        ([], False, "0 packages asked about"),
    ],
)
def test_the_audit_is_clean_only_if_every_package_was_asked_about(answers, sound, last):
    packages = [{"name": "p", "version": "1", **answer} for answer in answers]
    lines, clean = runpy.run_path(str(ROOT / "tools" / "audit.py"))["verdict"]({"dependencies": packages})
    assert clean is sound
    assert lines[-1].startswith(last)


def test_pages_are_escaped_by_default():
    texts = [path.read_text(encoding="utf-8") for path in SOURCES if "jinja2" in path.read_text(encoding="utf-8")]
    assert texts
    assert all("autoescape=True" in text or "select_autoescape" in text for text in texts)


def test_every_locked_package_has_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert len(packages) > 100
    assert [text.split()[0] for text in packages if "--hash=sha256:" not in text or "==" not in text] == []
    assert "://" not in lock
