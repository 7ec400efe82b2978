# What a search for parameters reads.


def tuning_settings(model):
    """Return what the search for parameters of `model` reads of the configuration."""
    block = {key: value for key, value in config["models"][model].items() if key not in ("enabled", "tuned")}
    metric = config["tuning"]["metric"]
    return {**training_settings(model, "selection"), "model": block, "metric": metric}
