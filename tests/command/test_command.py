"""The command line where no model is needed: help, errors, what reads a file, points and features."""

import gzip
import subprocess
import sys
import time
from io import BytesIO, StringIO
from pathlib import Path

import alerts_written
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import mallorn as library
from mallorn.command.inputs import guess_source
from mallorn.command.main import mallorn
from mallorn.command.running import Commands

SOURCE = Path(library.__file__).parents[1]
POINTS = "object_id,mjd,flux,flux_err,band\n" + "".join(
    f"{name},{60000 + 2 * k}.25,{5.5 * k + 1},1.5,{'gr'[k % 2]}\n" for name in ("one", "two") for k in range(12)
)


def run(*arguments, code=0, stdin=None):
    done = CliRunner().invoke(mallorn, [str(one) for one in arguments], input=stdin)
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


@pytest.mark.parametrize("name", ["", *mallorn.commands])
def test_every_command_has_help_with_an_example(name):
    out, _ = run(*filter(None, [name, "--help"]))
    assert "Usage: mallorn" in out
    assert f"  mallorn {name or 'score'} " in out or f"(mallorn {name} " in out


def test_help_loads_nothing_heavy():
    code = (
        "import sys, mallorn.command.main; print([m for m in ('numpy', 'pandas', 'rich', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
    seconds = []
    for _ in range(3):
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "mallorn", "--help"], env={"PYTHONPATH": str(SOURCE)}, capture_output=True
        )
        seconds.append(time.monotonic() - begun)
    assert min(seconds) < 1.0  # 0.12 s on an idle machine


def test_errors_are_a_line_with_a_next_step_and_a_code(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "t.csv").write_text(POINTS)
    (tmp_path / "own.yaml").write_text("readers: {table: {unti: uJy}}\n")
    for arguments, code, told in (
        (["convert", tmp_path / "nowhere"], 3, "found nothing. Next step: correct the path."),
        (
            ["convert", tmp_path / "a.json"],
            3,
            "by --source: alerce, manytde, open_catalog, ztf_alerts",
        ),
        (["convert", tmp_path / "t.csv", "--source", "tabel"], 2, "there is no source 'tabel' (did you mean 'table'?)"),
        (["convert", tmp_path / "t.csv", "--settings", tmp_path / "own.yaml"], 2, "unknown key 'unti'"),
        (["convert", tmp_path / "t.csv", "--out", tmp_path / "x.xlsx"], 3, "Next step: give a name that ends with"),
        (
            ["score", tmp_path / "t.csv", "--model", tmp_path],
            3,
            "name the folder of a model by --model",
        ),
        (["convert", "-"], 3, "pipe a file into the command"),
        (["features", tmp_path / "t.csv", "--families", "colour", "--out", "-"], 2, "colour"),
        (["score"], 2, "or give --example"),
        (["score", "--example", tmp_path], 2, "or give --example"),
    ):
        _, err = run(*arguments, code=code)
        assert told in err
        assert "Traceback" not in err


def test_an_interrupted_command_ends_with_130():
    group = Commands("group")

    @group.command()
    def stop():
        raise KeyboardInterrupt

    assert CliRunner().invoke(group, ["stop"]).exit_code == 130


def test_names_tell_what_reads_files(tmp_path):
    for name, source in {
        "alerts.avro": "rubin_alerts",
        "DES_HEAD.FITS.gz": "snana",
        "points.csv.gz": "table",
        "points.VOT": "table",
        "survey/test_log.csv": "kaggle",
        "run/lightcurves/split_01.parquet": None,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        if source is None:
            (tmp_path / "run" / "objects").mkdir()
        assert guess_source(path.parent if source == "kaggle" else path) == source
    (tmp_path / "many" / "below").mkdir(parents=True)
    (tmp_path / "many" / "below" / "DES_HEAD.FITS").touch()
    assert guess_source(tmp_path / "many") == "snana"


@pytest.mark.parametrize("kind", ["csv", "gzip", "parquet", "avro"])
def test_standard_input_is_known_by_how_it_begins(kind, tmp_path):
    if kind == "avro":
        data = alerts_written.write_avro(tmp_path / "a.avro", alerts_written.some_alerts()).read_bytes()
    elif kind == "parquet":
        pd.read_csv(StringIO(POINTS)).to_parquet(buffer := BytesIO())
        data = buffer.getvalue()
    else:
        data = POINTS.encode() if kind == "csv" else gzip.compress(POINTS.encode())
    out, err = run("convert", "-", "--out", "-", stdin=data)
    table = pd.read_csv(StringIO(out))
    assert table["object_id"].nunique() == 2
    assert f"{len(table)} points of 2 objects" in err
    if kind != "avro":
        assert table["passband"].unique().tolist() == ["lsst.g", "lsst.r"]
        np.testing.assert_allclose(table["flux"][:12], 5.5 * np.arange(12) + 1)


def test_points_read_again_are_the_same(tmp_path):
    (tmp_path / "t.csv").write_text(
        "oid,mjd,band,magpsf,sigmapsf,isdiffpos,diffmaglim,ra,dec,redshift\n"
        + "".join(f"ZTF1,{59000 + k}.1,{'gri'[k % 3]},{19 + 0.1 * k},0.1,t,20.5,10.5,-3.25,0.125\n" for k in range(8))
        + "ZTF1,59020.1,g,,,,20.5,10.5,-3.25,0.125\n"
    )
    run("convert", tmp_path / "t.csv", "--survey", "ztf", "--out", tmp_path / "one.parquet")
    for ending in ("csv", "fits", "vot"):
        run("convert", tmp_path / "one.parquet", "--survey", "ztf", "--out", tmp_path / f"again.{ending}")
        whole = library.read(tmp_path / "t.csv", source="table", survey="ztf")
        again = library.read(tmp_path / f"again.{ending}", source="table", survey="ztf")
        for name in ("mjd", "flux", "flux_err", "redshift"):
            np.testing.assert_allclose(getattr(again, name), getattr(whole, name), rtol=1e-9, err_msg=name)
        assert again.band.tolist() == whole.band.tolist()
        assert again.limit.tolist() == [False] * 8 + [True] == whole.limit.tolist()


def test_features_are_those_of_the_library_whatever_the_files_are_cut_into(tmp_path):
    (tmp_path / "t.csv").write_text(POINTS)
    run("features", tmp_path / "t.csv", "--families", "statistics, color", "--out", tmp_path / "f.parquet")
    table = pd.read_parquet(tmp_path / "f.parquet").set_index("object_id")
    curves = library.read(tmp_path / "t.csv", source="table")
    pd.testing.assert_frame_equal(table, library.features(curves, families=["statistics", "color"]), check_names=False)


def test_an_object_that_comes_twice_is_told(tmp_path):
    (tmp_path / "t.csv").write_text(POINTS)
    _, err = run("convert", tmp_path / "t.csv", tmp_path / "t.csv", "--out", tmp_path / "x.csv")
    assert "2 objects came more than once" in err
    assert "48 points of 4 objects" in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(shell):
    out, _ = run("completion", shell)
    assert "_MALLORN_COMPLETE" in out


def test_formats_are_completed():
    env = {"PYTHONPATH": str(SOURCE), "_MALLORN_COMPLETE": "bash_complete", "COMP_CWORD": "4"}
    env["COMP_WORDS"] = "mallorn score x --source ztf"
    done = subprocess.run([sys.executable, "-m", "mallorn"], env=env, capture_output=True, text=True)
    assert sorted(done.stdout.split()) == ["plain,ztf_alerts", "plain,ztf_forced"]
