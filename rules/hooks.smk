# What is said on the terminal before and after a run.

from mallorn.runs.scheduling import schedule_when_jobs_end


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


def show_summary():
    """Log the scores and where the results are, after a run that made them."""
    from mallorn.runtime.summary import summary

    text = summary("results")
    if text:
        print(text, file=sys.stderr)


def show_failures():
    """Write the errors of failed jobs to the terminal, after all that Snakemake writes."""
    import atexit

    from mallorn.runtime.summary import failures

    jobs = [job for failed in workflow.scheduler.failed for job in getattr(failed, "jobs", [failed])]
    named = sorted((", ".join([job.rule.name, *map(str, job.wildcards)]), next(iter(job.log), None)) for job in jobs)
    if named:
        atexit.register(print, failures(named), file=sys.stderr)


onstart:
    schedule_when_jobs_end(workflow)
    warn_of_shortages()


onsuccess:
    show_summary()


onerror:
    show_failures()
