"""Changes to Snakemake through attributes outside its interface. If they are missing, nothing is changed."""

from mallorn.io.digests import stamp

__all__ = ["read_files_of_any_date", "remember_checksums", "schedule_when_jobs_end"]


def read_files_of_any_date():
    """Allow jobs to read files with dates in the future.

    Snakemake 9.27 fails a job after its end if its output is older than its input. It dates the output itself by the
    clock of this machine. The error therefore only means that an input has a date later than now, from an archive or
    from another machine whose clock is 30 s ahead. The content of files, not their date, decides what runs again.
    """
    from snakemake.dag import DAG

    async def check_nothing(dag, job, expanded_output):
        """Accept the outputs as they are."""

    if hasattr(DAG, "check_output_mtime"):
        DAG.check_output_mtime = check_nothing


def schedule_when_jobs_end(workflow):
    """Make a run on this machine look for jobs to start only when one has ended, not by the clock too.

    To limit jobs per second, Snakemake 9.27 looks again one second after each look, and once more for each job that has
    ended. After a thousand jobs it looks a thousand times a second. On a cluster the limit stays.

    workflow: Snakemake's, with a scheduler.
    """
    if workflow.local_exec and hasattr(workflow.scheduler, "job_rate_limiter"):
        workflow.scheduler.job_rate_limiter = None


def remember_checksums():
    """Compute the checksum of a file once for each content of it.

    Snakemake 9.27 computes those of all inputs of a job again for each output: sixteen times for a split's families.
    """
    from snakemake.io import _IOFile

    original, known = getattr(_IOFile, "checksum", None), {}
    if original is None:
        return

    async def checksum(self, threshold=None, *further, **options):
        """Return the checksum of a file, as the method that this replaces."""
        if self.is_storage or further or options:
            return await original(self, threshold, *further, **options)
        key = str(self), *stamp(self), threshold
        if key not in known:
            known[key] = await original(self, threshold)
        return known[key]

    _IOFile.checksum = checksum
