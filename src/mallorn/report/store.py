"""Paths of the artifacts of every split."""

from dataclasses import dataclass
from typing import ClassVar

from mallorn.survey.passbands import SLOTS

__all__ = ["Store"]


@dataclass(frozen=True)
class Store:
    """Paths by split: `lightcurves`, `objects`, `posterior`, `hypotheses` {split: path}; `drw`, `matern` {split: {slot:
    path}}."""

    lightcurves: dict
    objects: dict
    posterior: dict
    hypotheses: dict
    drw: dict
    matern: dict

    FIELDS: ClassVar = ("lightcurves", "objects", "posterior", "hypotheses", "drw", "matern")

    @classmethod
    def of(cls, splits, lightcurves, objects, posterior, hypotheses, drw=(), matern=()):
        """Return the store of lists of paths, one for each of `splits`; of `drw` and `matern` one a slot, or none."""
        one = [dict(zip(splits, paths, strict=True)) for paths in (lightcurves, objects, posterior, hypotheses)]
        n = len(SLOTS)
        many = [
            {split: dict(zip(SLOTS, paths[n * k : n * (k + 1)], strict=bool(paths))) for k, split in enumerate(splits)}
            for paths in (drw, matern)
        ]
        return cls(*one, *many)

    @property
    def splits(self):
        """Names of the splits."""
        return list(self.objects)
