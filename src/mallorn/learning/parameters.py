"""The file of a model's parameters from tuning: results/tuning/{study}/{model}/best.yaml."""

import yaml

from mallorn.errors import DataError
from mallorn.io.files import write_text

__all__ = ["read_best", "write_best"]


def write_best(path, model, study, params, value, trials, importance):
    """Write the YAML file that `read_best` reads: the parameters, and how they were found."""
    content = {
        "model": model,
        "study": study,
        "value": value,
        "trials": trials,
        "params": params,
        "importance": {key: round(share, 4) for key, share in importance.items()},
    }
    write_text(path, yaml.safe_dump(content, sort_keys=False))


def read_best(path):
    """Return the complete parameters, {name: value}, that tuning found for a model."""
    with open(path, encoding="utf-8") as stream:
        content = yaml.safe_load(stream)
    if not isinstance(content, dict) or not isinstance(content.get("params"), dict):
        raise DataError.at(path, expected="a mapping with `params`", found="none", fix="delete it, run tune again")
    return content["params"]
