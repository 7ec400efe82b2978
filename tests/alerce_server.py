"""A server on loopback that answers as ALeRCE's two interfaces do, and fails as a server may.

The objects are made up; the forms of the answers are those of the ZTF interface (v1, and v2 for forced photometry) and
of the LSST interface, as the client `alerce` asks them.
"""

import json
import os
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from mallorn.settings.resolve import defaults

BANDS = {str(k): name for k, name in enumerate("ugrizy")}
CLASSIFIER = defaults()["alerce"]["classifier"]


def ztf_object(number, class_name, probability, firstmjd=59000.0):
    """Return an object as the ZTF interface lists it."""
    about = {"oid": ztf_id(number), "ndethist": 40, "ncovhist": 900, "mjdstarthist": firstmjd, "mjdendhist": 59500.0}
    about |= {"corrected": False, "stellar": False, "ndet": 12 + number % 3, "g_r_max": 0.3, "sigmara": 1e-4}
    about |= {"meanra": (10.5 * number) % 360.0, "meandec": -20.0 + number % 40, "firstmjd": firstmjd}
    about |= {"lastmjd": firstmjd + 80.0, "deltamjd": 80.0, "step_id_corr": "corr_bulk_0.0.1"}
    return about | {"class": class_name, "classifier": CLASSIFIER, "probability": probability}


def ztf_id(number):
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "ZTF20aaaa" + letters[number // 676 % 26] + letters[number // 26 % 26] + letters[number % 26]


def lsst_object(number, class_name, probability, firstmjd=61000.0):
    """Return an object as the LSST interface lists it: an id of 18 digits."""
    about = {"oid": 313963405132693000 + number, "n_det": 9, "meanra": 150.0 + number, "meandec": 2.0}
    about |= {"firstmjd": firstmjd, "lastmjd": firstmjd + 30.0, "class_name": class_name}
    return about | {"classifier_name": CLASSIFIER, "probability": probability}


def ztf_lightcurve(oid):
    """Return detections and non-detections, without the object's id in the rows."""
    ra, dec = 10.0, 20.0
    detections = [
        {"mjd": 59000.25 + k, "candid": f"12345678901234500{k:02d}", "fid": 1 + k % 2, "pid": 1, "diffmaglim": 20.5}
        | {"isdiffpos": 1 if k < 5 else -1, "magpsf": 18.9 + 0.1 * k, "sigmapsf": 0.1, "magpsf_corr": None}
        | {"sigmapsf_corr": None, "sigmapsf_corr_ext": None, "ra": ra, "dec": dec, "corrected": False}
        | {"dubious": False, "distnr": 0.3, "rb": 0.9, "has_stamp": True}
        for k in range(6)
    ]
    limits = [{"mjd": 58990.25 + k, "fid": 1, "diffmaglim": 20.4} for k in range(3)]
    return {"detections": detections, "non_detections": limits}


def ztf_forced(oid):
    """Return forced photometry of the interface v2: rows with further columns in "extra_fields"."""
    return [
        {
            "oid": oid,
            "aid": "AL1",
            "sid": "ztf",
            "candid": f"{oid}{k}",
            "mjd": 58980.25 + k,
            "fid": "g",
            "isdiffpos": -1,
        }
        | {"mag": 21.0, "e_mag": 0.5, "mag_corr": 100.0, "e_mag_corr": 100.0, "corrected": False, "dubious": False}
        | {"extra_fields": {"procstatus": "0" if k else "61", "distnr": 0.2, "field": 500}}
        for k in range(4)
    ]


def lsst_lightcurve(oid):
    """Return all kinds of points in one answer, bands as numbers with their names."""
    row = {"oid": int(oid), "sid": 1, "band_map": BANDS, "ra": 150.0, "dec": 2.0, "psfFluxErr": 200.0}
    detections = [row | {"mjd": 61000.1 + k, "band": 1 + k, "psfFlux": 5000.0 + k} for k in range(3)]
    forced = [row | {"mjd": 60990.1 + k, "band": 2, "psfFlux": -10.0, "visit": 20 + k} for k in range(5)]
    return {"detections": detections, "non_detections": [], "forced_photometry": forced}


class Server:
    """What the server has and has seen.

    url: its address. objects: rows that it lists. without: ids of which it has no light curve. curves: {id: light
    curve} of those with one of their own. faults: {part of a path: list of faults, each for one request, in order}.
    slow: seconds before each answer. log: the requests, paths with their parameters, in the order in which they came.
    Faults: an integer is a status, (status, {header: value}) has headers too; "hang" never answers, "cut" breaks off in
    the middle, "html" is a page with status 200; any other text is the body of an answer with status 200.
    """

    def __init__(self, objects=(), without=()):
        self.objects, self.without = list(objects), set(without)
        self.curves, self.faults, self.slow, self.log = {}, {}, 0.0, []
        self.over = threading.Event()
        self.lock = threading.Lock()

    def asked(self, part):
        """Return the requests whose path holds `part`."""
        return [path for path in self.log if part in path]

    def fault(self, path):
        with self.lock:
            self.log.append(path)
            return next((faults.pop(0) for part, faults in self.faults.items() if part in path and faults), None)

    def answer(self, path, given):
        """Return what is at a path, or None."""
        parts = path.strip("/").split("/")
        if path in ("/ztf/v1/objects", "/object_api/list_objects"):
            return self._page(given, "class" if path.startswith("/ztf") else "class_name")
        oid = given.get("oid", [parts[3] if len(parts) > 3 else ""])[0]
        known = {str(row["oid"]) for row in self.objects} - self.without
        if oid not in known:
            return None
        if path == f"/ztf/v1/objects/{oid}/lightcurve":
            return self.curves.get(oid) or ztf_lightcurve(oid)
        if path == f"/v2/lightcurve/forced-photometry/{oid}":
            return ztf_forced(oid)
        return lsst_lightcurve(oid) if path == "/lightcurve_api/lightcurve" else None

    def _page(self, given, class_key):
        rows = self.objects
        if class_key in given:
            rows = [row for row in rows if given[class_key] == [row.get("class", row.get("class_name"))]]
            rows = [row for row in rows if given["classifier"] == [row.get("classifier", row.get("classifier_name"))]]
        rows = [row for row in rows if row["probability"] >= float(given.get("probability", ["0"])[0])]
        low, high = map(float, given.get("firstmjd", ["0", "1e9"]))
        rows = [row for row in rows if low <= row["firstmjd"] <= high]
        column, size, number = given["order_by"][0], int(given["page_size"][0]), int(given["page"][0])
        rows = sorted(rows, key=lambda row: (-row[column], row["oid"]))
        here, more = rows[(number - 1) * size : number * size], number * size < len(rows)
        about = {"total": None, "page": number, "next": number + 1 if more else None, "has_next": more}
        return about | {"prev": number - 1 or None, "has_prev": number > 1, "items": here}


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            fault = server.fault(self.path)
            server.over.wait(server.slow)
            split = urlsplit(self.path)
            own = isinstance(fault, str) and fault not in ("hang", "cut")
            found = {} if own else server.answer(split.path, parse_qs(split.query))
            body = json.dumps({"detail": "Not Found"} if found is None else found).encode()
            status, headers, cut = 404 if found is None else 200, {}, False
            if fault == "hang":
                server.over.wait()
                return
            if isinstance(fault, int | tuple):
                status, headers = fault if isinstance(fault, tuple) else (fault, {})
                body = b'{"errors": {}, "detail": "out of order"}'
            elif fault == "cut":
                cut = True
            elif own:
                body = b"<html>Just a moment</html>" if fault == "html" else fault.encode()
            self.send_response(status)
            for name, value in {"Content-Length": len(body), "Content-Type": "application/json", **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)

        def log_message(self, *_):
            pass

        def handle(self):
            with suppress(ConnectionError):  # the other side was killed
                super().handle()

    return Handler


@contextmanager
def serving(objects=(), without=()):
    """Give the block a `Server` that answers on 127.0.0.1 until the block ends; no proxy stands between."""
    server = Server(objects, without)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with patch.dict(os.environ, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}):
            yield server
    finally:
        server.over.set()
        http.shutdown()
        http.server_close()
        thread.join()


def settings_for(server, folder, **given):
    """Return a block `alerce` for a server: no waits that a test would feel, the cache below `folder`."""
    quick = {"rate": 10_000.0, "first_wait": 0.001, "timeout": 10.0, "cache": str(folder / "answers")}
    return defaults()["alerce"] | quick | {"url": server.url} | given
