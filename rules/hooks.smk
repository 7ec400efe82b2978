# Messages on the terminal before and after a run, and files that are removed before it.

from mallorn.runs.scheduling import (
    read_files_of_any_date,
    remember_checksums,
    run_first,
    run_jobs_in_forks,
    schedule_when_jobs_end,
)

read_files_of_any_date()
remember_checksums()


def bytes_of_split(split):
    """Return the size of a split's light curves, estimated at 9 kB an object for a simulated survey."""
    if config["data_dir"] is not None:
        return sum(Path(path).stat().st_size for path in READ[SOURCE].files(DATA_DIR, split, SETS))
    simulation = config["simulation"]
    objects = sum(simulation["sources"].values()) * sum(simulation["siblings"].values())
    return 9000 * objects / simulation["n_splits"]


def warn_of_shortages():
    """Warn before a run that disk or memory may not suffice for the splits that it reads or fits."""
    import shutil

    import psutil

    from mallorn.runtime.guards import shortages

    wildcards = [job.wildcards for job in workflow.dag.needrun_jobs()]
    planned = {one.get("part", one.get("split")) for one in wildcards} & set(SPLITS)
    on_this_machine = workflow.executor_plugin.common_settings.local_exec
    memory = psutil.virtual_memory().available if on_this_machine else None
    sizes = [bytes_of_split(split) for split in sorted(planned)]
    for warning in shortages(sizes, workflow.cores, shutil.disk_usage(".").free, memory):
        print(f"WARNING: {warning}", file=sys.stderr)


def remove_outdated():
    """Remove all that this run will make anew: if it fails, no outdated file looks like its own.

    Snakemake does so just before a job begins. If an earlier job fails, what comes after it would stay, and the next run
    would take it for made: files between the beginning and the end of a chain may be missing.
    """
    from snakemake.io import is_flagged

    from mallorn.io.files import remove

    planned = [] if workflow.touch else list(workflow.dag.needrun_jobs())
    outdated = [Path(path) for job in planned for path in job.output if not is_flagged(path, "update")]
    if any(job.rule.name == "classify" for job in planned):  # made from it, whether they are asked for or not
        outdated += [Path("results/report/new"), *Path("results/classified").glob("candidates.*")]
    remove(outdated, ".snakemake/outdated")


def show_summary():
    """Log the data behind the results, the scores, and the places of the files, after a run that made them."""
    from mallorn.runs.inputs import line, read_input
    from mallorn.runtime.summary import classified, summary

    made = {job.rule.name for job in workflow.dag.jobs}
    if "classify" in made:
        print(classified("results/classified", line(read_input("results/classified/input.json"))), file=sys.stderr)
    if "score" in made and Path("results/input.json").is_file():
        print(summary("results", line(read_input("results/input.json"))), file=sys.stderr)


def failed_jobs():
    """Return the jobs that failed in this run."""
    return [job for failed in workflow.scheduler.failed for job in getattr(failed, "jobs", [failed])]


def clear_after_failures():
    """Remove what killed jobs have written by half: a table that they only update may be as it should without them."""
    from mallorn.io.files import remove_half_written

    for job in failed_jobs():
        for path in job.output:
            remove_half_written(path)


def show_failures():
    """Write the errors of failed jobs to the terminal, after all output of Snakemake."""
    import atexit

    from mallorn.runtime.summary import failures

    jobs = failed_jobs()
    named = sorted((", ".join([job.rule.name, *map(str, job.wildcards)]), next(iter(job.log), None)) for job in jobs)
    if named:
        atexit.register(print, failures(named), file=sys.stderr)


onstart:
    remove_outdated()
    schedule_when_jobs_end(workflow)
    run_first(workflow, "draw_candidates")  # it is long and takes half of the cores: others run beside it
    run_jobs_in_forks(workflow)
    warn_of_shortages()


onsuccess:
    show_summary()


onerror:
    show_failures()
    clear_after_failures()
