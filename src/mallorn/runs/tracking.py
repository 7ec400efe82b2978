"""Track runs with MLflow: parameters, scores, figures and models."""

import importlib.util
import time
from contextlib import contextmanager
from pathlib import Path

from mallorn.errors import ConfigError

__all__ = ["check_tracking", "parameters", "track_network", "track_run"]

_PARAMETER_LENGTH = 500
_BATCH = 1000  # most metrics that a server takes at a time


def check_tracking(config):
    """Raise ConfigError if `config`, the whole configuration, asks for MLflow but it is not installed."""
    if config["tracking"]["mlflow"] and importlib.util.find_spec("mlflow") is None:
        raise ConfigError(
            "tracking.mlflow is true, but the package mlflow is not installed; install it by "
            "'.venv/bin/python -m pip install mlflow-skinny', or set tracking.mlflow to false"
        )


def parameters(config):
    """Return {key: text} of the leaves of a nested configuration; keys are joined by dots."""
    found = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found.update({f"{key}.{name}": text for name, text in parameters(value).items()})
        else:
            found[str(key)] = str(value)[:_PARAMETER_LENGTH]
    return found


def track_run(tracking, name, config, digests, scores, files):
    """Log a run to MLflow and return its id there.

    tracking: block of config.yaml. name: of the run. config: logged as parameters. digests: {name: text}, logged as
    tags. scores: as from `mallorn.runs.history.summarise_scores`.
    files: {folder among the artifacts: path of a file or folder}.
    """
    with _new_run(tracking, name, digests) as (client, run):
        for key, value in parameters(config).items():
            client.log_param(run, _key(key), value)
        for row in scores:
            for part in ("mean", "sd"):
                client.log_metric(run, _key(f"{row['protocol']}.{row['model']}.{row['score']}.{part}"), row[part])
        _log_files(client, run, files)
    return run


def track_network(tracking, name, about, losses, scores, files):
    """Log the training of a network to MLflow and return the id of its run there.

    about: (tags, parameters), {name: value} each. losses: {fit: [loss of each epoch]}; their mean is logged too, as
    `loss`. scores: {name: value}. tracking, name, files: see `track_run`.
    """
    from mlflow.entities import Metric, Param

    tags, params = about
    length, now = min(map(len, losses.values())), int(1000 * time.time())
    mean = {"loss": [sum(one[k] for one in losses.values()) / len(losses) for k in range(length)]}
    series = {**mean, **{f"loss.{fit}": values for fit, values in losses.items()}}
    metrics = [Metric(_key(key), float(v), now, k + 1) for key, values in series.items() for k, v in enumerate(values)]
    metrics += [Metric(_key(key), float(value), now, 0) for key, value in scores.items()]
    with _new_run(tracking, name, tags) as (client, run):
        client.log_batch(run, params=[Param(_key(key), value) for key, value in parameters(params).items()])
        for begin in range(0, len(metrics), _BATCH):
            client.log_batch(run, metrics=metrics[begin : begin + _BATCH])
        _log_files(client, run, files)
    return run


@contextmanager
def _new_run(tracking, name, tags):
    """Give (client, id of a new run) to the block; if the block fails, so does the run."""
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=_address(tracking["uri"]))
    experiment = client.get_experiment_by_name(tracking["experiment"])
    if experiment is None:
        location = Path(tracking["uri"], "artifacts").resolve().as_uri() if _is_folder(tracking["uri"]) else None
        experiment_id = client.create_experiment(tracking["experiment"], artifact_location=location)
    else:
        experiment_id = experiment.experiment_id
    run = client.create_run(experiment_id, run_name=name, tags=tags).info.run_id
    try:
        yield client, run
    except Exception:
        client.set_terminated(run, "FAILED")
        raise
    client.set_terminated(run, "FINISHED")


def _log_files(client, run, files):
    for folder, path in files.items():
        if Path(path).is_dir():
            client.log_artifacts(run, str(path), folder)
        else:
            client.log_artifact(run, str(path), folder)


def _is_folder(uri):
    return "://" not in uri and not uri.startswith(("databricks", "file:"))


def _address(uri):
    """Return the address of the store; for a folder that of a database in it, since MLflow drops plain files."""
    if not _is_folder(uri):
        return uri
    Path(uri).mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{Path(uri).resolve()}/mlflow.db"


def _key(text):
    """Return a name that MLflow accepts for a parameter or metric."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in text)[:250]
