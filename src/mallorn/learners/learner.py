"""What a learner is: one module of this room, or a plug-in (see `mallorn.plugins`), found by its name in config.yaml.

- `NEEDS`: the literal tuple of the views of a data set that it reads, among "features", "grid" and "points" (see
  `mallorn.learning.dataset`). Views that no model needs are not read.
- `PARAMETERS`: the literal tuple of its own parameters that config.yaml may set.
- `SEARCH_SPACE`: {parameter: {"low", "high"[, "log": True]} or {"choices": [...]}}, where tuning looks; integers
  between integers.
- `fit(dataset, classes, weight, n_classes, params, seed, threads)` returns a fitted model.
  dataset: of n objects; `dataset.features.values` (n, p) float32 is NaN where missing, `dataset.grid` and
  `dataset.points` are the light curves. classes (n,) int, each of 0 .. n_classes - 1 present; weight (n,) of the
  objects in the loss; params: the learner's own parameters from config.yaml, complete; seed in [0, 2^31).
- `predict(model, dataset)` returns (m, n_classes) probabilities, rows summing to one.
- `save(model, folder)` writes the model to files in a folder that is there, in the learner's own format, or numbers as
  npz; no pickle. `load(folder)` returns it, giving the same probabilities.
- `importance(model)`, of a learner that reads features: (p,) non-negative numbers, larger for a feature that the model
  leans on more.
- `contributions(model, dataset)`, where the learner has them: (n, p) SHAP values of the margin of class 0.
- `TRANSFORMS`, where it wants some: the literal tuple of transforms without parameters that it is always fitted after
  (see `mallorn.learning.transforms.transform`), such as `("normal_scores",)`.
- `BY_EVENT`, where it chooses among fits by objects that it leaves out: True. `fit` then gets `event=` too, (n,) str,
  the event that each object is a sibling of, so that siblings are left out together.
- `RESUMES`, where a fit takes long: True. `fit` then gets `checkpoint=` too, the path of a file that it may keep its
  state in while it is under way, so that a training that was killed goes on where it was; None for none.
- `LEVELS`, where it may learn on a tree of classes: True. `fit` then gets `levels=` too, (D, n_classes) int as from
  `mallorn.learning.tree.class_levels`, None where no tree is known.
- `STARTS`, where it may begin from weights that were learned before: True. `fit` then gets `start=` too, the folder
  that `save` wrote another model of this learner to; None for none.
- `RESOURCES`, where it wants more than one thread of a CPU: a literal {"threads", "memory_mb", "gpus"} of one job that
  trains it; what is left out is as for the others.

Boosters begin from `dataset.margin` where there is one: (n,) of class 0 if there are two classes, or (n, n_classes).

A learner keeps no state between calls, and its result depends on its arguments except `threads`.
"""

from difflib import get_close_matches

from mallorn.errors import ConfigError
from mallorn.plugins import load, names

__all__ = ["LEARNERS", "learner"]

LEARNERS = names("learners")
"""Names of the learners of this package and of installed ones; those of plug-in files are not among them."""

_EXTRA = ("torch", "safetensors")
"""Packages that networks alone need."""


def learner(name, params=()):
    """Return the module of the learner `name`; raise ConfigError if there is none, or none of its `params`.

    ConfigError too for a network without torch.

    Learners ignore parameters that they do not know, so that a misspelt one would pass unseen.
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
