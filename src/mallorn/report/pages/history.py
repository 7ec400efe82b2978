"""The page of earlier runs."""

from pathlib import Path

from mallorn.plots.history import plot_history
from mallorn.plots.style import save, style
from mallorn.report.render import render
from mallorn.runs.history import changes, read_history, runs

__all__ = ["write_history_page"]


def write_history_page(folder, history, model):
    """Write history.html. history: path. model: the submitted model, whose scores are shown."""
    found = runs(read_history(history))
    shown = []
    for k, run in enumerate(found):
        told = changes(found[k - 1], run) if k else []
        keys = [(p, model, s) for p in ("grouped", "stratified") for s in ("average_precision", "f1")]
        scores = [f"{run['scores'][key][0]:.3f}" if key in run["scores"] else "" for key in keys]
        digests = {name: run[f"{name}_digest"][:8] for name in ("config", "code", "data")}
        note = "nothing: run again" if k else "first run"
        shown.append(
            {
                "run": run["run"],
                "time": run["time"][:16].replace("T", " "),
                "scores": scores,
                "changes": told,
                "note": note,
                **digests,
            }
        )
    figures = []
    if found:
        with style():
            save(plot_history(found, model), Path(folder, "figures", "history"))
        caption = f"Scores of {model} over runs; bars: standard deviation over repeats."
        figures = [{"path": "figures/history", "caption": caption}]
    render(Path(folder, "history.html"), "history.html", runs=shown[::-1], figures=figures, model=model)
