"""Changes of Snakemake by attributes that are not part of its interface. Where it has none such, nothing is changed."""

__all__ = ["read_files_of_any_date", "schedule_when_jobs_end"]


def read_files_of_any_date():
    """Let jobs read files that are dated in the future.

    Snakemake 9.27 fails a job, once it has ended, whose output is older than its input. It dates the output itself by
    the clock of this machine, so that this only ever tells of an input that is dated later than now: by the clock of
    another machine, 30 s ahead, or by an archive. What is run again follows the content of files, not their dates.
    """
    from snakemake.dag import DAG

    async def check_nothing(dag, job, expanded_output):
        """Take the outputs as they are."""

    if hasattr(DAG, "check_output_mtime"):
        DAG.check_output_mtime = check_nothing


def schedule_when_jobs_end(workflow):
    """Let a run on this machine look for jobs to start when one has ended, and not by the clock too.

    For its limit of jobs a second, Snakemake 9.27 looks again a second after each look, and once more for each job that
    has ended: after a thousand jobs it does so a thousand times a second. A cluster keeps that limit.

    workflow: Snakemake's, with a scheduler.
    """
    if workflow.local_exec and hasattr(workflow.scheduler, "job_rate_limiter"):
        workflow.scheduler.job_rate_limiter = None
