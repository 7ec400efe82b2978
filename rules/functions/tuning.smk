# Settings of a search for parameters.


def tuning_settings(model):
    """Return the configuration that the search for parameters of `model` reads."""
    block = {key: value for key, value in config["models"][model].items() if key not in ("enabled", "tuned")}
    metric = config["tuning"]["metric"]
    return {**training_settings(model, "selection"), "model": block, "metric": metric}
