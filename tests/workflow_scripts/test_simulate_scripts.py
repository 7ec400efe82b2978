import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from mallorn.io.tables import read_columns
from mallorn.settings.resolve import defaults
from mallorn.survey.passbands import LSST

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"


@pytest.fixture(scope="module")
def settings():
    simulation = defaults()["simulation"]
    sources = dict.fromkeys(simulation["sources"], 0) | {"AGN": 2, "SN Ia": 2, "TDE": 2}
    return {"seed": 11, "simulation": simulation | {"sources": sources, "n_splits": 2}, "passbands": LSST.to_text()}


@pytest.fixture(scope="module")
def by_main(settings, tmp_path_factory):
    """A survey made by calling the scripts' functions."""
    folder = tmp_path_factory.mktemp("main")
    runpy.run_path(str(SCRIPTS / "simulate_logs.py"))["main"](folder, settings)
    simulate_split = runpy.run_path(str(SCRIPTS / "simulate_split.py"))["main"]
    for split in ("split_01", "split_02"):
        simulate_split(folder / "truth.parquet", split, folder, settings)
    return folder


def run_as_snakemake_does(script, tmp_path, **attributes):
    snakemake = SimpleNamespace(log=[str(tmp_path / "log" / f"{script}.log")], **attributes)
    runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": snakemake})
    return Path(snakemake.log[0]).read_text(encoding="utf-8")


def test_functions_write_a_whole_survey(by_main):
    names = {str(path.relative_to(by_main)) for path in by_main.rglob("*") if path.is_file()}
    lightcurves = {f"split_0{k}/{part}_full_lightcurves.csv" for k in (1, 2) for part in ("train", "test")}
    assert names == {"train_log.csv", "test_log.csv", "sample_submission.csv", "truth.parquet"} | lightcurves
    assert set(read_columns(by_main / "truth.parquet")["split"]) == {"split_01", "split_02"}


def test_wiring_writes_the_same_survey(by_main, settings, tmp_path):
    survey = tmp_path / "survey"
    params = SimpleNamespace(settings=settings)
    truth = str(survey / "truth.parquet")
    log = run_as_snakemake_does("simulate_logs", tmp_path, output=SimpleNamespace(truth=truth), params=params)
    assert "objects for training" in log
    for split in ("split_01", "split_02"):
        log = run_as_snakemake_does(
            "simulate_split",
            tmp_path,
            input=SimpleNamespace(truth=truth),
            output=SimpleNamespace(train=str(survey / split / "train_full_lightcurves.csv")),
            wildcards=SimpleNamespace(split=split),
            params=params,
        )
        assert f"{split}:" in log
    for path in by_main.rglob("*.csv"):
        assert (survey / path.relative_to(by_main)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("name", "end", "what"), [("snana", "", "points"), ("alerts", ".avro", "alerts")])
def test_wiring_writes_other_formats(by_main, settings, tmp_path, name, end, what):
    log = run_as_snakemake_does(
        "simulate_format",
        tmp_path,
        input=SimpleNamespace(truth=str(by_main / "truth.parquet")),
        output=SimpleNamespace(train=str(tmp_path / "survey" / "train" / f"split_02{end}")),
        wildcards=SimpleNamespace(split="split_02"),
        params=SimpleNamespace(settings=settings | {"format": name}),
    )
    assert "split_02:" in log
    assert what in log
    written = {str(path.relative_to(tmp_path / "survey").parts[0]) for path in (tmp_path / "survey").rglob("split_02*")}
    assert written == {"train", "test"}


def test_a_survey_without_sources_ends_the_job_with_a_message(settings, tmp_path):
    empty = settings | {"simulation": settings["simulation"] | {"sources": {"AGN": 0}}}
    output = SimpleNamespace(truth=str(tmp_path / "survey" / "truth.parquet"))
    with pytest.raises(SystemExit):
        run_as_snakemake_does("simulate_logs", tmp_path, output=output, params=SimpleNamespace(settings=empty))
    log = (tmp_path / "log" / "simulate_logs.log").read_text(encoding="utf-8")
    assert "simulation.sources" in log
    assert "Traceback" not in log
