from workflow_runs import empty, finished, shared_run  # noqa: F401
