"""What a learner is: one module of this room, or a plug-in (see `mallorn.plugins`), found by its name in config.yaml.

- `PARAMETERS`: the literal tuple of its own parameters that config.yaml may set.
- `fit(features, classes, weight, n_classes, params, seed, threads)` returns a fitted model.
  features (n, p) float32, NaN where missing; classes (n,) int, each of 0 .. n_classes - 1 present; weight (n,) of the
  objects in the loss; params: the learner's own parameters from config.yaml, complete; seed in [0, 2^31).
- `predict_proba(model, features)` returns (m, n_classes) probabilities, rows summing to one.
- `importance(model)` returns (p,) non-negative numbers, larger for a feature that the model leans on more.
- `save(model, path)` writes the model in the learner's own format, or the numbers of a scikit-learn model as npz; no
  pickle. `load(path)` returns it, giving the same probabilities. `SUFFIX` is the file's.
- `SEARCH_SPACE`: {parameter: {"low", "high"[, "log": True]} or {"choices": [...]}}, where tuning looks; integers
  between integers.
- `contributions(model, features)`, where the learner has them: (n, p) SHAP values of the margin of class 0.

Boosters have `linear_start` among their parameters, which `mallorn.learning.training.fit_member` reads: with it,
boosting begins from the margins of a logistic model instead of a constant. Their `fit` and `predict_proba` take
these as `margin`: (n,) of class 0 if there are two classes, or (n, n_classes); None for none.

A learner keeps no state between calls, and its result depends on its arguments except `threads`.
"""

from difflib import get_close_matches

from mallorn.errors import ConfigError
from mallorn.plugins import load, names

__all__ = ["LEARNERS", "learner"]

LEARNERS = names("learners")
"""Names of the learners of this package and of installed ones; those of plug-in files are not among them."""


def learner(name, params):
    """Return the module of the learner `name`; raise ConfigError if there is none, or none of its `params`.

    Learners ignore parameters that they do not know, so that a misspelt one would pass unseen.
    """
    module = load("learners", name)
    for key in params:
        if key not in module.PARAMETERS:
            close = get_close_matches(key, module.PARAMETERS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(module.PARAMETERS)}"
            raise ConfigError(f"models: the learner {name} has no parameter {key!r} ({hint})")
    return module
