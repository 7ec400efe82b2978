"""The contract of a transform, which changes a learner's data.

It is a module of this package or a plug-in (see `mallorn.plugins`).

It is fitted to the training part alone, as a learner is.

A block of `models` lists transforms by name, in order, before its learner. A learner lists those that it always needs
as `TRANSFORMS`. `mallorn.learning.pipeline.fit_pipeline` fits all of them to the training part alone.

- `NEEDS`: a literal tuple of the views of a `Dataset` that it reads.
- `PARAMETERS`: a literal tuple of the parameters that config.yaml may set.
- `SHARED`: True if it is fitted once for all members of a model, to the part's own objects. Such transforms come first.
- `FILES`, if parameters name a user's files that it reads when it is fitted: a literal tuple of these parameters. Jobs
  then follow the content of the files.
- `RESOURCES`, if it needs more memory: a literal {"memory_mb"} for a job that fits it.
- `fit(part, params, seed, threads)` returns its state. part: a `Labelled` with classes numbered without gaps.
- `apply(state, dataset)` returns the changed `Dataset` of any objects, also of the fitted ones.
- `save(state, folder)` writes the state as numbers or JSON; no pickle. `load(folder)` returns it.
- `importance(state, importance)`, if features change: the importances (p,) of the features before the transform, from
  those after it.
- `contributions(state, dataset, values)`, likewise: SHAP values (n, p) of the features of `dataset`, before it.

A transform keeps no state between calls. Its result depends on its arguments alone, and not on `threads`.
"""

from difflib import get_close_matches

from mallorn.errors import ConfigError
from mallorn.plugins import load, names

__all__ = ["TRANSFORMS", "transform"]

TRANSFORMS = names("transforms")
"""Names of the transforms in this package and in installed packages, without plug-in files."""


def transform(name, params=()):
    """Return the module of the transform `name`; raise ConfigError if there is none, or if it lacks one of `params`."""
    module = load("transforms", name)
    for key in params:
        if key not in module.PARAMETERS:
            close = get_close_matches(key, module.PARAMETERS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(module.PARAMETERS) or 'none'}"
            raise ConfigError(f"models: the transform {name} has no parameter {key!r} ({hint})")
    return module
