"""A temporal convolutional network on the posterior light curves (Bai, Kolter & Koltun 2018, arXiv:1803.01271)."""

from torch import nn
from torch.nn import functional

from mallorn.learners.networks import frame
from mallorn.learners.networks.layers import Dropout

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
    "depth",
    "kernel",
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
    "width": {"low": 16, "high": 64, "log": True},
    "dropout": {"low": 0.0, "high": 0.5},
    "learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
}

RESOURCES = {"memory_mb": 1500}

RESUMES = True

READS = ("grid",)

DEFAULTS = {"width": 32, "depth": 5, "kernel": 3, "dropout": 0.2}


class Encoder(nn.Module):
    """Residual blocks of two causal convolutions, each block with twice the dilation; the mean over phases."""

    def __init__(self, params, sizes):
        super().__init__()
        self.width = params["width"]
        self.first = nn.Conv1d(sizes.channels, self.width, 1)
        self.blocks = nn.ModuleList(
            [_Residual(self.width, params["kernel"], 2**k, params["dropout"]) for k in range(params["depth"])]
        )

    def forward(self, batch):
        """Return (n, width) of the grid of a batch."""
        values = self.first(batch["grid"])
        for block in self.blocks:
            values = block(values)
        return values.mean(dim=2)


class _Residual(nn.Module):
    def __init__(self, width, kernel, dilation, share):
        super().__init__()
        self.reach = (kernel - 1) * dilation
        self.norms = nn.ModuleList([nn.GroupNorm(1, width), nn.GroupNorm(1, width)])
        self.layers = nn.ModuleList([nn.Conv1d(width, width, kernel, dilation=dilation) for _ in range(2)])
        self.dropout = Dropout(share)

    def forward(self, values):
        found = values
        for norm, layer in zip(self.norms, self.layers, strict=True):
            found = self.dropout(functional.gelu(layer(functional.pad(norm(found), (self.reach, 0)))))
        return values + found


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
