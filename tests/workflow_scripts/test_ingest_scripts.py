"""The adapters that read surveys, run as Snakemake runs them: `snakemake` is defined in a script."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from surveys import CONFIG, TRAIN_LC, read_split, sound_survey, write_survey

from mallorn.io.tables import read_columns
from mallorn.settings.resolve import resolve
from mallorn.survey.passbands import LSST, Passband, Passbands, shipped_surveys

KEPT = ("points", "detections", "nights")
SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


class Named(dict):
    """Named items with dots, brackets and positions, like Snakemake's input and output."""

    def __getattr__(self, name):
        return self[name]

    def __getitem__(self, key):
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)


def run(script, folder, outputs, params, inputs=(), **wildcards):
    job = SimpleNamespace(
        input=Named(inputs),
        output=Named({name: str(path) for name, path in outputs.items()}),
        log=[str(folder / "logs" / f"{script}.log")],
        params=SimpleNamespace(**{"source": "kaggle"} | params),
        wildcards=SimpleNamespace(**wildcards),
        config={"plugins": []},
    )
    runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": job})
    return Path(job.log[0]).read_text()


def run_both(folder, files):
    """Run both adapters on a survey with these files, for split_01; return what they log."""
    where = {"folder": write_survey(files, folder / "a survey"), "settings": CONFIG}
    survey = {"splits": ["split_01", "split_02"], "sets": ["train", "test"], "suffix": "", "passbands": LSST.to_text()}
    first = run("ingest_metadata", folder, {"table": folder / "metadata.parquet"}, {"survey": survey, **where})
    kinds = {"points": "lightcurves", "objects": "objects", "set_aside": "set_aside"}
    outputs = {name: folder / kind / "split_01.parquet" for name, kind in kinds.items()}
    return first, run("ingest", folder, outputs, {"survey": survey, **where}, split="split_01")


def test_results_and_job_logs(tmp_path):
    first, second = run_both(tmp_path, sound_survey())
    assert "3 training objects, 1 of them TDE; 3 test objects; 2 splits" in first
    assert "3 objects: 18 rows read, 18 points kept, 0 rows set aside" in second
    assert list(read_columns(tmp_path / "metadata.parquet")["object_id"]) == list("abcxyz")
    assert list(read_split(tmp_path, "split_01")[0].n_points) == [6, 6, 6]


def test_points_that_no_model_has_learned_from_are_left_out_and_counted(tmp_path):
    files = sound_survey()
    lines = "".join(f"a,{61200.5 + k},20.0,1.0,{band}\n" for k in range(6) for band in ("g", "UVW1"))
    files[TRAIN_LC] += lines
    far = Passbands(tuple(sorted([*LSST, Passband("UVW1", 2684.0)], key=lambda row: row.wavelength)))
    survey = {"sets": ["train", "test"], "passbands": far.to_text(), "in_slots": dict.fromkeys(KEPT, 3)}
    where = {"folder": write_survey(files, tmp_path / "a survey"), "settings": CONFIG}
    kinds = {"points": "lightcurves", "objects": "objects", "set_aside": "set_aside"}
    outputs = {name: tmp_path / kind / "split_01.parquet" for name, kind in kinds.items()}
    log = run("ingest", tmp_path, outputs, {"survey": survey, **where}, split="split_01")
    assert "left out 6 points (objects: 1): no model has learned from points in UVW1" in log
    assert list(read_split(tmp_path, "split_01")[0].n_points) == [12, 6, 6]
    aside = read_columns(outputs["set_aside"])
    assert (aside["object_id"].tolist(), aside["n_rows"].tolist()) == (["a"], [6])
    assert aside["reason"].tolist() == ["in a passband that no model has learned from"]


def test_a_fault_of_the_data_ends_the_job_in_plain_words(tmp_path):
    files = sound_survey()
    files[TRAIN_LC] += "a,61000"
    with pytest.raises(SystemExit, match="1"):
        run_both(tmp_path, files)
    log = (tmp_path / "logs" / "ingest.log").read_text()
    assert "line 14" in log
    assert "Traceback" not in log
    assert not list(tmp_path.glob("lightcurves/*"))


def test_what_files_of_a_format_tell_is_gathered_beside_a_dust_map(tmp_path):
    """The job has the files of a map among its inputs, whose dates count; it reads none of them."""
    settings = resolve({}, shipped_surveys())
    (tmp_path / "a.csv").write_text("object_id,mjd,flux,flux_err,band\na,60000,1,1,r\nb,60000,1,-1,r\n")
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("points", "objects", "set_aside", "known")}
    given = {"ingest": settings["ingest"], "readers": {}}
    survey = {"passbands": LSST.to_text(), "surveys": ["lsst"]}
    chosen = {"paths": ["a.csv"], "part": 0, "parts": 1}
    where = {"source": "table", "folder": tmp_path, "survey": survey, "chosen": chosen, "settings": given}
    run("ingest_files", tmp_path, outputs, where, split="split_a")
    inputs = {"set_aside": [outputs["set_aside"]], "metadata": [outputs["known"]], "dust_map": ["a map.fits"]}
    params = {"survey": {"splits": ["split_a"], "sets": ["test"], "suffix": ".new"}, "settings": settings["ingest"]}
    run("gather_metadata", tmp_path, {"table": tmp_path / "metadata.parquet"}, params, inputs)
    table = read_columns(tmp_path / "metadata.parquet")
    assert (table["object_id"].tolist(), table["split"].tolist()) == (["a", "b"], ["split_a.new"] * 2)
