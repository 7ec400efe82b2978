# Objects that are fetched from ALeRCE, and the number of jobs.

from mallorn.fetch.ids import number_listed

# Settings that say which objects are chosen; those of rate and patience change no result.
ALERCE_CHOICE = (
    "survey",
    "classifier",
    "classes",
    "per_class",
    "candidates",
    "probability",
    "first_mjd",
    "min_detections",
    "page_size",
)


def alerce_settings(*names):
    """Return these settings of the block alerce, and the seed."""
    return {"seed": config["seed"], **{name: config["alerce"][name] for name in names}}


def alerce_chunks():
    """Return the numbers, as text, of the files for the light curves; the last may stay empty."""
    settings = config["alerce"]
    if settings["ids"]:
        objects = number_listed(settings["ids"])
    else:
        objects = settings["per_class"] * max(len(set(settings["classes"].values())), 1)
    return [f"{k + 1:04d}" for k in range(max(-(-objects // settings["objects_per_file"]), 1))]
