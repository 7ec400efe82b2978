"""The catalogue of all features: the meaning of each column, its unit, and the source of its definition."""

from mallorn.plugins import load
from mallorn.survey.passbands import SLOTS

__all__ = ["catalogue", "meanings", "rows"]

_INTRODUCTION = """# Features

Written by `snakemake feature_catalogue` from the code and `config.yaml`; do not edit. A column is named
`family__feature[__band]`; `{band}` stands for u, g, r, i, z and y, the slots to which the passbands of any survey
belong. NaN means that the data cannot tell. Fluxes are
de-reddened, in microjansky; a dex or ln unit is the logarithm of what follows. A definition without another source is
this package's own.
"""


def catalogue(config):
    """Return the catalogue as Markdown, with families and features in the order of `config`, block `features`."""
    parts = [_INTRODUCTION]
    counts = []
    for family, settings in config.items():
        module = load("features", family)
        listed = module.features(settings)
        number = sum(len(SLOTS) if feature.per_band else 1 for feature in listed)
        counts.append(f"| [{family}](#{family}) | {number} | {', '.join(module.NEEDS)} |")
        lines = [f"## {family}", "", _summary(module), "", "| column | unit | meaning | source |", "|---|---|---|---|"]
        lines += [
            f"| `{column}` | {unit} | {meaning} | {source} |" for column, unit, meaning, source in rows(family, listed)
        ]
        parts.append("\n".join(lines) + "\n")
    table = ["| family | columns | reads |", "|---|---|---|", *counts]
    parts.insert(1, "\n".join(table) + "\n")
    return "\n".join(parts)


def meanings(config):
    """Return {column: "meaning (unit)"} for the columns of all families in `config` and of the logs."""
    found = {"Z": "redshift of the log", "EBV": "Galactic reddening E(B-V) of the log (mag)"}
    for family, settings in config.items():
        for feature in load("features", family).features(settings):
            stem = f"{family}__{feature.name}"
            text = feature.meaning + (f" ({feature.unit})" if feature.unit else "")
            for column in [f"{stem}__{slot}" for slot in SLOTS] if feature.per_band else [stem]:
                found[column] = text
    return found


def rows(family, features):
    """Return (column pattern, unit, meaning, source) of each `Feature` of a family, for a Markdown table."""
    listed = []
    for feature in features:
        column = f"{family}__{feature.name}" + ("__{band}" if feature.per_band else "")
        texts = feature.unit or "1", feature.meaning, feature.source or "own"
        listed.append((column, *(text.replace("|", "\\|") for text in texts)))
    return listed


def _summary(module):
    return " ".join(module.__doc__.split("\n\n", 1)[0].split())
