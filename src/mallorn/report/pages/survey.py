"""The page on the input."""

from pathlib import Path

from mallorn.report.render import as_table, render
from mallorn.report.tables import read_json

__all__ = ["write_input_page"]


def write_input_page(folder, survey):
    """Write input.html. survey: the folder that `explore_survey` wrote, beside the report's pages."""
    about = read_json(Path(survey, "tables.json"))
    name = Path(survey).name
    captions = {
        "types": "Training objects by spectroscopic type.",
        "redshifts": "Redshifts.",
        "points": "Points of each object, by passband.",
        "cadence": "Cadence: time between visits of a passband, and nights with a point.",
        "examples": "One ordinary training object of each of the most frequent types.",
    }
    drawn = ["balance"]
    captions["balance"] = "Balance of the training set: the classes that models tell apart, and the target class."
    if about["classes"]:
        drawn.append("class_curves")
        captions["class_curves"] = (
            "Light curves by class: median over the training objects (shades: 16 to 84%) of their points, in bins of "
            "rest-frame days from peak, without Galactic dust, over the highest flux at peak."
        )
    if about["color"]:
        drawn.append("colors")
        captions["colors"] = (
            f"Colour {' − '.join(about['color'])} by class: median and 16 to 84% of the training objects' Gaussian "
            "processes, where both fluxes exceed three times their errors."
        )
    render(
        Path(folder, "input.html"),
        "input.html",
        subline=about["subline"],
        figures={key: {"path": f"{name}/{key}", "caption": text} for key, text in captions.items()},
        drawn=drawn,
        types=as_table(("Type", "Objects", "Share", "Median z", "Median points"), about["types"]),
        set_aside=as_table(("Reason", "Rows", "Objects", "First file", "Line"), about["set_aside"]),
    )
