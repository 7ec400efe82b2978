"""A model: a series of transforms and a learner at the end, all fitted to the same training part."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError, DataError
from mallorn.learners.learner import learner
from mallorn.learning.classes import class_weights, event_weights
from mallorn.learning.transforms.transform import transform

__all__ = [
    "Pipeline",
    "apply_shared",
    "fit_pipeline",
    "fit_shared",
    "forget_states",
    "needs_of",
    "split_shared",
    "steps_of",
    "with_selection",
    "with_start",
]


class Pipeline(NamedTuple):
    """A fitted model of `n_classes` classes.

    steps: ((transform, its state), ...) in order. learner: its name; model: its fitted model. present: indices of the
    classes that it was fitted to; other classes have probability 0.
    """

    steps: tuple
    learner: str
    model: object
    present: tuple
    n_classes: int

    def predict(self, dataset):
        """Return class probabilities (n, n_classes) of a `Dataset`."""
        probability = np.zeros((len(dataset), self.n_classes))
        if len(dataset):
            *_, seen = self._stages(dataset)
            probability[:, list(self.present)] = learner(self.learner).predict(self.model, seen)
        return probability

    def importance(self):
        """Return the importances (p,) of the features, larger for more important ones.

        Returns None for a learner that reads no features.
        """
        module = learner(self.learner)
        values = module.importance(self.model) if hasattr(module, "importance") else None
        for name, state in reversed(self.steps if values is not None else ()):
            if hasattr(transform(name), "importance"):
                values = transform(name).importance(state, values)
        return values

    def contributions(self, dataset):
        """Return SHAP values (n, p) of the margin of class 0, through all transforms.

        Raises DataError if the learner has none.
        """
        module = learner(self.learner)
        if not hasattr(module, "contributions"):
            raise DataError(f"the learner {self.learner} has no SHAP values; name others in explanations.models")
        stages = self._stages(dataset)
        values = module.contributions(self.model, stages[-1])
        for (name, state), before in zip(reversed(self.steps), reversed(stages[:-1]), strict=True):
            if hasattr(transform(name), "contributions"):
                values = transform(name).contributions(state, before, values)
        return values

    def _stages(self, dataset):
        """Return the data set before each step, and the one that the learner sees."""
        stages = [dataset]
        for name, state in self.steps:
            stages.append(transform(name).apply(state, stages[-1]))
        return stages


def steps_of(spec):
    """Return [(transform, params), ...] of a block of `models`; those that its learner always needs come last.

    Raises ConfigError if the learner, a transform, or one of their parameters is unknown.
    """
    module = learner(spec["learner"], spec["params"])
    steps = [*spec.get("transforms", {}).items(), *((name, {}) for name in getattr(module, "TRANSFORMS", ()))]
    for name, params in steps:
        transform(name, params)
    return steps


def needs_of(spec):
    """Return the views of a `Dataset` that a block of `models` reads, in the order of `mallorn.learning.dataset`."""
    modules = [learner(spec["learner"], spec["params"]), *(transform(name) for name, _ in steps_of(spec))]
    return tuple(view for view in ("features", "grid", "points") if any(view in module.NEEDS for module in modules))


def with_selection(spec, selection):
    """Return a block of `models`, with the transform `selection` of config.yaml first if the block asks for it."""
    if not spec["selection"]:
        return spec
    return {**spec, "transforms": {"selection": selection, **spec.get("transforms", {})}}


def with_start(spec, folder, protocol):
    """Return a block of `models` that begins from the network in `folder`, or the same block if that is "".

    Raises ConfigError for a network that has seen unlabelled objects, if the `protocol` of the folds is "grouped".
    """
    if spec.get("pretrained") == "unlabelled" and protocol == "grouped":
        fix = "train it on stratified folds, or let it learn from simulated objects first (pretrained: true)"
        found = "siblings of held-out events are among the unlabelled objects that it learned from"
        raise ConfigError(f"models: pretrained: {found}. Next step: {fix}.")
    return {**spec, "start": folder} if folder else spec


def fit_shared(spec, part, seed, threads=1):
    """Return the states of the first transforms of `spec`, which are fitted once for all members.

    Arguments as for `fit_pipeline`.
    """
    states, number = [], _shared(spec)
    for k, (name, params) in enumerate(steps_of(spec)[:number]):
        states.append(transform(name).fit(part, params, seed, threads))
        if k + 1 < number:
            part = part._replace(dataset=transform(name).apply(states[-1], part.dataset))
    return states


def split_shared(spec):
    """Split a block of `models` in two: the transforms that are fitted once for all members, and the rest.

    The second has the same learner and parameters, and the transforms that come after those.
    """
    given = list(spec.get("transforms", {}).items())
    number = min(_shared(spec), len(given))
    return {**spec, "transforms": dict(given[:number])}, {**spec, "transforms": dict(given[number:])}


def apply_shared(spec, states, dataset):
    """Return a `Dataset` after the first transforms of `spec`. states: of these, as from `fit_shared`."""
    for (name, _), state in zip(steps_of(spec), states, strict=False):
        dataset = transform(name).apply(state, dataset)
    return dataset


def _start_of(spec):
    """Return the folder from which a pretrained model begins."""
    if "start" not in spec:
        fix = "name a model that is not, or train it by cross_validate"
        raise ConfigError(f"models: this job has nothing for a pretrained model to begin from. Next step: {fix}.")
    return spec["start"]


def forget_states(checkpoint):
    """Remove the states of a fit that `fit_pipeline` was given this `checkpoint` for, if there are any."""
    for path in Path(checkpoint).parent.glob(f"{Path(checkpoint).name}*"):
        path.unlink()


def _shared(spec):
    """Return the number of first transforms in a block of `models` that are fitted once for all members."""
    shared = [getattr(transform(name), "SHARED", False) for name, _ in steps_of(spec)]
    return shared.index(False) if False in shared else len(shared)


def fit_pipeline(spec, part, seed, threads=1, shared=None, checkpoint=None):
    """Return the `Pipeline` that is fitted to the `Labelled` objects `part`.

    spec: a block of `models`; `learner`, `balance`, `params` and, if any, `event_balance` and `transforms` count.
    Classes without an object get probability 0. A block that is `pretrained` must have `start`, the folder of a model
    that learned from other objects. shared: states of the first transforms, as from `fit_shared` with the same
    `spec`; None to fit them here. checkpoint: path of a file for the state of a learner that resumes; None for none.
    Raises DataError if the training part has no target, or nothing else, and ConfigError if `start` is missing.
    """
    present, compact = np.unique(part.classes, return_inverse=True)
    if present[0] != 0 or len(present) < 2:
        raise DataError("a training part has no object with target 1, or no other; lower folds.number or add objects")
    n_classes = part.n_classes
    shared = fit_shared(spec, part, seed, threads) if shared is None else shared
    weight = event_weights(part.event, compact, part.weight, spec.get("event_balance", 0.0))
    weight = class_weights(compact, spec["balance"]) * weight
    part = part._replace(classes=compact, n_classes=len(present), weight=weight)
    steps = []
    for name, params in steps_of(spec):
        module = transform(name)
        fitted = len(steps) < len(shared)
        state = shared[len(steps)] if fitted else module.fit(part, params, seed, threads)
        part = part._replace(dataset=module.apply(state, part.dataset))
        steps.append((name, state))
    module = learner(spec["learner"])
    known = {"event": part.event} if getattr(module, "BY_EVENT", False) else {}
    if getattr(module, "RESUMES", False):
        known["checkpoint"] = checkpoint
    if getattr(module, "LEVELS", False) and part.levels is not None:
        known["levels"] = part.levels[:, present]
    if spec.get("pretrained"):
        known["start"] = _start_of(spec)
    model = module.fit(part.dataset, compact, weight, len(present), dict(spec["params"]), seed, threads, **known)
    return Pipeline(tuple(steps), spec["learner"], model, tuple(present.tolist()), n_classes)
