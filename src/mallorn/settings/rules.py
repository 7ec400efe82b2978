"""Rules across settings that the type of a single value cannot hold, checked at the start instead of inside a job."""

from itertools import pairwise

from mallorn import plugins
from mallorn.settings.messages import nearest
from mallorn.settings.model_rules import broken_model_rules
from mallorn.settings.survey import TYPES

__all__ = ["PARENTS", "SEMI_PARENTS", "broken_rules"]

PARENTS = {
    "tde_fixed": "",
    "tde_free": "tde_fixed",
    "tde_double": "tde_fixed",
    "supernova": "",
    "hot_supernova": "",
    "achromatic": "",
    "drifting_color": "achromatic",
}
"""{hypothesis: the one that it refines, or ""}, as in `mallorn.hypotheses.models`; a test keeps both in step."""

SEMI_PARENTS = {
    "blackbody": "",
    "drifting_blackbody": "blackbody",
    "parabola": "",
    "drifting_parabola": "parabola",
    "cooling_photosphere": "",
    "walk": "",
    "offset_parabola": "",
    "dust_echo": "blackbody",
    "flare_in_nucleus": "blackbody",
}
"""The same for semi-parametric hypotheses, as in `mallorn.hypotheses.semi_models`."""

_RANGES = (("min", "max"), ("lower", "upper"), ("start", "stop"))


def broken_rules(config, surveys=None):
    """Return a line for each rule that `config` breaks, a whole configuration with allowed single values.

    surveys: as in `mallorn.settings.resolve.resolve`.
    """
    lines = [
        *_ranges(config),
        *_survey(config, surveys),
        *_simulation(config, surveys),
        *_priors(config["fits"]),
    ]
    lines += [*_posterior(config["posterior"]), *_phases(config), *_shape(config["features"]["shape"])]
    if not config["training"]["log_columns"] and not any(family["enabled"] for family in config["features"].values()):
        lines.append("features: expected at least one family that is enabled, found none")
    lines += _hypotheses(config, {**PARENTS, **dict.fromkeys(plugins.names("hypotheses"), "")})
    return [*lines, *_semi_parametric(config), *broken_model_rules(config)]


def _ranges(value, path=""):
    """Yield a line for each range in `value`, at any depth, that ends before it begins."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        yield from _ranges(inner, f"{path}.{key}" if path else str(key))
    for first, last in _RANGES:
        low, high = value.get(first), value.get(last)
        if all(isinstance(x, int | float) for x in (low, high)) and not low < high:
            yield f"{path}: {first} {low:g} is not below {last} {high:g}"


def _survey(config, surveys):
    for name, passbands in config["surveys"].items():
        if not passbands:
            yield f"surveys.{name}: expected at least one passband"
    known = None if surveys is None else [*surveys, *config["surveys"]]
    asked = {"survey": config["survey"], "new_survey": config["new_survey"]}
    asked["simulation.survey"] = config["simulation"]["survey"]
    for key, named in asked.items():
        for name in [named] if isinstance(named, str) else named or ():
            if known is not None and name not in known:
                yield f"{key}: there is no survey {nearest(name, known)}"
    formats = _formats()
    sources = [*plugins.names("sources"), *formats]
    for key in ("source", "new_source"):
        if config[key] is not None and config[key] not in sources:
            yield f"{key}: there is no source {nearest(config[key], sources)}"
    for name, given in config["readers"].items():
        if name not in formats:
            yield f"readers: there is no format {nearest(name, formats)}"
            continue
        known_here = formats[name]
        yield from (f"readers.{name}: unknown key {nearest(key, known_here)}" for key in given if key not in known_here)


def _formats():
    """Return {format: names of its settings}."""
    return {name: plugins.constant("formats", name, "SETTINGS") for name in plugins.names("formats")}


def _simulation(config, surveys):
    simulation = config["simulation"]
    for name in simulation["sources"]:
        if name not in TYPES:
            yield f"simulation.sources: unknown key {nearest(name, TYPES)}"
    if config["data_dir"] is not None:
        return
    if not sum(simulation["sources"].values()):
        yield "simulation.sources: expected at least one event, found none"
    own, survey = config["surveys"].get(simulation["survey"]), simulation["survey"]
    passbands = list(own or (surveys or {}).get(survey, ()))
    for name in own or ():
        if name not in simulation["depth"]:
            yield f"simulation.depth: missing key {name!r}, a passband of the survey {survey}"
    for name in simulation["depth"]:
        if passbands and name not in passbands:
            yield f"simulation.depth: the survey {survey} has no passband {nearest(name, passbands)}"


def _priors(fits):
    for kind in ("drw", "matern", "multiband"):
        for name, prior in fits[kind]["priors"].items():
            low, high, where = prior["lower"], prior["upper"], f"fits.{kind}.priors.{name}"
            values = {f"{where}: median": prior["median"]}
            values |= {f"fits.{kind}.starts.{k}: {name}": start[name] for k, start in enumerate(fits[kind]["starts"])}
            for what, value in values.items():
                if low < high and not low <= value <= high:
                    yield f"{what} {value:g} is not between lower {low:g} and upper {high:g} of {where}"


def _posterior(posterior):
    start, stop, step = (posterior["phases"][key] for key in ("start", "stop", "step"))
    size = round((stop - start) / step) + 1
    if size < 3 or abs(start + (size - 1) * step - stop) > 1e-9 * step:
        yield f"posterior.phases: stop {stop:g} less start {start:g} is not two or more steps of {step:g}"
        return
    first, last = posterior["band_peak_window"]
    if sum(first <= start + k * step <= last for k in range(size)) < 3:
        yield f"posterior.band_peak_window: fewer than 3 of posterior.phases lie in [{first:g}, {last:g}]"


def _phases(config):
    """Yield a line for each phase, of enabled families and of the report, that is not among the posterior's knots."""
    features, knots = config["features"], config["posterior"]["knots"]
    asked = {"report.sed_phases": config["report"]["sed_phases"]}
    if features["redshift"]["enabled"]:
        asked["features.redshift.phases"] = [0.0, *features["redshift"]["phases"]]
    if features["blackbody"]["enabled"]:
        asked["features.blackbody.phases"] = features["blackbody"]["phases"]
    if features["color"]["enabled"]:
        asked |= {f"features.color.{key}": features["color"][key] for key in ("phases", "share_phases")}
        asked["features.color.changes"] = [phase for pair in features["color"]["changes"] for phase in pair]
    for where, phases in asked.items():
        if missing := list(dict.fromkeys(f"{phase:g}" for phase in phases if phase not in knots)):
            have = ", ".join(f"{knot:g}" for knot in knots)
            what = f"{where}: {', '.join(missing)}"
            yield f"{what} must be among posterior.knots ({have}); add them there or drop them here"


def _shape(shape):
    if not shape["enabled"]:
        return
    levels = ", ".join(f"{level:g}" for level in shape["levels"])
    for key, values in (("stretch", shape["stretch"]), ("duty_level", [shape["duty_level"]])):
        for value in values:
            if value not in shape["levels"]:
                yield f"features.shape.{key}: {value:g} is not among features.shape.levels ({levels})"
    if not all(high > low for high, low in pairwise(shape["stretch"])):
        yield f"features.shape.stretch: expected falling values, found {shape['stretch']}"


def _hypotheses(config, parents):
    fitted, family = config["fits"]["hypotheses"]["models"], config["features"]["hypotheses"]
    yield from _with_parents("fits.hypotheses.models", fitted, parents)
    if not family["enabled"]:
        return
    yield from _with_parents("features.hypotheses.models", family["models"], parents)
    chosen = {
        "models": (family["models"], fitted, "fits.hypotheses.models"),
        "residuals": (family["residuals"], family["models"], "features.hypotheses.models"),
        "sampling": (family["sampling"], family["models"], "features.hypotheses.models"),
        "competing": (family["competing"], [*fitted, "drw"], "fits.hypotheses.models and drw"),
        "comparisons": (
            [name for first, second in family["comparisons"] for name in (*{first} - {"constant"}, second)],
            [*fitted, "drw"],
            "fits.hypotheses.models and drw, with constant as the first",
        ),
    }
    for key, (names, known, called) in chosen.items():
        if missing := list(dict.fromkeys(name for name in names if name not in known)):
            what = f"features.hypotheses.{key}: {', '.join(missing)}"
            yield f"{what} must be among {called}; add them there or drop them here"


def _semi_parametric(config):
    fits, family = config["fits"]["semi_parametric"], config["features"]["semi_parametric"]
    yield from _with_parents("fits.semi_parametric.models", fits["models"], SEMI_PARENTS)
    if not family["enabled"]:
        return
    if fits["epoch"] not in config["fits"]["hypotheses"]["models"]:
        yield (
            f"fits.semi_parametric.epoch: {fits['epoch']} must be among fits.hypotheses.models; add it there, or "
            "switch off features.semi_parametric"
        )
    compared = [name for pair in family["comparisons"] for name in pair]
    chosen = {"models": (family["models"], fits["models"], "fits.semi_parametric.models")}
    chosen["comparisons"] = compared, family["models"], "features.semi_parametric.models"
    for key, (names, known, called) in chosen.items():
        if missing := list(dict.fromkeys(name for name in names if name not in known)):
            what = f"features.semi_parametric.{key}: {', '.join(missing)}"
            yield f"{what} must be among {called}; add them there or drop them here"


def _with_parents(where, names, parents):
    for name in names:
        if name not in parents:
            yield f"{where}: there is no hypothesis {nearest(name, parents)}"
        elif parents[name] and parents[name] not in names:
            yield f"{where}: {name!r} starts from the fit of {parents[name]!r}; add {parents[name]!r}"
