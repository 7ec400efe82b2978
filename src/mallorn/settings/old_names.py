"""The configuration in the names that the library had before `mallorn.settings`; goes with the last of them."""

from copy import deepcopy

__all__ = ["old_names"]


def old_names(config):
    """Return a copy of a resolved configuration with `copies`, `groups`, `rest`, `grouped` and `linear_start`."""
    config = deepcopy(config)
    config["copies"] = config.pop("augmentations")
    training = config["training"]
    training["groups"], training["rest"] = training.pop("classes"), training.pop("other_class")
    for block in config["models"].values():
        block["classes"] = {"multiclass": "grouped"}.get(block["classes"], block["classes"])
        if start := block.pop("transforms").get("linear_start"):
            block["params"] = {"linear_start": start["C"], **block["params"]}
    return config
