# What is said where there is nothing to classify.


def no_new_data(wildcards):
    """Say that there is nothing to classify."""
    raise WorkflowError("classify: expected new_data, a folder of new objects. Next step: --config new_data=FOLDER")
