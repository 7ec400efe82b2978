"""The table of candidates: all test objects by the probability of the target class, and what an observer asks first."""

from typing import NamedTuple

import numpy as np

from mallorn.decide.domain import judge
from mallorn.decide.predictions import CLASS_PREFIX
from mallorn.decide.young import trigger_of
from mallorn.ingest.positions import HOST, known_of
from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.report.objects import EVIDENCES, magnitude
from mallorn.report.render import words
from mallorn.survey.dust_map import MUCH_DUST
from mallorn.survey.lightcurves import lightcurve_groups
from mallorn.survey.observed import observed
from mallorn.survey.passbands import slot_index

__all__ = [
    "COLUMNS",
    "DIGITS",
    "FLAGS",
    "KINDS",
    "Column",
    "DESCRIBED_BY",
    "MEASURED_BY",
    "TREE_PREFIX",
    "candidate_table",
    "columns_of",
    "described",
    "measured",
    "most_unusual",
    "with_pages",
    "write_candidates_csv",
]


class Column(NamedTuple):
    """A column of the table: heading, unit, decimals (None: text), meaning and UCD; whether files have all digits."""

    title: str
    unit: str
    decimals: int | None
    meaning: str
    ucd: str = ""
    exact: bool = False


COLUMNS = {
    "rank": Column("Rank", "", 0, "place by probability", "meta.number"),
    "object_id": Column("Object", "", None, "name of the object in the survey", "meta.id;meta.main"),
    "probability": Column(
        "P",
        "",
        3,
        "probability of the target class, mean over the models of all folds and repeats",
        "stat.probability;meta.main",
    ),
    "spread": Column(
        "±", "", 3, "standard deviation of the probability over the repeats", "stat.stdev;stat.probability"
    ),
    "outlier": Column(
        "Unusual",
        "",
        2,
        "how unusual it is: 2 if one in a hundred training objects is as unusual, 3 if one in a thousand",
        "stat.value",
    ),
    "chosen": Column("Chosen", "", 0, "1 if the probability reaches the submission's threshold", "meta.code"),
    "redshift": Column("z", "", 3, "redshift", "src.redshift"),
    "redshift_err": Column("± z", "", 3, "its error", "stat.error;src.redshift"),
    "redshift_kind": Column(
        "z from", "", None, "kind of the redshift: spectroscopic, photometric or none", "meta.code;src.redshift"
    ),
    "ra": Column("RA", "deg", 5, "right ascension (ICRS)", "pos.eq.ra;meta.main", exact=True),
    "dec": Column("Dec", "deg", 5, "declination (ICRS)", "pos.eq.dec;meta.main", exact=True),
    "peak_magnitude": Column(
        "Peak r", "mag", 2, "AB magnitude of the posterior's peak in r, without Galactic dust", "phot.mag;em.opt.R"
    ),
    "absolute_magnitude": Column(
        "Peak M", "mag", 2, "absolute AB magnitude of the brightest passband at peak", "phys.magAbs"
    ),
    "temperature": Column("T", "kK", 1, "temperature of the blackbody at peak", "phys.temperature"),
    "rise": Column("Rise", "d", 0, "rest-frame days from half of peak to peak", "time.duration"),
    "fade": Column("Decay", "d", 0, "rest-frame days from peak to half of peak", "time.duration"),
    "kind": Column(
        "Best fit", "", None, "kind of the hypothesis with the highest evidence: TDE, SN or AGN", "src.class"
    ),
    "evidence": Column(
        "Δ ln Z", "", 1, "ln evidence of the best TDE hypothesis minus that of the best SN or AGN", "stat.likelihood"
    ),
    "flags": Column("Flags", "", None, "what to be wary of", "meta.code.qual"),
    "domain": Column(
        "Domain", "", None, "whether the model has learned from objects that were seen like this one", "meta.code"
    ),
    "domain_reason": Column("Why", "", None, "why it has not", "meta.note"),
    "n_points": Column("Points", "", 0, "points in all passbands", "meta.number"),
    "snr": Column("Max S/N", "", 1, "highest flux over its error", "stat.snr"),
    "peak_mjd": Column("Peak", "MJD", 0, "time of peak", "time.epoch"),
    "class_path": Column("Class", "", None, "most probable class of each level of the tree of classes", "src.class"),
    "class_given": Column(
        "Set within", "", None, "lowest class of the tree that holds the conformal set by class", "src.class"
    ),
    "class_set": Column(
        "Set",
        "",
        None,
        "conformal set by class: leaves that include the true one with the stated probability",
        "src.class",
    ),
}
"""The columns of results/candidates.parquet, but those of hosts and the probabilities of the other classes; ra and dec
are there if the survey has them, those on the tree once `snakemake tree` has listed the classes."""

TREE_PREFIX = "class__"
"""Begins the columns of probabilities of all classes of the tree."""

DIGITS = 7
"""Significant digits of numbers in files, but for columns that are exact."""

_MOST_DECIMALS = 6

KINDS = {
    "tde_fixed": "TDE",
    "tde_free": "TDE",
    "tde_double": "TDE",
    "supernova": "SN",
    "hot_supernova": "SN",
    "drw": "AGN",
}
"""What the hypotheses that stand for a type say; the others fit any transient."""

FLAGS = {
    "no fit": "the multi-band Gaussian process could not be fitted",
    "rise unseen": "no point in the 100 rest-frame days before peak",
    "decay unseen": "no point in the 100 rest-frame days after peak",
    "few bright": "fewer than 10 points above five sigma",
    "z uncertain": "error of the redshift above 5% of 1 + z",
    "z negative": "negative photometric redshift, raised before use",
    "no redshift": "no redshift: times in the observer's frame, no luminosity; scored by models without redshift",
    "no u": "no point in u, the passband that separates hot from cool",
    "much dust": "E(B-V) above 1.5: in the plane of the Milky Way, or perhaps an A_V by mistake",
}
"""Flags and their meanings."""

DESCRIBED_BY = ("posterior", "fits/hypotheses")
"""Artifacts that `described` reads."""

_NEAR, _WINDOW = 5.0, 100.0
_FEATURES = {
    "absolute_magnitude": "redshift__brightest",
    "temperature": "blackbody__log10_temperature_p0",
    "radius": "blackbody__log10_radius_p0",
    "rise": "shape__rise_50",
    "fade": "shape__fall_50",
}

MEASURED_BY = tuple(_FEATURES.values())
"""Features that `measured` reads."""


def columns_of(table, target):
    """Return {name: `Column`} for a table of candidates, with the target class, `target`, in headings."""
    columns = {name: about for name, about in COLUMNS.items() if name in table}
    columns["probability"] = COLUMNS["probability"]._replace(title=f"P({target})")
    for name in table:
        if name.startswith(CLASS_PREFIX):
            other = name.removeprefix(CLASS_PREFIX)
            meaning = f"probability of {other}, mean over all folds and repeats"
            columns[name] = Column(f"P({other})", "", 3, meaning, "stat.probability")
        elif name.startswith(TREE_PREFIX):
            node = name.removeprefix(TREE_PREFIX)
            meaning = f"probability of {node} by the model of the tree of classes"
            columns[name] = Column(f"{node} (tree)", "", 3, meaning, "stat.probability")
        elif HOST.fullmatch(name):
            of_host = name.removeprefix("host_")
            meaning = f"{of_host} of the host, as the survey gives it"
            columns[name] = Column(f"Host {words(of_host)}", "", _decimals(table[name]), meaning, exact=True)
    return columns


def _decimals(values):
    """Return the number of decimals in a column's numbers, at most `_MOST_DECIMALS`; None for text."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        return None
    known = values[np.isfinite(values)]
    enough = (k for k in range(_MOST_DECIMALS) if np.allclose(np.round(known, k), known, rtol=1e-9, atol=1e-9))
    return next(enough, _MOST_DECIMALS)


def candidate_table(store, logs, ranked, features, domain=None):
    """Return {column: (n,) array} for `COLUMNS`, hosts and other classes, sorted by falling probability, then by id.

    store: `Store` of all splits. logs: table of results/metadata.parquet. ranked: {"object_id": the objects to list,
    "classes": {class: probability}, the target class first, "spread": its standard deviation over repeats, "chosen":
    the decision, "outlier": how unusual it is}, (n,) each. features: path of a feature table with the objects;
    quantities from disabled families are NaN. domain: of the scorers that ranked them, as from
    `mallorn.decide.domain.read_domain`; None leaves its columns out.
    """
    object_id = np.asarray(ranked["object_id"], dtype=str)
    probability, *others = ranked["classes"].values()
    order = np.lexsort((object_id, -probability))
    known = known_of(logs, object_id[order])
    table = {
        "rank": np.arange(1, len(order) + 1),
        "object_id": object_id[order].astype(object),
        "probability": probability[order],
        "spread": ranked["spread"][order],
        "outlier": ranked["outlier"][order],
        "chosen": np.asarray(ranked["chosen"])[order].astype(int),
        **_of_splits(store, object_id[order], domain),
        **_of_features(features, object_id[order]),
        **known,
    }
    named = zip(list(ranked["classes"])[1:], others, strict=True)
    further = {name: values for name, values in known.items() if name not in COLUMNS}
    listed = {name: table[name] for name in COLUMNS if name in table}
    return listed | further | {f"{CLASS_PREFIX}{name}": p[order] for name, p in named}


def most_unusual(table, number):
    """Return the rows of the `number` most unusual objects of a table of candidates, the most unusual first."""
    known = np.flatnonzero(np.isfinite(table["outlier"]))
    return known[np.argsort(-table["outlier"][known], kind="stable")][:number]


def with_pages(table, options):
    """Return the ids of the candidates that get a page: the first ones, then the most unusual.

    options: block `report` of the configuration.
    """
    rows = [*range(min(options["candidates"], len(table["rank"]))), *most_unusual(table, options["unusual"])]
    return [str(table["object_id"][k]) for k in dict.fromkeys(rows)]


def _of_features(path, object_id):
    """Return the columns that are features, for `object_id`."""
    import pyarrow.parquet as pq

    there = set(pq.read_schema(path).names)
    table = read_columns(path, ["object_id", *(name for name in _FEATURES.values() if name in there)])
    place = {name: k for k, name in enumerate(table["object_id"].astype(str))}
    rows = np.array([place[name] for name in object_id], dtype=int)
    made = measured({name: values[rows] for name, values in table.items() if name != "object_id"}, len(rows))
    return {name: values for name, values in made.items() if name != "radius"}


def measured(features, n):
    """Return {column: (n,)} of some features in an observer's units: absolute_magnitude, temperature, radius, rise,
    fade.

    features: {column: (n,)}; columns of disabled families may be missing and give NaN.
    """
    unknown = np.full(n, np.nan)
    made = {name: np.asarray(features.get(column, unknown)) for name, column in _FEATURES.items()}
    return made | {"temperature": 10.0 ** (made["temperature"] - 3.0), "radius": 10.0 ** made["radius"]}


def _of_splits(store, object_id, domain):
    """Return the columns that come from the artifacts of the splits, for `object_id`."""
    parts = [
        {"object_id": lc.object_id, **described(lc, *_artifacts(store, split, group)), **_domain(domain, lc)}
        for split in store.splits
        for group, lc in lightcurve_groups(store.lightcurves[split], store.objects[split])
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    place = {name: k for k, name in enumerate(whole.pop("object_id").astype(str))}
    rows = np.array([place[name] for name in object_id], dtype=int)
    return {name: values[rows] for name, values in whole.items()}


def _domain(domain, lightcurves):
    if domain is None:
        return {}
    found = judge(domain, observed(lightcurves, trigger_of(domain)))
    return {"domain": found.status, "domain_reason": found.reason}


def _artifacts(store, split, group):
    posterior = read_columns(store.posterior[split], ["status", "peak_mjd", "band_peak_flux"], group=group)
    return posterior, read_columns(store.hypotheses[split], group=group)


def described(lc, posterior, hypotheses):
    """Return {column: (n,)} from light curves and fits: the columns of `COLUMNS` that are no features.

    lc: raw `LightCurves`. posterior: {column: array} with status, peak_mjd and band_peak_flux of the same objects;
    hypotheses: {column: array} of their fits.
    """
    n, owner, snr = len(lc), lc.owner, lc.flux / lc.flux_err
    slot, u, r = lc.passbands.slot[lc.band], slot_index("u"), slot_index("r")
    highest = np.full(n, -np.inf)
    np.maximum.at(highest, owner, snr)
    phase = (lc.mjd - posterior["peak_mjd"][owner]) / (1.0 + lc.rest_redshift[owner])

    def count(which):
        return np.bincount(owner[which], minlength=n)

    flags = {
        "no fit": posterior["status"] != 0,
        "rise unseen": count((phase > -_WINDOW) & (phase < -_NEAR)) == 0,
        "decay unseen": count((phase < _WINDOW) & (phase > _NEAR)) == 0,
        "few bright": count(snr > 5.0) < 10,
        "z uncertain": lc.redshift_err > 0.05 * (1.0 + lc.rest_redshift),
        "z negative": lc.redshift < 0.0,
        "no redshift": ~lc.has_redshift,
        "no u": (count(slot == u) == 0) & lc.passbands.has_slot[u],
        "much dust": lc.ebv > MUCH_DUST,
    }
    kind, evidence = _kind(hypotheses)
    return {
        "peak_magnitude": magnitude(
            posterior["band_peak_flux"][:, r] if lc.passbands.has_slot[r] else np.full(n, np.nan)
        ),
        "n_points": lc.n_points,
        "snr": np.where(lc.n_points > 0, highest, np.nan),
        "kind": kind,
        "evidence": evidence,
        "peak_mjd": posterior["peak_mjd"],
        "flags": np.array(["; ".join(f for f in FLAGS if flags[f][k]) for k in range(n)], dtype=object),
    }


def _kind(fits):
    """Return the kind (n,) of the best hypothesis, and the ln evidence (n,) of the best TDE one over the best other."""
    n = len(fits["object_id"])
    best = {kind: np.full(n, -np.inf) for kind in ("TDE", "SN", "AGN")}
    for name in EVIDENCES:
        if name in KINDS and f"{name}_ln_evidence" in fits:
            value = np.nan_to_num(fits[f"{name}_ln_evidence"], nan=-np.inf)
            best[KINDS[name]] = np.maximum(best[KINDS[name]], value)
    stacked = np.stack(list(best.values()))
    known = np.isfinite(stacked).any(axis=0)
    kind = np.where(known, np.array(list(best), dtype=object)[stacked.argmax(axis=0)], "")
    with np.errstate(invalid="ignore"):
        margin = stacked[0] - stacked[1:].max(axis=0)
    return kind.astype(object), np.where(np.isfinite(margin), margin, np.nan)


def write_candidates_csv(path, table):
    """Write the table as CSV."""
    write_csv(path, table, digits=DIGITS, exact=[name for name, about in columns_of(table, "").items() if about.exact])
