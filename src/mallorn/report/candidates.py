"""The table of candidates: all test objects by the probability of the class sought, and what an observer asks first."""

from typing import NamedTuple

import numpy as np

from mallorn.io.csv_tables import write_csv
from mallorn.io.tables import read_columns
from mallorn.report.objects import EVIDENCES, magnitude
from mallorn.survey.lightcurves import lightcurve_groups
from mallorn.survey.passbands import slot_index

__all__ = [
    "CLASS_PREFIX",
    "COLUMNS",
    "FLAGS",
    "KINDS",
    "Column",
    "candidate_table",
    "columns_of",
    "write_candidates_csv",
    "write_votable",
]

CLASS_PREFIX = "probability__"
"""Of the columns of the probabilities of the other classes, which the table has beside `COLUMNS`."""


class Column(NamedTuple):
    """A column of the table: its heading, unit, decimals (None for text) and meaning."""

    title: str
    unit: str
    decimals: int | None
    meaning: str


COLUMNS = {
    "rank": Column("Rank", "", 0, "place by probability"),
    "object_id": Column("Object", "", None, "name of the object in the survey"),
    "probability": Column("P", "", 3, "probability of the class sought, mean over the models of all folds and repeats"),
    "spread": Column("±", "", 3, "standard deviation of the probability over the repeats"),
    "chosen": Column("Chosen", "", 0, "1 if the probability reaches the submission's threshold"),
    "redshift": Column("z", "", 3, "photometric redshift"),
    "redshift_err": Column("± z", "", 3, "its error"),
    "peak_magnitude": Column("Peak r", "mag", 2, "AB magnitude of the posterior's peak in r, without Galactic dust"),
    "absolute_magnitude": Column("Peak M", "mag", 2, "absolute AB magnitude of the brightest passband at peak"),
    "temperature": Column("T", "kK", 1, "temperature of the blackbody at peak"),
    "rise": Column("Rise", "d", 0, "rest-frame days from half of peak to peak"),
    "fade": Column("Decay", "d", 0, "rest-frame days from peak to half of peak"),
    "kind": Column("Best fit", "", None, "kind of the hypothesis with the highest evidence: TDE, SN or AGN"),
    "evidence": Column("Δ ln Z", "", 1, "ln evidence of the best TDE hypothesis less that of the best SN or AGN"),
    "flags": Column("Flags", "", None, "what to be wary of"),
    "n_points": Column("Points", "", 0, "points in all passbands"),
    "snr": Column("Max S/N", "", 1, "highest flux over its error"),
    "peak_mjd": Column("Peak", "MJD", 0, "time of peak"),
}
"""The columns of results/candidates.parquet, but the probabilities of the other classes."""

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
    "no redshift": "no redshift: times in the observer's frame, no luminosity; scored by models trained so",
    "no u": "no point in u, the passband that tells hot from cool",
}
"""Flags and their meanings."""

_NEAR, _WINDOW = 5.0, 100.0
_FEATURES = {
    "absolute_magnitude": "redshift__brightest",
    "temperature": "blackbody__log10_temperature_p0",
    "rise": "shape__rise_50",
    "fade": "shape__fall_50",
}


def columns_of(table, target):
    """Return {name: `Column`} of a table of candidates, with the class sought `target` in the heading."""
    columns = {**COLUMNS, "probability": COLUMNS["probability"]._replace(title=f"P({target})")}
    for name in table:
        if name.startswith(CLASS_PREFIX):
            other = name.removeprefix(CLASS_PREFIX)
            columns[name] = Column(f"P({other})", "", 3, f"probability of {other}, mean over all folds and repeats")
    return columns


def candidate_table(store, object_id, classes, spread, chosen, features):
    """Return {column: (n,) array} for `COLUMNS` and the other classes, sorted by falling probability, then by id.

    store: `Store` of all splits. object_id (n,): the objects to list. classes: {class: probability (n,)}, the class
    sought first. spread and chosen (n,): its standard deviation over repeats, and the decision. features: path of a
    feature table that holds the objects; quantities of families that are switched off are NaN.
    """
    object_id = np.asarray(object_id, dtype=str)
    probability, *others = classes.values()
    order = np.lexsort((object_id, -probability))
    observed = _of_splits(store, object_id[order])
    table = {
        "rank": np.arange(1, len(order) + 1),
        "object_id": object_id[order].astype(object),
        "probability": probability[order],
        "spread": spread[order],
        "chosen": np.asarray(chosen)[order].astype(int),
        **observed,
        **_of_features(features, object_id[order]),
    }
    named = zip(list(classes)[1:], others, strict=True)
    return {name: table[name] for name in COLUMNS} | {f"{CLASS_PREFIX}{name}": p[order] for name, p in named}


def _of_features(path, object_id):
    """Return the columns that are features, for `object_id`."""
    import pyarrow.parquet as pq

    there = set(pq.read_schema(path).names)
    table = read_columns(path, ["object_id", *(name for name in _FEATURES.values() if name in there)])
    place = {name: k for k, name in enumerate(table["object_id"].astype(str))}
    rows = np.array([place[name] for name in object_id], dtype=int)
    unknown = np.full(len(rows), np.nan)
    made = {name: table[column][rows] if column in there else unknown for name, column in _FEATURES.items()}
    made["temperature"] = 10.0 ** (made["temperature"] - 3.0)
    return made


def _of_splits(store, object_id):
    """Return the columns that come from the artifacts of the splits, for `object_id`."""
    parts = [
        _of_objects(store, split, group, lc)
        for split in store.splits
        for group, lc in lightcurve_groups(store.lightcurves[split], store.objects[split])
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    place = {name: k for k, name in enumerate(whole.pop("object_id").astype(str))}
    rows = np.array([place[name] for name in object_id], dtype=int)
    return {name: values[rows] for name, values in whole.items()}


def _of_objects(store, split, group, lc):
    posterior = read_columns(store.posterior[split], ["status", "peak_mjd", "band_peak_flux"], group=group)
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
    }
    kind, evidence = _kind(read_columns(store.hypotheses[split], group=group))
    return {
        "object_id": lc.object_id,
        "redshift": lc.redshift,
        "redshift_err": lc.redshift_err,
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
    """Return the kind (n,) of the best hypothesis and by how much the best of TDE beats the others, (n,)."""
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
    write_csv(path, table, digits=7)


def write_votable(path, table):
    """Write the table as a VOTable 1.4 (TABLEDATA)."""
    from astropy import units
    from astropy.table import Column as AstropyColumn
    from astropy.table import Table

    unit = {"kK": units.Unit("1000 K"), "d": units.day, "mag": units.mag, "MJD": units.day}
    columns = []
    for name, about in columns_of(table, "").items():
        values = table[name]
        data = values.astype(str) if about.decimals is None else np.round(values, about.decimals + 3)
        columns.append(AstropyColumn(data, name=name, unit=unit.get(about.unit), description=about.meaning))
    made = Table(columns, meta={"description": "candidates by probability of the class sought"})
    made.write(str(path), format="votable", table_id="candidates", overwrite=True)
