"""The files of a fitted network, read without torch: what it is, and how its training went."""

from pathlib import Path

from mallorn.io.received import read_json

__all__ = ["ABOUT", "WEIGHTS", "histories"]

ABOUT, WEIGHTS = "network.json", "weights.safetensors"


def histories(folder):
    """Return {number of a fit: what it is} of the networks among the fits of a model, in the folder of `write_fits`.

    What it is: {"params", "sizes", "history" (loss of each epoch), ...}, see `frame.Fitted`.
    """
    paths = sorted(Path(folder).glob(f"*/learner/{ABOUT}"))
    return {int(path.parents[1].name): read_json(path) for path in paths}
