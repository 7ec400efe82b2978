"""mallorn finds tidal disruption events among transients in multi-band light curves.

    import mallorn

    curves = mallorn.read("survey/")               # light curves, from a survey's own files
    model = mallorn.load_model()                   # the one that comes with it, or load_model("results/model")
    scores = model.predict(curves)                 # a table: probabilities of all classes, and a decision
    reasons = model.explain(curves)                # the features that drive each probability
    table = mallorn.features(curves)               # all features
    early = mallorn.as_of(curves, 60000)           # what was known at an MJD, nothing later
    figure = mallorn.plot(curves, "an object id")  # points and fitted light curve
    scores = mallorn.predict_frame(frame, model)   # of a nested frame, such as lsdb gives

Each part is loaded when it is first used, and `import mallorn` takes a few milliseconds. Snakemake is not needed.
"""

__all__ = ["LightCurves", "Model", "as_of", "features", "load_model", "plot", "predict_frame", "read"]

_PLACES = {
    "LightCurves": "mallorn.survey.lightcurves",
    "Model": "mallorn.interface.model",
    "as_of": "mallorn.survey.as_of",
    "features": "mallorn.interface.computing",
    "load_model": "mallorn.interface.model",
    "plot": "mallorn.interface.plotting",
    "predict_frame": "mallorn.interface.frames",
    "read": "mallorn.interface.reading",
}


def __getattr__(name):
    # by text, not by an import statement: every module of the library imports this one, and none may depend on these
    if name not in _PLACES:
        raise AttributeError(f"module 'mallorn' has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return [*__all__, "__doc__"]
