"""What a transform is: one module of this package, which changes what a learner sees and is fitted as a learner is.

A block of `models` lists transforms by name, in order, before its learner; a learner lists the ones that it always
wants as `TRANSFORMS`. All of them are fitted to the training part alone, by `mallorn.learning.pipeline.fit_pipeline`.

- `NEEDS`: the literal tuple of the views of a `Dataset` that it reads.
- `PARAMETERS`: the literal tuple of the parameters that config.yaml may set.
- `SHARED`, if it is to be fitted once for all members of a model, to a part's own objects: True. Such transforms come
  first.
- `fit(part, params, seed, threads)` returns its state. part: a `Labelled`, its classes numbered without gaps.
- `apply(state, dataset)` returns the changed `Dataset` of any objects, the fitted ones among them.
- `save(state, folder)` writes the state as numbers or JSON; no pickle. `load(folder)` returns it.
- `importance(state, importance)`, where features change: the importances (p,) of the features before the transform,
  given those after it.
- `contributions(state, dataset, values)`, likewise: SHAP values (n, p) of the features of `dataset`, before it.

A transform keeps no state between calls, and its result depends on its arguments except `threads`.
"""

from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules

import mallorn.learning.transforms
from mallorn.errors import ConfigError

__all__ = ["TRANSFORMS", "transform"]


def _found():
    modules = iter_modules(mallorn.learning.transforms.__path__)
    return tuple(sorted(module.name for module in modules if module.name != "transform"))


TRANSFORMS = _found()
"""Names of the transforms: the modules of this package but this one."""


def transform(name, params=()):
    """Return the module of the transform `name`; raise ConfigError if there is none, or none of its `params`."""
    if name not in TRANSFORMS and name not in _found():  # folders may have been added to the package since
        raise ConfigError(f"models: there is no transform {name!r}; expected one of {', '.join(TRANSFORMS)}")
    module = import_module(f"mallorn.learning.transforms.{name}")
    for key in params:
        if key not in module.PARAMETERS:
            close = get_close_matches(key, module.PARAMETERS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(module.PARAMETERS) or 'none'}"
            raise ConfigError(f"models: the transform {name} has no parameter {key!r} ({hint})")
    return module
