"""Changes to Snakemake through attributes outside its interface. If they are missing, nothing is changed."""

import atexit
import shlex
from pathlib import Path

from mallorn.io.digests import stamp
from mallorn.runs.forked import Forks, possible

__all__ = ["read_files_of_any_date", "remember_checksums", "run_first", "run_jobs_in_forks", "schedule_when_jobs_end"]


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


def run_first(workflow, name):
    """Make the jobs of a rule, and all that these wait for, go before others, as `snakemake --prioritize` does.

    That option would also make what it names a target of each run. Where jobs of one rule go before others of it, the
    rule's `priority` does not say so: Snakemake knows functions there only since 9.19.

    workflow: Snakemake's, with the jobs planned. name: of the rule; nothing changes if there is none, or no job of it.
    """
    first = {rule for rule in workflow.rules if rule.name == name}
    if hasattr(workflow.dag, "priorityrules") and hasattr(workflow.dag, "update_priority"):
        workflow.dag.priorityrules = {*workflow.dag.priorityrules, *first}
        workflow.dag.update_priority()


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


def run_jobs_in_forks(workflow):
    """Make the Python scripts of a run on this machine forks of processes that have done their imports.

    Scripts with an environment of their own, and jobs on a cluster, get a process of their own as before.

    workflow: Snakemake's, with the jobs planned.
    """
    from snakemake.script import PythonScript

    original = getattr(PythonScript, "execute_script", None)
    if not possible() or not workflow.local_exec or getattr(original, "__module__", "") != PythonScript.__module__:
        return
    forks = Forks([Path(str(job.rule.script)).name for job in workflow.dag.needrun_jobs() if job.rule.script])
    atexit.register(forks.close)

    def execute_script(self, fname, edit=False):
        """Run a script, as the method that this replaces."""
        if self.container_img is not None or self.conda_env is not None or self.env_modules is not None:
            return original(self, fname, edit)
        name, adapter = self.path.get_filename(), self.local_path if self.is_local else None
        try:
            command = shlex.join(forks.command(name, adapter, dict(self.params.items()), self.threads))
            self._execute_cmd("{command} {fname:q}", command=command, fname=fname, is_python_script=True)
        finally:
            forks.ended(name)

    PythonScript.execute_script = execute_script
