"""Write one large set of files for each format, to time its reader: python tests/large_files.py FOLDER [SIZE [FORMAT]].

FOLDER/FORMAT gets 2 million rows in Parquet or FITS and 300,000 in text or JSON, times SIZE (1). Values are made up by
a fixed seed: fluxes and times at random, of objects with 100 rows each. `pytest` does not run this.
"""

import gzip
import json
import sys
from pathlib import Path

import alerce_written
import alerts_written
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import ztf_forced_written
from astropy.io import fits

BINARY, TEXT, PER_OBJECT = 2_000_000, 300_000, 100
FIRST = 170028500555406485


class Drawn:
    """`n` rows, those of an object together, with `PER_OBJECT` rows each."""

    def __init__(self, n, seed=0):
        random = np.random.default_rng(seed)
        self.n, self.n_objects, self.random = n, n // PER_OBJECT, random
        self.owner = np.repeat(np.arange(self.n_objects), PER_OBJECT)
        self.mjd = np.sort(random.uniform(60000, 61000, (self.n_objects, PER_OBJECT)), axis=1).ravel()
        self.band = random.integers(0, 6, n)
        self.flux = random.normal(1000, 3000, n)
        self.error = random.uniform(50, 500, n)
        self.magnitude = random.uniform(17, 21, n)

    def bands(self, names):
        return np.array(list(names))[self.band % len(names)]

    def shuffled(self, columns):
        """Return the columns with their rows in any order."""
        order = self.random.permutation(self.n)
        return {name: np.asarray(values)[order] for name, values in columns.items()}

    def of_objects(self):
        """Yield (object, slice of its rows)."""
        return ((k, slice(k * PER_OBJECT, (k + 1) * PER_OBJECT)) for k in range(self.n_objects))


def alerce(folder, size):
    n = int(BINARY * size)
    pq.write_table(alerce_written.many(n, n // PER_OBJECT), folder / "detections.parquet")


def atlas(folder, size):
    names = "###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs"
    drawn = Drawn(int(TEXT * size))
    rest = "0 1.2 195.5 -12.25 5000.1 300.2 2.4 2.2 -40.1 -0.4 19.5 20.7 02a59000o0100o"
    bands = drawn.bands("oc")
    for k, rows in drawn.of_objects():
        values = zip(drawn.mjd[rows], drawn.flux[rows], drawn.error[rows], bands[rows], strict=True)
        lines = [f"{mjd:.6f} 18.9 0.1 {flux:.0f} {error:.0f} {band} {rest}" for mjd, flux, error, band in values]
        (folder / f"AT{k:05d}.txt").write_text("\n".join([names, *lines]) + "\n")


def bts(folder, size):
    drawn = Drawn(int(TEXT * size))
    bands = drawn.bands("gRi")
    known = ["ZTFID,IAUID,RA,Dec,peakt,type,redshift,b,A_V"]
    for k, rows in drawn.of_objects():
        values = zip(drawn.mjd[rows], drawn.magnitude[rows], bands[rows], strict=True)
        lines = [f"{mjd:.4f},{magnitude:.3f},0.1,{band}" for mjd, magnitude, band in values]
        (folder / f"ZTF20{k:07d}.csv").write_text("\n".join(["time,mag,magerr,band", *lines]) + "\n")
        known.append(f"ZTF20{k:07d},SN2020x,08:29:47.59,+33:54:22.8,879.69,SN Ia,0.062,34.1,0.106")
    (folder / "bts.csv").write_text("\n".join(known) + "\n")


def hats(folder, size):
    drawn = Drawn(int(BINARY * size))
    offsets = np.arange(0, drawn.n + 1, PER_OBJECT, dtype=np.int32)
    bands = pa.array(drawn.bands("ugrizy"))
    flat = {"midpointMjdTai": drawn.mjd, "band": bands, "psfDiffFlux": drawn.flux.astype("f4")}
    flat["psfDiffFluxErr"] = drawn.error.astype("f4")
    lists = [pa.ListArray.from_arrays(pa.array(offsets), pa.array(values)) for values in flat.values()]
    table = {
        "diaObjectId": FIRST + np.arange(drawn.n_objects),
        "ra": drawn.random.uniform(0, 360, drawn.n_objects),
        "dec": drawn.random.uniform(-60, 10, drawn.n_objects),
        "diaObjectForcedSource": pa.StructArray.from_arrays(lists, list(flat)),
    }
    pq.write_table(pa.table(table), folder / "part.parquet", row_group_size=2000)


def manytde(folder, size):
    drawn = Drawn(int(TEXT * size))
    bands = [f"{band}.ztf" for band in drawn.bands("gri")]
    for k, rows in drawn.of_objects():
        values = (drawn.mjd, bands, drawn.flux * 1e-9, drawn.error * 1e-9)
        data = list(zip(*(list(column[rows]) for column in values), strict=True))
        curve = {"header": ["mjd", "filter", "flux_Jy", "e_flux_Jy"], "data": data}
        event = {"name": f"AT{k}", "ra": 10.5, "dec": -20.25, "z": 0.05, "extinction": {"e_bv": 0.02}}
        host = {"observations": {"filternames": ["sdss_g0"], "mags": [18.5], "mags_unc": [0.05]}}
        (folder / f"AT{k}.json").write_text(json.dumps(event | {"host": host, "lightcurve": curve}))


def open_catalog(folder, size):
    drawn = Drawn(int(TEXT * size))
    bands = drawn.bands("griz")
    for k, rows in drawn.of_objects():
        values = zip(drawn.mjd[rows], bands[rows], drawn.magnitude[rows], strict=True)
        points = [
            {"time": f"{mjd:.4f}", "u_time": "MJD", "band": band, "magnitude": f"{magnitude:.3f}", "e_magnitude": "0.1"}
            for mjd, band, magnitude in values
        ]
        known = {"name": f"AT{k}", "ra": [{"value": "14:57:03.10"}], "dec": [{"value": "-00:30:00"}]}
        known |= {"redshift": [{"value": "0.064"}], "claimedtype": [{"value": "TDE"}], "photometry": points}
        (folder / f"AT{k}.json").write_text(json.dumps({f"AT{k}": known}))


def plasticc(folder, size):
    drawn = Drawn(int(TEXT * size))
    columns = (drawn.owner + 1, drawn.mjd, drawn.band, drawn.flux, drawn.error, drawn.flux > 1000)
    with open(folder / "training_set.csv", "w", encoding="utf-8") as stream:
        stream.write("object_id,mjd,passband,flux,flux_err,detected\n")
        np.savetxt(stream, np.column_stack(columns), fmt="%d,%.4f,%d,%.4f,%.4f,%d")
    with open(folder / "training_set_metadata.csv", "w", encoding="utf-8") as stream:
        stream.write("object_id,ra,decl,gal_l,gal_b,ddf,hostgal_specz,hostgal_photoz,hostgal_photoz_err,distmod,")
        stream.write("mwebv,target\n")
        stream.writelines(
            f"{k + 1},33.5,-6.5,170.4,-61.5,1,nan,0.2,0.01,40.2,0.02,15\n" for k in range(drawn.n_objects)
        )


def redback(folder, size):
    drawn = Drawn(int(TEXT * size))
    values = zip(drawn.owner, drawn.mjd, drawn.bands("grz"), drawn.flux, drawn.error, strict=True)
    with open(folder / "events.csv", "w", encoding="utf-8") as stream:
        stream.write("event,time,magnitude,e_magnitude,band,system,flux_density(mjy),flux_density_error,time (days)\n")
        stream.writelines(
            f"E{owner},{mjd:.4f},18.9,0.1,{band},AB,{flux / 1000:.5f},{error / 1000:.5f},1.0\n"
            for owner, mjd, band, flux, error in values
        )


def rubin_alerts(folder, size):
    """One alert an object, with 99 points of forced photometry; as a broker's Parquet file."""
    drawn = Drawn(int(BINARY * size))
    n, each = drawn.n_objects, PER_OBJECT - 1
    forced = {
        "diaForcedSourceId": np.arange(n * each),
        "visit": np.arange(n * each),
        "midpointMjdTai": drawn.mjd.reshape(n, -1)[:, :each].ravel(),
        "psfFlux": drawn.flux[: n * each].astype("f4"),
        "psfFluxErr": drawn.error[: n * each].astype("f4"),
        "scienceFlux": drawn.flux[: n * each].astype("f4"),
        "scienceFluxErr": drawn.error[: n * each].astype("f4"),
        "band": drawn.bands("ugrizy")[: n * each],
    }
    new = alerts_written.source(1, 61001.0)
    source = {name: pa.array([new[name]] * n) for name in new}
    source |= {"diaSourceId": pa.array(np.arange(n)), "diaObjectId": pa.array(FIRST + np.arange(n))}
    source |= {"visit": pa.array(n * each + np.arange(n)), "psfFlux_flag": pa.array([False] * n)}
    source["pixelFlags_saturatedCenter"] = source["psfFlux_flag"]
    known = {"diaObjectId": source["diaObjectId"], "ra": source["ra"], "dec": source["dec"]}
    rows = pa.StructArray.from_arrays([pa.array(values) for values in forced.values()], list(forced))
    of_source = pa.StructArray.from_arrays(list(source.values()), list(source))
    table = {
        "diaSourceId": source["diaSourceId"],
        "diaSource": of_source,
        "prvDiaSources": pa.array([None] * n, type=pa.list_(of_source.type)),
        "prvDiaForcedSources": pa.ListArray.from_arrays(np.arange(0, n * each + 1, each, dtype=np.int32), rows),
        "diaObject": pa.StructArray.from_arrays(list(known.values()), list(known)),
    }
    pq.write_table(pa.table(table), folder / "alerts.parquet", row_group_size=2000)


def rubin_tables(folder, size):
    drawn = Drawn(int(BINARY * size))
    no = np.zeros(drawn.n, dtype=bool)
    visit = drawn.random.integers(0, 20_000, drawn.n)
    table = {"diaObjectId": FIRST + drawn.owner, "visit": visit, "band": drawn.bands("ugrizy")}
    for name in ("psfFlux", "psfDiffFlux"):
        table |= {name: drawn.flux.astype("f4"), f"{name}Err": drawn.error.astype("f4"), f"{name}_flag": no}
    table |= {"pixelFlags_saturatedCenter": no}
    pq.write_table(pa.table(drawn.shuffled(table)), folder / "ForcedSourceOnDiaObject.parquet")
    times = {"visit": np.arange(20_000), "expMidptMJD": np.linspace(60000, 61000, 20_000), "band": ["g"] * 20_000}
    pq.write_table(pa.table(times), folder / "Visit.parquet")
    ids = FIRST + np.arange(drawn.n_objects)
    places = drawn.random.uniform(0, 60, drawn.n_objects)
    pq.write_table(pa.table({"diaObjectId": ids, "ra": places, "dec": -places}), folder / "DiaObject.parquet")


def snana(folder, size):
    """Pairs of 100,000 rows, each with a row at the end of each object."""
    pairs = max(int(BINARY * size) // 100_000, 1)
    for k in range(pairs):
        drawn = Drawn(int(BINARY * size) // pairs, seed=k)
        n = drawn.n_objects
        first = np.arange(n) * (PER_OBJECT + 1) + 1
        head = [("SNID", "S16"), ("RA", ">f8"), ("DECL", ">f8"), ("PTROBS_MIN", ">i4"), ("PTROBS_MAX", ">i4")]
        head += [("MWEBV", ">f4"), ("REDSHIFT_FINAL", ">f4"), ("REDSHIFT_FINAL_ERR", ">f4"), ("SIM_TYPE_NAME", "S8")]
        heads, phot = np.zeros(n, head), np.zeros(n * (PER_OBJECT + 1), _PHOT)
        heads["SNID"], heads["SIM_TYPE_NAME"] = [f"{k}{j:06d}" for j in range(n)], "SNIa"
        heads["RA"], heads["MWEBV"], heads["REDSHIFT_FINAL"], heads["REDSHIFT_FINAL_ERR"] = 10.5, 0.1, 0.3, 0.01
        heads["PTROBS_MIN"], heads["PTROBS_MAX"] = first, first + PER_OBJECT - 1
        phot["MJD"], phot["BAND"], phot["FLUXCAL"], phot["FLUXCALERR"] = -777.0, "-", -777.0, -777.0
        point = np.arange(drawn.n) + drawn.owner
        phot["MJD"][point], phot["BAND"][point] = drawn.mjd, drawn.bands("ugrizY")
        phot["FLUXCAL"][point], phot["FLUXCALERR"][point] = drawn.flux, drawn.error
        phot["PHOTFLAG"][point] = np.where(drawn.flux > 1000, 4096, 0)
        for kind, records in (("HEAD", heads), ("PHOT", phot)):
            primary = fits.PrimaryHDU()
            primary.header["SURVEY"] = "LSST"
            tables = fits.HDUList([primary, fits.BinTableHDU(records)])
            tables.writeto(folder / f"MADE_{k:04d}_{kind}.FITS", overwrite=True)


_PHOT = [("MJD", ">f8"), ("BAND", "S8"), ("FLUXCAL", ">f4"), ("FLUXCALERR", ">f4"), ("PHOTFLAG", ">i4")]


def _long_table(size):
    drawn = Drawn(int(BINARY * size))
    columns = {"SNID": FIRST + drawn.owner, "MJD": drawn.mjd, "BAND": drawn.bands("ugrizY")}
    columns |= {"FLUXCAL": drawn.flux, "FLUXCALERR": drawn.error}
    return drawn.shuffled(columns | {"PHOTFLAG": np.where(drawn.flux > 1000, 4096, 0)})


def table(folder, size):
    pq.write_table(pa.table(_long_table(size)), folder / "points.parquet")


def table_fits(folder, size):
    columns = {name: values.astype("S1") if name == "BAND" else values for name, values in _long_table(size).items()}
    records = np.rec.fromarrays(list(columns.values()), names=list(columns))
    fits.BinTableHDU(records).writeto(folder / "points.fits", overwrite=True)


def ztf_alerts(folder, size):
    """One alert an object, with 99 earlier exposures; lines of JSON."""
    drawn = Drawn(int(TEXT * size))
    with gzip.open(folder / "alerts.jsonl.gz", "wt", encoding="utf-8", compresslevel=1) as stream:
        for k, rows in drawn.of_objects():
            values = zip(drawn.mjd[rows], drawn.band[rows] % 3 + 1, drawn.magnitude[rows], strict=True)
            seen = [
                {"jd": mjd + 2400000.5, "fid": int(fid), "diffmaglim": 20.4, "magpsf": magnitude, "sigmapsf": 0.1}
                | {"isdiffpos": "t", "ra": 10.0, "dec": -1.0, "sgscore1": 0.1, "magnr": -999.0}
                for mjd, fid, magnitude in values
            ]
            packet = {"objectId": f"ZTF20{k:07d}", "candid": k, "candidate": seen[-1], "prv_candidates": seen[:-1]}
            stream.write(json.dumps(packet) + "\n")


def ztf_forced(folder, size):
    for k in range(int(TEXT * size) // 1000):
        text = ztf_forced_written.content(ztf_forced_written.event(1000, seed=k))
        (folder / f"forced{k:05d}.txt").write_text(text)


WRITERS = (alerce, atlas, bts, hats, manytde, open_catalog, plasticc, redback, rubin_alerts, rubin_tables, snana)
WRITERS = {write.__name__: write for write in (*WRITERS, table, table_fits, ztf_alerts, ztf_forced)}


def main(folder, size="1", *names):
    for name in names or WRITERS:
        into = Path(folder, name)
        into.mkdir(parents=True, exist_ok=True)
        WRITERS[name](into, float(size))
        files = [path for path in into.rglob("*") if path.is_file()]
        print(f"{name}: {len(files)} files, {sum(path.stat().st_size for path in files) / 2**20:.0f} MB", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
