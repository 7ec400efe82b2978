"""A change of Snakemake's scheduler, by an attribute that is not part of its interface."""

__all__ = ["schedule_when_jobs_end"]


def schedule_when_jobs_end(workflow):
    """Let a run on this machine look for jobs to start when one has ended, and not by the clock too.

    For its limit of jobs a second, Snakemake 9.27 looks again a second after each look, and once more for each job that
    has ended: after a thousand jobs it does so a thousand times a second. A cluster keeps that limit. Where Snakemake
    has no such attribute, nothing is changed.

    workflow: Snakemake's, with a scheduler.
    """
    if workflow.local_exec and hasattr(workflow.scheduler, "job_rate_limiter"):
        workflow.scheduler.job_rate_limiter = None
