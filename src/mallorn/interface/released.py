"""The trained model and the example that come with the package."""

from pathlib import Path

from mallorn.errors import DataError

__all__ = ["example_file", "released_model"]

_FOLDER = Path(__file__).parents[1] / "released"


def released_model():
    """Return the folder of the released model. Raises DataError if this package came without it."""
    return _there(_FOLDER / "model", "model.json")


def example_file():
    """Return the path of 100 simulated light curves, a table that `source="table"` reads."""
    return _there(_FOLDER / "example.parquet")


def _there(path, inside=""):
    if not (path / inside).is_file():
        fix = "install mallorn again, or name a model of your own by --model"
        raise DataError.at(path, expected="what comes with mallorn", found="nothing", fix=fix)
    return path
