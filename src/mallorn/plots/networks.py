"""Figures of how networks learned."""

import numpy as np

from mallorn.plots.style import CYCLE, new_figure, save, style

__all__ = ["plot_losses"]


def plot_losses(losses, path):
    """Draw the loss of each epoch and write `path`.png and .svg: the mean over fits as a line, their range about it.

    losses: {name: [losses (epochs,) of a fit, ...]}.
    """
    with style():
        figure, axes = new_figure(width=7.0, height=4.2)
        for k, (name, fits) in enumerate(losses.items()):
            length = min(map(len, fits))
            table = np.array([fit[:length] for fit in fits], dtype=float)
            epoch, colour = np.arange(1, length + 1), CYCLE[k % len(CYCLE)]
            axes.plot(epoch, table.mean(axis=0), color=colour, ls=("-", "--", ":")[k // len(CYCLE) % 3], label=name)
            axes.fill_between(epoch, table.min(axis=0), table.max(axis=0), color=colour, alpha=0.15, lw=0)
        axes.set(xlabel="epoch", ylabel="loss of the objects learned from", yscale="log")
        axes.legend(ncols=2)
        return save(figure, path)
