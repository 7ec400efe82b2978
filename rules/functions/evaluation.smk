# Which predictions are scored, and by which settings.


def final_predictions(name):
    """Return the files `name` of the predictions of all models and ensembles that train on all training objects."""
    if name not in PREDICTED:
        return []
    return expand(PREDICTED[name], training=FINAL, protocol=PROTOCOLS, model=MODELS + ENSEMBLES, repeat=REPEATS)


def outer_predictions(name):
    """Return the files `name` of the predictions of all models and ensembles that train without an outer fold."""
    outer = [training for training in TRAININGS if training != FINAL]
    repeats = REPEATS[: config["evaluation"]["nested"]["repeats"]]
    return expand(PREDICTED[name], training=outer, protocol=PROTOCOLS, model=MODELS + ENSEMBLES, repeat=repeats)


def scoring_settings(*blocks):
    """Return what an adapter that scores decisions reads of the configuration, with further `blocks`."""
    evaluation = {name: config["evaluation"][name] for name in ("level", "rounds", "precision", "bins")}
    decision = {name: config[name] for name in ("seed", "threshold", "calibration", *blocks)}
    return {**decision, "evaluation": evaluation}


def every_core(wildcards):
    """Return the cores of this run; 1 for a command that runs nothing, such as --unlock, and needs no --cores."""
    try:
        return workflow.cores
    except WorkflowError:
        return 1
