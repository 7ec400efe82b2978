"""Ask the ALeRCE broker through its client, and keep every answer as it came.

Answers are files in a cache, written whole or not at all. An answer in the cache is never asked for again. The cache
has, where SURVEY is ztf or lsst:

- SURVEY/objects/DIGEST/query.json: a query of objects; page_0001.json.gz and so on: its answers.
- SURVEY/lightcurve/XX/ID.json.gz: detections and non-detections of an object (of LSST forced photometry too).
- SURVEY/forced_photometry/XX/ID.json.gz: ZTF's forced photometry. XX: the last two characters of ID.

If ALeRCE has nothing about an object (status 404), the file says {"oid": ID, "not_found": true}.
"""

import gzip
import hashlib
import json
import logging
import threading
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mallorn.errors import ConfigError, DataError
from mallorn.fetch.connection import Connection, NotThere, Patience
from mallorn.fetch.pace import Pace
from mallorn.io.files import atomic_write, write_text

__all__ = ["FORCED", "LIGHTCURVE", "Alerce", "kinds"]

LIGHTCURVE, FORCED = "lightcurve", "forced_photometry"

_MOST_ANSWER = 500_000_000  # bytes, unpacked
_MORE_DETECTIONS = 1_000_000
_MOST_PAGES = 100_000


def kinds(settings):
    """Return the kinds of answers about an object: `LIGHTCURVE`, and `FORCED` unless it is a part of that."""
    return (LIGHTCURVE, FORCED) if settings["survey"] == "ztf" and settings["forced_photometry"] else (LIGHTCURVE,)


class Alerce:
    """ALeRCE's answers about one survey, from the cache if there, else from the broker. Threads may share it.

    settings: block `alerce` of the configuration. pace: a `Pace`; by default one for all who use the same cache.
    Raises ConfigError if the client is not installed.
    """

    def __init__(self, settings, pace=None):
        if find_spec("alerce") is None:
            raise ConfigError(
                "the package alerce, the client of the broker, is not installed; install it by "
                "'.venv/bin/python -m pip install \"alerce>=2.3\"'"
            )
        self.settings = settings
        self._folder = Path(settings["cache"], settings["survey"])
        self.pace = pace or Pace(Path(settings["cache"], "pace"), settings["rate"])
        self._own = threading.local()

    def objects(self, class_name, enough):
        """Return the objects of a query, rows as ALeRCE gives them, the most probable first.

        class_name: the class in ALeRCE's words, or None for any. enough: after this number of objects no further page
        is asked for; the last page counts whole. Objects that an earlier page had are skipped.
        """
        parameters = self._query(class_name)
        folder = self._folder / "objects" / _digest(parameters)
        if not (folder / "query.json").exists():
            self._note(folder / "query.json", parameters)
        found = {}
        for number in range(1, _MOST_PAGES + 1):
            path = folder / f"page_{number:04d}.json.gz"
            if not path.exists():
                try:
                    self._keep(path, "query_objects", page=number, **parameters)
                except NotThere as error:
                    logging.getLogger(__name__).warning("%s: there is no such page; the query ends", error)
                    break
            rows, more = _page(path)
            known = len(found)
            for row in rows:
                found.setdefault(str(row["oid"]), row)
            if len(found) >= enough or not rows or more is False:
                break
            if len(found) == known:
                logging.getLogger(__name__).warning("%s: page %d brings no new object; the query ends", path, number)
                break
        return list(found.values())

    def has(self, kind, oid):
        """Return whether the answer of this kind about an object is in the cache."""
        return self._path(kind, oid).exists()

    def fetch(self, kind, oid):
        """Ask for an answer about an object and keep it. Raises DataError if ALeRCE does not give it."""
        try:
            self._keep(self._path(kind, oid), f"query_{kind}", oid=oid)
        except NotThere:
            _pack(self._path(kind, oid), json.dumps({"oid": oid, "not_found": True}).encode())

    def kept(self, kind, oid):
        """Return an answer about an object from the cache; None if ALeRCE has nothing about it."""
        answer = _unpacked(self._path(kind, oid))
        return None if isinstance(answer, dict) and answer.get("not_found") is True else answer

    def _path(self, kind, oid):
        return self._folder / kind / oid[-2:] / f"{oid}.json.gz"

    def _query(self, class_name):
        settings = self.settings
        given = {
            "classifier": settings["classifier"] if class_name else None,
            "class_name": class_name,
            "probability": settings["probability"] if class_name and settings["probability"] > 0 else None,
            "firstmjd": settings["first_mjd"],
            "ndet" if settings["survey"] == "ztf" else "n_det": _at_least(settings["min_detections"]),
            "order_by": "probability" if class_name else "firstmjd",
            "order_mode": "DESC",
            "page_size": settings["page_size"],
        }
        return {name: value for name, value in given.items() if value is not None}

    def _note(self, path, parameters):
        client, _ = self._client()
        about = {
            "survey": self.settings["survey"],
            "parameters": parameters,
            "address": _address(client, self.settings["survey"]),
            "client": f"alerce {version('alerce')}",
            "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_text(path, json.dumps(about, indent=1) + "\n")

    def _keep(self, path, query, **arguments):
        """Ask the client and keep the answer as it came: some of the client's functions change what they return."""
        client, connection = self._client()
        ask = partial(getattr(client, query), survey=self.settings["survey"], format="json", **arguments)
        connection.content = b""
        try:
            ask()
        except (KeyError, TypeError, AttributeError, IndexError):  # the answer before the client changes it
            if not connection.content:
                raise
        _CHECKS[query](path, json.loads(connection.content))
        _pack(path, connection.content)

    def _client(self):
        """Return this thread's client and its connection: threads cannot share a session of requests."""
        if not hasattr(self._own, "client"):
            from alerce.core import Alerce as Client

            settings = self.settings
            patience = Patience(*(settings[name] for name in Patience._fields))
            client = Client()
            connection = Connection(self.pace, patience, f"mallorn (alerce {version('alerce')})")
            client.legacy_ztf_client.session = client.multisurvey_client.session = connection
            if settings["url"]:
                client.legacy_ztf_client.load_config_from_object({"ZTF_API_URL": settings["url"].rstrip("/")})
                client.multisurvey_client.url_ms = settings["url"].rstrip("/") + "/"
            self._own.client = client, connection
        return self._own.client


def _address(client, survey):
    return client.legacy_ztf_client.ztf_url if survey == "ztf" else client.multisurvey_client.url_ms


def _at_least(number):
    return None if number is None else [number, _MORE_DETECTIONS]


def _digest(parameters):
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:16]


def _pack(path, content):
    with atomic_write(path) as beside:
        beside.write_bytes(gzip.compress(content, mtime=0))


def _unpacked(path):
    try:
        with gzip.open(path) as file:
            answer = file.read(_MOST_ANSWER + 1)
        if len(answer) > _MOST_ANSWER:
            raise ValueError(f"more than {_MOST_ANSWER} bytes")
        return json.loads(answer)
    except (OSError, EOFError, gzip.zlib.error, ValueError, RecursionError) as error:
        fix = "delete this file and run again: it is fetched anew"
        raise DataError.at(path, expected="an answer of ALeRCE", found=error, fix=fix) from None


def _page(path):
    """Return the rows of a page of objects, and whether there are more (None if it does not say)."""
    answer = _unpacked(path)
    return answer["items"], answer.get("has_next")


def _check_objects(path, answer):
    rows = answer.get("items") if isinstance(answer, dict) else None
    whole = isinstance(rows, list) and all(isinstance(row, dict) and "oid" in row for row in rows)
    _demand(whole, path, 'a page of objects {"items": [{"oid": ...}, ...]}', answer)


def _check_lightcurve(path, answer):
    known = isinstance(answer, dict) and "detections" in answer
    whole = known and all(_are_rows(rows) for rows in answer.values())
    _demand(whole, path, 'a light curve {"detections": [...], ...}', answer)


def _check_forced(path, answer):
    _demand(_are_rows(answer), path, "a list of rows of forced photometry", answer)


_CHECKS = {
    "query_objects": _check_objects,
    "query_lightcurve": _check_lightcurve,
    "query_forced_photometry": _check_forced,
}


def _are_rows(rows):
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def _demand(met, path, expected, answer):
    if not met:
        fix = "see whether ALeRCE is well; if it answers in another form now, update the package alerce"
        raise DataError.at(path, expected=expected, found=json.dumps(answer)[:200], fix=fix)
