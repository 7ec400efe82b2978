"""The same light curves in files of every format: rows go in, whatever they hold, and come out of the reader.

`FORMATS` says of each how to write `Rows` and how to read them. Rows may be of any order, twice there, or hold what no
flux is: the writers put them down as they are.
"""

import csv
import json
from collections.abc import Callable
from typing import NamedTuple

import alerts_written
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import ztf_forced_written
from snana_written import write_pair

import mallorn

FIRST = 170028500555406485
ZERO = 23.9  # AB magnitude of one microjansky


class Rows(NamedTuple):
    """Points of objects in the order in which they stand in a file, (N,) each.

    owner: number of the object. mjd: days. band: name of the slot. flux, flux_err: microjansky.
    """

    owner: np.ndarray
    mjd: np.ndarray
    band: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray

    def take(self, rows):
        """Return the rows with these numbers, in that order."""
        return Rows(*(values[rows] for values in self))

    def of_objects(self):
        """Yield (number, its `Rows`) of each object."""
        return ((k, self.take(np.flatnonzero(self.owner == k))) for k in np.unique(self.owner))

    def lines(self):
        """Yield the rows as tuples of plain numbers and text."""
        return zip(*(values.tolist() for values in self), strict=True)

    def magnitudes(self):
        """Return (magnitude, its error, whether the flux is below 0), (N,) each; NaN and infinite as the flux is."""
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.abs(self.flux)
            return ZERO - 2.5 * np.log10(size), self.flux_err / size * 2.5 / np.log(10.0), self.flux < 0


class Format(NamedTuple):
    """write: function (folder, `Rows`, redshift (n,)). bands: slots that its files hold. positive: whether they hold no
    flux below 0. source: what reads them. settings: of the reader. redshifts: whether files tell them.
    """

    write: Callable
    bands: str
    source: str
    positive: bool = False
    settings: dict = {}
    redshifts: bool = True


def _csv(path, head, rows):
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([head, *rows])


def table(folder, rows, redshift):
    head = ("object_id", "mjd", "band", "flux_ujy", "flux_err_ujy", "redshift")
    lines = ((FIRST + k, t, b, f, e, redshift[k]) for k, t, b, f, e in rows.lines())
    _csv(folder / "points.csv", head, lines)


def kaggle(folder, rows, redshift):
    with_error = ((f"o{k}", z, 0.01, 0.0, "star", "split_01") for k, z in enumerate(redshift))
    _csv(folder / "test_log.csv", ("object_id", "Z", "Z_err", "EBV", "English Translation", "split"), with_error)
    (folder / "split_01").mkdir()
    lines = ((f"o{k}", t, f, e, b) for k, t, b, f, e in rows.lines())
    name = folder / "split_01" / "test_full_lightcurves.csv"
    _csv(name, ("object_id", "Time (MJD)", "Flux", "Flux_err", "Filter"), lines)


def snana(folder, rows, redshift):
    scale = 10.0 ** (0.4 * (27.5 - ZERO))
    objects = [[(t, b.replace("y", "Y"), f * scale, e * scale, 0) for _, t, b, f, e in one.lines()]
               for _, one in rows.of_objects()]  # fmt: skip
    known = np.array(redshift[: len(objects)], dtype=">f4")
    columns = {
        "SNID": np.array([f"o{k}" for k in range(len(objects))]),
        "REDSHIFT_FINAL": known,
        "REDSHIFT_HELIO": known,
        "HOSTGAL_SPECZ": known,
    }
    write_pair(folder, objects=objects, MWEBV=np.zeros(len(objects), dtype=">f4"), **columns)


def plasticc(folder, rows, redshift):
    scale = 10.0 ** (0.4 * (27.5 - ZERO))
    head = ("object_id", "mjd", "passband", "flux", "flux_err", "detected")
    lines = ((k + 1, t, "ugrizy".index(b), f * scale, e * scale, 0) for k, t, b, f, e in rows.lines())
    _csv(folder / "training_set.csv", head, lines)
    head = "object_id,ra,decl,gal_l,gal_b,ddf,hostgal_specz,hostgal_photoz,hostgal_photoz_err,distmod,mwebv,target"
    known = ((k + 1, 33.5, -6.5, 170.4, -61.5, 1, z, z, 0.01, 40.2, 0.0, 15) for k, z in enumerate(redshift))
    _csv(folder / "training_set_metadata.csv", head.split(","), known)


def _visits(rows):
    """Return (times of all visits, number of the visit (N,) of each row)."""
    return np.unique(rows.mjd, return_inverse=True)


def rubin_packets(rows):
    """Return an alert for each object: its first row is the detection, all are forced photometry."""
    alerts = []
    for k, one in rows.of_objects():
        points = [
            alerts_written.forced(j, t, 1e3 * f, b, psfFluxErr=1e3 * e, visit=place)
            for j, ((_, t, b, f, e), place) in enumerate(zip(one.lines(), _visits(one)[1].tolist(), strict=True))
        ]
        new = points[0]["midpointMjdTai"], points[0]["psfFlux"], points[0]["band"], FIRST + int(k)
        new = alerts_written.source(int(k), *new, psfFluxErr=points[0]["psfFluxErr"], visit=points[0]["visit"])
        alerts.append(alerts_written.alert(new, (), points, FIRST + int(k)))
    return alerts


def rubin_alerts(folder, rows, redshift):
    alerts_written.write_parquet(folder / "alerts.parquet", rubin_packets(rows))


def rubin_tables(folder, rows, redshift):
    visit, place = _visits(rows)
    no = np.zeros(len(rows.mjd), dtype=bool)
    columns = {"diaObjectId": FIRST + rows.owner, "visit": place, "band": rows.band}
    for name in ("psfFlux", "psfDiffFlux"):
        columns |= {name: 1e3 * rows.flux, f"{name}Err": 1e3 * rows.flux_err, f"{name}_flag": no}
    columns["pixelFlags_saturatedCenter"] = no
    pq.write_table(pa.table(columns), folder / "ForcedSourceOnDiaObject.parquet")
    times = {"visit": np.arange(len(visit)), "expMidptMJD": visit, "band": ["g"] * len(visit)}
    pq.write_table(pa.table(times), folder / "Visit.parquet")
    n = len(redshift)
    known = {"diaObjectId": FIRST + np.arange(n), "ra": np.full(n, 10.0), "dec": np.full(n, -9.0)}
    pq.write_table(pa.table(known), folder / "DiaObject.parquet")


def hats(folder, rows, redshift):
    curves = []
    for _, one in rows.of_objects():
        names = ("midpointMjdTai", "band", "psfDiffFlux", "psfDiffFluxErr")
        values = (one.mjd, one.band, 1e3 * one.flux, 1e3 * one.flux_err)
        curves.append({name: column.tolist() for name, column in zip(names, values, strict=True)})
    n = len(curves)
    columns = {"diaObjectId": FIRST + np.arange(n), "ra": np.full(n, 10.0), "dec": np.full(n, -9.0)}
    columns |= {"z_spec": np.asarray(redshift[:n]), "diaObjectForcedSource": pa.array(curves)}
    pq.write_table(pa.table(columns), folder / "part.parquet")


def ztf_forced(folder, rows, redshift):
    for k, one in rows.of_objects():
        lines = [
            ztf_forced_written.row(
                jd=t + 2400000.5,
                filter=f"ZTF_{b}",
                forcediffimflux=f / ztf_forced_written.DN,
                forcediffimfluxunc=e / ztf_forced_written.DN,
            )
            for _, t, b, f, e in one.lines()
        ]
        (folder / f"AT{k}.txt").write_text(ztf_forced_written.content(lines))


def _seen(rows):
    """Yield (object, MJD, band, magnitude, error, sign) of each row."""
    magnitude, error, below = rows.magnitudes()
    columns = (rows.owner, rows.mjd, rows.band, magnitude, error, below)
    return zip(*(values.tolist() for values in columns), strict=True)


def ztf_alerts(folder, rows, redshift):
    packets = []
    for k, one in rows.of_objects():
        seen = [
            {"jd": t + 2400000.5, "fid": "gri".index(b) + 1, "diffmaglim": 20.4, "magpsf": m, "sigmapsf": e}
            | {"isdiffpos": "f" if below else "t", "ra": 10.0, "dec": -1.0, "sgscore1": 0.1, "magnr": -999.0}
            for _, t, b, m, e, below in _seen(one)
        ]
        packets.append({"objectId": f"ZTF{k}", "candid": 1, "candidate": seen[0], "prv_candidates": seen[1:]})
    (folder / "alerts.json").write_text(json.dumps(packets))


def alerce(folder, rows, redshift):
    lines = (
        {"oid": f"ZTF{k}", "candid": j, "mjd": t, "fid": "gri".index(b) + 1, "isdiffpos": -1 if below else 1}
        | {"magpsf": m, "sigmapsf": e}
        for j, (k, t, b, m, e, below) in enumerate(_seen(rows))
    )
    pq.write_table(pa.Table.from_pylist(list(lines)), folder / "detections.parquet")


def atlas(folder, rows, redshift):
    names = "###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs"
    rest = "0 1.2 195.5 -12.25 5000.1 300.2 2.4 2.2 -40.1 -0.4 19.5 20.7 02a59000o0100o"
    for k, one in rows.of_objects():
        lines = [f"{t!r} 18.9 0.1 {f!r} {e!r} {b} {rest}" for _, t, b, f, e in one.lines()]
        (folder / f"AT{k}.txt").write_text("\n".join([names, *lines]) + "\n")


def bts(folder, rows, redshift):
    for k, one in rows.of_objects():
        lines = ((t, m, e, "R" if b == "r" else b) for _, t, b, m, e, _ in _seen(one))
        _csv(folder / f"ZTF{k}.csv", ("time", "mag", "magerr", "band"), lines)
    head = ("ZTFID", "IAUID", "RA", "Dec", "peakt", "type", "redshift", "b", "A_V")
    known = ((f"ZTF{k}", "SN", "08:29:47.59", "+33:54:22.8", 879.69, "-", z, 34.1, 0) for k, z in enumerate(redshift))
    _csv(folder / "bts.csv", head, known)


def manytde(folder, rows, redshift):
    for k, one in rows.of_objects():
        data = [[t, f"{b}.ztf", 1e-6 * f, 1e-6 * e] for _, t, b, f, e in one.lines()]
        curve = {"header": ["mjd", "filter", "flux_Jy", "e_flux_Jy"], "data": data}
        event = {"name": f"AT{k}", "ra": 10.5, "dec": -20.25, "z": float(redshift[k]), "extinction": {"e_bv": 0.0}}
        host = {"observations": {"filternames": ["sdss_g0"], "mags": [18.5], "mags_unc": [0.05]}}
        (folder / f"AT{k}.json").write_text(json.dumps(event | {"host": host, "lightcurve": curve}))


def open_catalog(folder, rows, redshift):
    for k, one in rows.of_objects():
        points = [
            {"time": repr(t), "u_time": "MJD", "band": str(b), "magnitude": repr(m), "e_magnitude": repr(e)}
            for _, t, b, m, e, _ in _seen(one)
        ]
        known = {"name": f"AT{k}", "ra": [{"value": "14:57:03.10"}], "dec": [{"value": "-00:30:00"}]}
        known |= {"redshift": [{"value": str(redshift[k])}], "claimedtype": [{"value": "TDE"}], "photometry": points}
        (folder / f"AT{k}.json").write_text(json.dumps({f"AT{k}": known}))


def redback(folder, rows, redshift):
    head = "event,time,magnitude,e_magnitude,band,system,flux_density(mjy),flux_density_error,time (days)"
    lines = ((f"E{k}", t, 18.9, 0.1, b, "AB", f / 1e3, e / 1e3, 1.0) for k, t, b, f, e in rows.lines())
    _csv(folder / "events.csv", head.split(","), lines)


FORMATS = {
    "alerce": Format(alerce, "gri", "alerce", redshifts=False),
    "atlas": Format(atlas, "co", "atlas", redshifts=False),
    "bts": Format(bts, "gri", "bts", positive=True),
    "hats": Format(hats, "ugrizy", "hats"),
    "kaggle": Format(kaggle, "ugrizy", "kaggle"),
    "manytde": Format(manytde, "gri", "manytde"),
    "open_catalog": Format(open_catalog, "griz", "open_catalog", positive=True),
    "plasticc": Format(plasticc, "ugrizy", "plasticc"),
    "redback": Format(redback, "griz", "redback", redshifts=False),
    "rubin_alerts": Format(rubin_alerts, "ugrizy", "rubin_alerts", redshifts=False),
    "rubin_tables": Format(rubin_tables, "ugrizy", "rubin_tables", redshifts=False),
    "snana": Format(snana, "ugrizy", "snana"),
    "table": Format(table, "ugrizy", "table"),
    "ztf_alerts": Format(ztf_alerts, "gri", "ztf_alerts", redshifts=False),
    "ztf_forced": Format(
        ztf_forced, "gri", "ztf_forced", settings={"readers": {"ztf_forced": {"baseline": False}}}, redshifts=False
    ),
}
"""How light curves are written and read, for each format and for the challenge's files ("kaggle")."""


def read_back(name, folder, rows, redshift):
    """Return the `LightCurves` that come of `Rows` in files of a format, which are written to the new `folder`."""
    one = FORMATS[name]
    folder.mkdir(parents=True)
    one.write(folder, rows, redshift)
    return mallorn.read(folder, source=one.source, settings=one.settings)
