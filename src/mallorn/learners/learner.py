"""The contract of a learner: a module of this package or a plug-in (see `mallorn.plugins`), found by its name.

- `NEEDS`: a literal tuple of the views of a data set that it reads: "features", "grid" or "points" (see
  `mallorn.learning.dataset`). Views that no model needs are not read.
- `PARAMETERS`: a literal tuple of its own parameters that config.yaml may set.
- `SEARCH_SPACE`: {parameter: {"low", "high"[, "log": True]} or {"choices": [...]}}, the values that tuning tries;
  integer bounds give integers.
- `fit(dataset, classes, weight, n_classes, params, seed, threads)` returns a fitted model.
  dataset: of n objects; `dataset.features.values` (n, p) float32 is NaN where missing, `dataset.grid` and
  `dataset.points` are the light curves. classes (n,) int, each of 0 .. n_classes - 1 present; weight (n,) of the
  objects in the loss; params: the learner's own parameters from config.yaml, complete; seed in [0, 2^31).
- `predict(model, dataset)` returns (m, n_classes) probabilities, rows summing to one.
- `save(model, folder)` writes the model to files in an existing folder, in the learner's own format or as npz of
  numbers, without pickle. `load(folder)` returns a model with the same probabilities.
- `importance(model)`, for a learner that reads features: (p,) non-negative numbers, larger for more important features.
- `contributions(model, dataset)`, optional: (n, p) SHAP values of the margin of class 0.
- `TRANSFORMS`, optional: a literal tuple of transforms without parameters that always come before its fit (see
  `mallorn.learning.transforms.transform`), such as `("normal_scores",)`.
- `BY_EVENT`: True if it leaves objects out to choose among fits. `fit` then also gets `event=`, (n,) str, the event of
  each object, and must leave siblings out together.
- `RESUMES`: True if a fit takes long. `fit` then also gets `checkpoint=`, the path of a file in which it may keep its
  state, or None; further files may begin with that path. A killed training can then go on where it was, and a fit
  that was finished is not done again. `mallorn.learning.pipeline.forget_states` removes them.
- `LEVELS`: True if it can learn on a tree of classes. `fit` then also gets `levels=`, (D, n_classes) int as from
  `mallorn.learning.tree.class_levels`, or None if there is no tree.
- `STARTS`: True if it can begin from weights that were learned before. `fit` then also gets `start=`, a folder to which
  `save` wrote another model of this learner, or None.
- `RESOURCES`, if it needs more than one thread of a CPU: a literal {"threads", "memory_mb", "gpus"} for a job that
  trains it. Missing keys have their usual values.

Boosters begin from `dataset.margin` if there is one: (n,) of class 0 for two classes, else (n, n_classes).

A learner keeps no state between calls. Its result depends on its arguments alone, and not on `threads`.
"""

from difflib import get_close_matches

from mallorn.errors import ConfigError
from mallorn.plugins import load, names

__all__ = ["LEARNERS", "learner"]

LEARNERS = names("learners")
"""Names of the learners in this package and in installed packages, without plug-in files."""

_EXTRA = ("torch", "safetensors")
"""Packages that only networks need."""


def learner(name, params=()):
    """Return the module of the learner `name`. Raise ConfigError if there is none, or if it lacks one of `params`.

    Raises ConfigError too for a network without torch.

    Learners ignore unknown parameters, and a misspelt one would otherwise go unnoticed.
    """
    try:
        module = load("learners", name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        fix = "make install-neural, or pip install 'mallorn[neural]'"
        raise ConfigError(
            f"models: the learner {name} needs {error.name}, which is not installed. Next step: {fix}"
        ) from None
    for key in params:
        if key not in module.PARAMETERS:
            close = get_close_matches(key, module.PARAMETERS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(module.PARAMETERS)}"
            raise ConfigError(f"models: the learner {name} has no parameter {key!r} ({hint})")
    return module
