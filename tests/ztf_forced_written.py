"""Files of ZTF's forced-photometry service, written after their description."""

import numpy as np

NAMES = (
    "index, field, ccdid, qid, filter, pid, infobitssci, sciinpseeing, scibckgnd, scisigpix, zpmaginpsci, "
    "zpmaginpsciunc, zpmaginpscirms, clrcoeff, clrcoeffunc, ncalmatches, exptime, adpctdif1, adpctdif2, diffmaglim, "
    "zpdiff, programid, jd, rfid, forcediffimflux, forcediffimfluxunc, forcediffimsnr, forcediffimchisq, "
    "forcediffimfluxap, forcediffimfluxuncap, forcediffimsnrap, aperturecorr, dnearestrefsrc, nearestrefmag, "
    "nearestrefmagunc, nearestrefchi, nearestrefsharp, refjdstart, refjdend, procstatus"
)
HEADER = """# Forced-photometry service v5
# Requested input R.A. = 195.5 degrees
# Requested input Dec. = -12.25 degrees
# JD start = 2458194.5, JD end = 2460000.5
#
"""
ROW = {
    **{name: "0.5" for name in NAMES.split(", ")},
    **{"field": "633", "ccdid": "7", "qid": "2", "filter": "ZTF_g", "infobitssci": "0", "sciinpseeing": "2.1"},
    **{"scisigpix": "7.5", "zpdiff": "26.4", "diffmaglim": "20.6", "forcediffimflux": "0.0", "procstatus": "0"},
    **{"forcediffimfluxunc": "10.0", "forcediffimchisq": "1.0", "dnearestrefsrc": "0.25", "nearestrefmag": "18.5"},
}
DN = 10 ** (-0.4 * (26.4 - 23.9))
"""Microjansky of one DN at the zero point of `ROW`."""


def row(**values):
    """Return a line; values as text or numbers."""
    merged = ROW | {name: str(value) for name, value in values.items()}
    assert set(merged) == set(ROW)
    return " ".join(merged.values())


def content(rows, header=HEADER, names=NAMES):
    """Return the text of a file with these lines."""
    return header + names + "\n" + "\n".join(rows) + "\n"


def event(n=300, seed=0, offset=50.0, amplitude=2000.0, start=59000.0, **values):
    """Return lines of an event that fades by e in 100 days, upon an offset of the baseline, DN; 2018 to 2023."""
    random = np.random.default_rng(seed)
    mjd = np.sort(random.uniform(58200, 60200, n))
    age = mjd - start
    flux = offset + amplitude * np.where(age > 0, np.exp(-np.maximum(age, 0) / 100.0), 0.0) + random.normal(0, 10, n)
    times, fluxes = mjd + 2400000.5, flux
    return [row(jd=jd, forcediffimflux=value, **values) for jd, value in zip(times, fluxes, strict=True)]
