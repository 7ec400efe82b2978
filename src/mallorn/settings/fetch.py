"""Settings of what is fetched from the broker ALeRCE."""

from typing import Annotated, Literal

from pydantic import Field

from mallorn.settings.fields import Block, Count, Decimal, Positive, Share, listed, value, whole

__all__ = ["Alerce"]

Text = Annotated[str, Field(min_length=1)]
Address = Annotated[str, Field(pattern="^https?://[^/]")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Alerce(Block):
    """A survey of ALeRCE's objects, fetched by `snakemake alerce_sample`, or followed by `mallorn watch`."""

    survey: Literal["ztf", "lsst"] = value("ztf", "Whose alerts.")
    classifier: Text = value("lc_classifier_BHRF_forced_phot", "ALeRCE's classifier that says the class of an object.")
    classes: dict[Text, Text] = Field(
        default_factory=lambda: {"SNIa": "SN Ia", "SNII": "SN II", "QSO": "AGN", "AGN": "AGN", "TDE": "TDE"},
        description="Its classes, each with the type that its objects are labelled as; {}: any object, without label.",
    )
    per_class: Count = value(100, "Objects of each type.")
    candidates: Count = value(
        2000, "Most probable objects of each class among which those are drawn; at least per_class are."
    )
    probability: Share = value(0.5, "Lowest probability of the class.")
    first_mjd: listed(Decimal, 2, 2, rising=True) | None = value(
        None, "Earliest and latest first detection, Modified Julian Dates; null: any.", "d"
    )
    min_detections: Count | None = value(None, "Fewest detections; null: any number.")
    ids: Text | None = value(
        None, "File of ids to fetch instead, one a line, or CSV with columns oid and label; null: query by class."
    )
    forced_photometry: bool = value(True, "Whether to fetch forced photometry too.")
    objects_per_file: Count = value(50, "Objects whose light curves one job fetches and writes into one file.")
    cache: Text = value("results/alerce/answers", "Folder that keeps ALeRCE's answers as they came, for all runs.")
    rate: Positive = value(2.0, "Requests a second of all jobs that use this cache.")
    connections: whole(ge=1, le=8) = value(2, "Requests that one job waits for at a time.")
    timeout: Seconds = value(60.0, "Longest wait for a part of an answer.", "s")
    tries: Count = value(6, "Requests before an answer is given up.")
    first_wait: Seconds = value(2.0, "Wait after the first that fails; it doubles with each further one.", "s")
    longest_wait: Seconds = value(
        600.0, "Longest of these waits; if ALeRCE asks for a longer one, the job ends and says so.", "s"
    )
    page_size: whole(ge=1, le=1000) = value(200, "Objects on a page of a query.")
    url: Address | None = value(None, "Address of another server with the same interface; null: ALeRCE's own.")
