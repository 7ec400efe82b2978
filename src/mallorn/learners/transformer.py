"""A transformer (Vaswani et al. 2017) over the points: attention inside each passband, then across all of them."""

import torch
from torch import nn

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import AttentionPool, Block, FourierTime

__all__ = [
    "DEFAULTS",
    "NEEDS",
    "PARAMETERS",
    "READS",
    "RESOURCES",
    "RESUMES",
    "SEARCH_SPACE",
    "TRANSFORMS",
    "Encoder",
    "fit",
    "load",
    "predict",
    "save",
]

NEEDS = ("features", "grid", "points")

TRANSFORMS = ("normal_scores",)

PARAMETERS = (
    "beside",
    "hidden",
    "width",
    "layers",
    "inside",
    "heads",
    "dropout",
    "epochs",
    "batch_size",
    "learning_rate",
    "weight_decay",
    "average",
    "clip",
    "loss",
    "gamma",
    "sampling",
    "drop",
    "bands",
    "noise",
    "shift",
    "truncate",
)

SEARCH_SPACE = {
    "width": {"low": 16, "high": 128, "log": True},
    "dropout": {"low": 0.0, "high": 0.5},
    "learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
}

RESOURCES = {"memory_mb": 2000}

RESUMES = True

READS = ("tokens", "slot", "seen")

DEFAULTS = {"width": 64, "layers": 3, "inside": 1, "heads": 4, "dropout": 0.1}


class Encoder(nn.Module):
    """Points as tokens. The first `inside` layers look at points of the same passband, the others at all points."""

    def __init__(self, params, sizes):
        super().__init__()
        self.width, self.inside = params["width"], params["inside"]
        self.time, self.slot = FourierTime(16), nn.Embedding(6, self.width)
        self.first = nn.Linear(4 + 32, self.width)
        self.blocks = nn.ModuleList(
            [Block(self.width, params["heads"], params["dropout"]) for _ in range(params["layers"])]
        )
        self.pool = AttentionPool(self.width)

    def forward(self, batch):
        """Return (n, width) of the points of a batch."""
        tokens, seen, slot = batch["tokens"], batch["seen"], batch["slot"]
        values = self.first(torch.cat([tokens, self.time(tokens[..., 0])], dim=-1)) + self.slot(slot)
        oneself = torch.eye(seen.shape[1], dtype=torch.bool, device=seen.device)
        everywhere = (seen[:, None, None, :] | oneself).expand(-1, 1, -1, -1)
        same = everywhere & ((slot[:, None, :, None] == slot[:, None, None, :]) | oneself)
        for k, block in enumerate(self.blocks):
            values = block(values, same if k < self.inside else everywhere)
        return self.pool(values, seen)


# size: the arguments of all learners, and the checkpoint of those that resume
def fit(dataset, classes, weight, n_classes, params, seed, threads, checkpoint=None):
    """Return a fitted `frame.Fitted`; see `mallorn.learners.learner` for the arguments.

    params: of `PARAMETERS`; see `networks.frame.COMMON`, `networks.training.Plan` and `networks.augment.Alterations`
    for those that all networks have.
    """
    return frame.fit(Encoder, DEFAULTS, READS, (dataset, classes, weight, n_classes), params, seed, checkpoint)


def predict(model, dataset):
    """Return class probabilities, shape (n, n_classes)."""
    return frame.predict(model, dataset)


def save(model, folder):
    """Write the weights as safetensors, and what the network is as JSON."""
    frame.save(model, folder)


def load(folder):
    """Return the model that `save` wrote."""
    return frame.load(Encoder, folder)
