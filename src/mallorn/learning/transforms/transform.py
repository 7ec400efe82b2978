"""What a transform is: one module of this room, or a plug-in (see `mallorn.plugins`), that changes what a learner sees.

It is fitted to the training part alone, as a learner is.

A block of `models` lists transforms by name, in order, before its learner; a learner lists the ones that it always
wants as `TRANSFORMS`. All of them are fitted to the training part alone, by `mallorn.learning.pipeline.fit_pipeline`.

- `NEEDS`: the literal tuple of the views of a `Dataset` that it reads.
- `PARAMETERS`: the literal tuple of the parameters that config.yaml may set.
- `SHARED`, if it is to be fitted once for all members of a model, to a part's own objects: True. Such transforms come
  first.
- `FILES`, where parameters name files of the user's that it reads when it is fitted: the literal tuple of these
  parameters. Jobs then follow what the files hold.
- `RESOURCES`, where it wants more memory: a literal {"memory_mb"} of one job that fits it.
- `fit(part, params, seed, threads)` returns its state. part: a `Labelled`, its classes numbered without gaps.
- `apply(state, dataset)` returns the changed `Dataset` of any objects, the fitted ones among them.
- `save(state, folder)` writes the state as numbers or JSON; no pickle. `load(folder)` returns it.
- `importance(state, importance)`, where features change: the importances (p,) of the features before the transform,
  given those after it.
- `contributions(state, dataset, values)`, likewise: SHAP values (n, p) of the features of `dataset`, before it.

A transform keeps no state between calls, and its result depends on its arguments except `threads`.
"""

from difflib import get_close_matches

from mallorn.errors import ConfigError
from mallorn.plugins import load, names

__all__ = ["TRANSFORMS", "transform"]

TRANSFORMS = names("transforms")
"""Names of the transforms of this package and of installed ones; those of plug-in files are not among them."""


def transform(name, params=()):
    """Return the module of the transform `name`; raise ConfigError if there is none, or none of its `params`."""
    module = load("transforms", name)
    for key in params:
        if key not in module.PARAMETERS:
            close = get_close_matches(key, module.PARAMETERS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(module.PARAMETERS) or 'none'}"
            raise ConfigError(f"models: the transform {name} has no parameter {key!r} ({hint})")
    return module
