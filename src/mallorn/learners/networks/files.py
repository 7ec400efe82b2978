"""Read the files of a fitted network without torch: its description and the history of its training."""

from pathlib import Path

from mallorn.io.received import read_json

__all__ = ["ABOUT", "WEIGHTS", "histories"]

ABOUT, WEIGHTS = "network.json", "weights.safetensors"


def histories(folder):
    """Return {number of a fit: its description} for the networks among a model's fits, in a folder by `write_fits`.

    A description is {"params", "sizes", "history" (loss of each epoch), ...}, see `frame.Fitted`.
    """
    paths = sorted(Path(folder).glob(f"*/learner/{ABOUT}"))
    return {int(path.parents[1].name): read_json(path) for path in paths}
