"""A recurrent network over the points, GRU (Cho et al. 2014), whose states are pooled by attention."""

import torch
from torch import nn

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import AttentionPool, Dropout

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

DEFAULTS = {"width": 64, "layers": 2, "dropout": 0.2}


class Encoder(nn.Module):
    """Layers of GRU over the points in the order of time; the mean of their states, weighted by attention."""

    def __init__(self, params, sizes):
        super().__init__()
        self.width = params["width"]
        self.slot = nn.Embedding(6, 8)
        sizes_in = [6 + 8] + [self.width] * (params["layers"] - 1)
        self.layers = nn.ModuleList([nn.GRU(one, self.width, batch_first=True) for one in sizes_in])
        self.norms = nn.ModuleList([nn.LayerNorm(self.width) for _ in self.layers])
        self.dropout, self.pool = Dropout(params["dropout"]), AttentionPool(self.width)

    def forward(self, batch):
        """Return (n, width) of the points of a batch."""
        tokens, seen = batch["tokens"], batch["seen"]
        step = torch.diff(tokens[..., :1], dim=1, prepend=tokens[:, :1, :1])
        values = torch.cat([tokens, 10.0 * step, seen[..., None].to(tokens.dtype)], dim=-1) * seen[..., None]
        values = torch.cat([values, self.slot(batch["slot"])], dim=-1)
        with torch.autocast(values.device.type, enabled=False):  # its recurrence is in float32
            for layer, norm in zip(self.layers, self.norms, strict=True):
                values = self.dropout(norm(layer(values.float())[0]))
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
