import pytest
from workflow_copy import copy_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A workspace after an undisturbed run; tests must leave it as it is."""
    workspace = copy_project(tmp_path_factory.mktemp("workflow") / "a folder with spaces")
    workspace.run = workspace.snakemake()
    return workspace
