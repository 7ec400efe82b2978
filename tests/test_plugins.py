"""Code found by its name: what is known, what is refused and in which words."""

import subprocess
import sys
from pathlib import Path

import pytest

from mallorn import plugins
from mallorn.errors import ConfigError

ROOT = Path(__file__).parents[1]
FAMILY = 'KIND = "features"\nNEEDS = ("lightcurves",)\nSETTINGS = {"bright": 3.0}\n\n\n'
FAMILY += "def features(config):\n    return []\n\n\ndef extract(inputs, config):\n    return {}\n"


@pytest.fixture(autouse=True)
def no_plug_ins_are_left():
    yield
    plugins.use([])


def write(folder, name, text=FAMILY):
    path = folder / f"{name}.py"
    path.write_text(text)
    return str(path)


def test_a_room_holds_what_its_modules_say_that_they_are():
    known = ("catboost", "given", "lightgbm", "logistic", "mlp", "ridge", "wide_logistic", "xgboost")
    networks = ("atat", "cnn", "rnn", "swin", "tcn", "transformer")
    assert plugins.names("learners") == tuple(sorted([*known, *networks]))
    assert "family" not in plugins.names("features")
    assert plugins.find("features", "color").module == "mallorn.families.color"
    assert plugins.constant("features", "color", "NEEDS") == plugins.load("features", "color").NEEDS
    assert plugins.defines("learners", "lightgbm", "contributions")
    assert not plugins.defines("learners", "mlp", "contributions")


def test_a_file_is_found_by_its_name_and_read_without_being_run(tmp_path):
    plugins.use([write(tmp_path, "sparkle", FAMILY + "raise RuntimeError('run')\n")])
    assert "sparkle" in plugins.names("features")
    assert plugins.constant("features", "sparkle", "SETTINGS") == {"bright": 3.0}
    with pytest.raises(RuntimeError, match="run"):
        plugins.load("features", "sparkle")


def test_a_file_that_changed_is_found_as_it_is_now(tmp_path):
    plugins.use([write(tmp_path, "sparkle")])
    write(tmp_path, "sparkle", FAMILY.replace("3.0", "12.5"))
    assert plugins.constant("features", "sparkle", "SETTINGS") == {"bright": 12.5}


def test_the_files_of_the_last_call_count(tmp_path):
    plugins.use([write(tmp_path, "sparkle")])
    plugins.use([write(tmp_path, "glitter")])
    assert "glitter" in plugins.names("features")
    assert "sparkle" not in plugins.names("features")


def test_paths_are_relative_to_the_working_directory(tmp_path, monkeypatch):
    write(tmp_path, "sparkle")
    monkeypatch.chdir(tmp_path)
    plugins.use(["sparkle.py"])
    monkeypatch.chdir(ROOT)
    assert plugins.find("features", "sparkle").path == tmp_path / "sparkle.py"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("sparkle", "x = 1\n", r"sparkle\.py: expected a line KIND = .*found None\. Next step"),
        ("sparkle", 'KIND = "family"\n', "found 'family'"),
        ("sparkle", 'KIND = "features"\n', "feature family must have the function features and .*constant NEEDS"),
        ("sparkle", FAMILY.replace('("lightcurves",)', "tuple()"), "must have the literal constant NEEDS"),
        ("sparkle", FAMILY + "def f(:\n", r"sparkle\.py, line 12: .*Next step: mend this line"),
        ("color", FAMILY, "there is a feature family 'color' already, .*Next step: give it another name"),
        ("a-b", FAMILY, "'a-b' cannot be the name of a feature family"),
        ("a__b", FAMILY, "'a__b' cannot be the name of a feature family"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_plain_words(tmp_path, name, text, words):
    with pytest.raises(ConfigError, match=words):
        plugins.use([write(tmp_path, name, text)])
    assert name == "color" or name not in plugins.names("features")


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere.py", "found nothing"), (".", "found a folder"), ("notes.txt", "found a file of ")],
)
def test_a_path_without_a_python_file_is_refused(tmp_path, monkeypatch, path, words):
    (tmp_path / "notes.txt").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"expected a Python file, {words}.*Next step: correct the path"):
        plugins.use([path])


def test_two_files_of_one_name_are_refused(tmp_path):
    (tmp_path / "more").mkdir()
    with pytest.raises(ConfigError, match="there is a feature family 'sparkle' already"):
        plugins.use([write(tmp_path, "sparkle"), write(tmp_path / "more", "sparkle")])


def test_an_unknown_name_is_answered_by_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match=r"no feature family 'colour' \(did you mean 'color'\?\)"):
        plugins.load("features", "colour")


def test_a_constant_that_lacks_is_named_unless_there_is_a_default():
    assert plugins.constant("features", "color", "SETTINGS", {}) == {}
    with pytest.raises(ConfigError, match="expected a literal constant COLOURS"):
        plugins.constant("features", "color", "COLOURS")


INSTALLED = """
import sys
sys.path[:0] = {paths!r}
from mallorn import plugins
from mallorn.runs.fingerprints import modules_of
print(plugins.load("features", "sparkle").__name__)
print(*modules_of({script!r}, used={{"features": "sparkle"}}))
"""


def test_an_installed_package_is_found_by_its_entry_points_and_followed_by_its_imports(tmp_path):
    package, about = tmp_path / "theirs", tmp_path / "theirs-1.0.dist-info"
    package.mkdir()
    about.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("X = 1\n")
    write(package, "sparkle", FAMILY.replace('KIND = "features"', "from theirs.helper import X"))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[mallorn.features]\nsparkle = theirs.sparkle\n")
    paths, script = [str(ROOT / "src"), str(tmp_path)], str(ROOT / "workflow" / "scripts" / "extract_features.py")
    code = INSTALLED.format(paths=paths, script=script)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    name, followed = done.stdout.splitlines()
    assert name == "theirs.sparkle"
    assert {"theirs", "theirs.sparkle", "theirs.helper"} <= set(followed.split())
    assert "mallorn.families.color" not in followed.split()


def test_a_start_takes_no_heavy_package():
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import mallorn.plugins, mallorn.sources.kaggle; "
    code += "import mallorn.runs.fingerprints, mallorn.runs.resources; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
