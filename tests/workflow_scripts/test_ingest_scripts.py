"""The adapters ingest_logs.py and ingest.py, run as Snakemake runs them: as a script that finds `snakemake` defined."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from surveys import CONFIG, LOG, SAMPLE, TEST, TEST_LC, TRAIN_LC, read_split, sound_survey, write_survey

from mallorn.io.tables import read_columns
from mallorn.survey.passbands import LSST

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


class Named(dict):
    """Named items with dots, brackets and positions, like Snakemake's input and output."""

    def __getattr__(self, name):
        return self[name]

    def __getitem__(self, key):
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)


def run(script, folder, inputs, outputs, settings, **wildcards):
    job = SimpleNamespace(
        input=Named(inputs),
        output=Named({name: str(path) for name, path in outputs.items()}),
        log=[str(folder / "logs" / f"{script}.log")],
        params=SimpleNamespace(settings=settings),
        wildcards=SimpleNamespace(**wildcards),
    )
    runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": job})
    return Path(job.log[0]).read_text()


def run_both(folder, files):
    """Run both adapters on a survey with these files, for split_01; return what they log."""
    survey = write_survey(files, folder / "a survey")
    logs = {"train": survey / LOG, "test": survey / TEST, "submission": survey / SAMPLE}
    settings = {"ingest": CONFIG, "splits": ["split_01", "split_02"]}
    first = run("ingest_logs", folder, logs, {"table": folder / "logs.parquet"}, settings)
    inputs = {"train": survey / TRAIN_LC, "test": survey / TEST_LC, "logs": [survey / LOG, survey / TEST]}
    kinds = {"points": "lightcurves", "objects": "objects", "set_aside": "set_aside"}
    outputs = {name: folder / kind / "split_01.parquet" for name, kind in kinds.items()}
    return first, run(
        "ingest", folder, inputs, outputs, {"ingest": CONFIG, "passbands": LSST.to_text()}, split="split_01"
    )


def test_results_and_job_logs(tmp_path):
    first, second = run_both(tmp_path, sound_survey())
    assert "3 training objects, 1 of them TDE; 3 test objects; 2 splits" in first
    assert "3 objects: 18 rows read, 18 points kept, 0 rows set aside" in second
    assert list(read_columns(tmp_path / "logs.parquet")["object_id"]) == list("abcxyz")
    assert list(read_split(tmp_path, "split_01")[0].n_points) == [6, 6, 6]


def test_a_fault_of_the_data_ends_the_job_in_plain_words(tmp_path):
    files = sound_survey()
    files[TRAIN_LC] += "a,61000"
    with pytest.raises(SystemExit, match="1"):
        run_both(tmp_path, files)
    log = (tmp_path / "logs" / "ingest.log").read_text()
    assert "line 14" in log
    assert "Traceback" not in log
    assert not list(tmp_path.glob("lightcurves/*"))
