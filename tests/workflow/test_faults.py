"""Kills at random moments: no half-written file is taken for whole, and the next run goes on to the same results."""

import shutil
import subprocess
import time

from killed_runs import KILLS, jobs_of, wait_for_jobs


def test_a_run_killed_twenty_times_ends_with_the_same_results(clone, finished):
    assert len(clone.kills) == KILLS
    assert [kill for kill in clone.kills if kill.differ] == []
    assert sum(not kill.ended for kill in clone.kills) >= KILLS // 2
    assert clone.results() == finished.results()
    assert clone.planned() == {}
    assert not list((clone.path / "results").rglob("*.part"))


def test_kernels_half_compiled_are_compiled_again(empty, tmp_path, monkeypatch):
    workspace = empty("half compiled")
    monkeypatch.setenv("MALLORN_CACHE", str(tmp_path))  # where nothing has been compiled yet
    shutil.rmtree(workspace.path / "results" / "kernels")
    run = workspace.start("compile_kernels", output=subprocess.DEVNULL)
    wait_for_jobs(run)
    time.sleep(1.0)
    for process in (run, *jobs_of(run)):
        process.kill()
    run.wait()
    workspace.dry("--unlock")
    assert "compile_kernels" in workspace.dry("--dry-run", "compile_kernels").stdout
    assert not list(tmp_path.rglob("whole"))


def test_the_terminal_ends_with_the_own_error_of_a_failed_job(empty, finished):
    broken = empty("broken")
    shutil.copytree(finished.origin / "results" / "survey", broken.path / "survey")
    with open(broken.path / "survey/split_02/train_full_lightcurves.csv", "a", encoding="utf-8") as file:
        file.write("half a row")
    left = broken.path / "results" / "set_aside" / ".split_02.parquet.0123.part"  # by a job that was killed
    left.parent.mkdir(exist_ok=True)
    left.touch()
    done = broken.snakemake_anew("results/lightcurves/split_02.parquet", "--config", "data_dir=survey", ok=False)
    assert done.returncode == 1
    *_, heading, _, name, error, log = done.stderr.rstrip().split("\n")
    assert heading == "1 job failed:"
    assert name == "ingest, split_02"
    assert "split_02/train_full_lightcurves.csv, line " in error
    assert error.endswith("Next step: mend this line; if the file ends here, it is cut off: get it again.")
    assert log == "    log: results/log/ingest/split_02.log"
    assert "Traceback" not in done.stderr
    assert not left.exists()
