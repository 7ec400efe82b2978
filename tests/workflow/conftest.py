from workflow_runs import clone, empty, finished, shared_run  # noqa: F401
