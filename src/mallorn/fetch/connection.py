"""A connection to a web service that keeps to a rate and tries again where that may help."""

import json
import logging
from typing import NamedTuple

import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from mallorn.errors import DataError

__all__ = ["Connection", "NotThere", "Patience"]

_LATER = (408, 425, 429, 500, 502, 503, 504)
"""Statuses of HTTP after which the same request may succeed."""

_FAULTS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class NotThere(LookupError):
    """The service has no such thing (404)."""


class Patience(NamedTuple):
    """How long to wait for a service, in seconds, and how often to ask it.

    timeout: for the connection, and between two pieces of an answer. tries: number of requests before giving up.
    first_wait: the wait after the first failure; it doubles with each further one, up to longest_wait.
    """

    timeout: float
    tries: int
    first_wait: float
    longest_wait: float


class Connection(requests.Session):
    """A session in which each request waits for its turn and has a time-out and several tries.

    pace: a `Pace`. patience: a `Patience`. agent: the name that we give the service. `content` holds the last answer as
    it came. Answers must be JSON: any other counts as cut off.
    """

    def __init__(self, pace, patience, agent):
        super().__init__()
        self.headers["User-Agent"] = agent
        self._pace, self._patience = pace, patience
        self.content = b""

    def request(self, method, url, **arguments):
        """Return the successful response of `requests.Session.request`.

        Raises NotThere for 404. Raises DataError if the service refuses the request, if every try fails, or if it asks
        for a wait beyond `longest_wait`.
        """
        patience = self._patience
        for failed in range(1, patience.tries + 1):
            self._pace.wait()
            response, trouble, wait = self._tried(method, url, arguments)
            if trouble is None:
                self.content = response.content
                return response
            if wait > patience.longest_wait:
                fix = f"run again in {wait:.0f} s, or raise alerce.longest_wait"
                raise DataError.at(url, expected="an answer", found=f"{trouble}, with that wait", fix=fix)
            wait = max(wait, min(patience.first_wait * 2 ** (failed - 1), patience.longest_wait))
            logging.getLogger(__name__).warning(
                "%s: %s, try %d of %d%s", url, trouble, failed, patience.tries, _next(failed, patience.tries, wait)
            )
            self._pace.pause(wait)
        found = f"{trouble} at the last of {patience.tries} tries"
        fix = "run again later: what was fetched is kept. A slow service needs a higher alerce.timeout or alerce.tries"
        raise DataError.at(url, expected="an answer", found=found, fix=fix)

    def _tried(self, method, url, arguments):
        """Return the response, its fault (None if there is none), and the seconds that the service asks us to wait."""
        try:
            response = super().request(method, url, timeout=self._patience.timeout, **arguments)
        except _FAULTS as error:
            return None, _said(error), 0.0
        if response.status_code in _LATER:
            return response, f"status {response.status_code}", _retry_after(response)
        if response.status_code == 404:
            raise NotThere(response.url)
        if not response.ok:
            found = f"status {response.status_code}: {response.text[:300]!r}"
            fix = "check the block alerce of the configuration (classifier, classes, ids) against ALeRCE's own names"
            raise DataError.at(response.url, expected="an answer", found=found, fix=fix)
        try:
            json.loads(response.content)
        except ValueError:
            return response, f"an answer that is no JSON: {response.content[:60]!r}", 0.0
        return response, None, 0.0


def _said(error):
    kinds = {requests.Timeout: "no answer in time", requests.ConnectionError: "no connection"}
    kind = next((text for kind, text in kinds.items() if isinstance(error, kind)), "an answer that was cut off")
    return f"{kind} ({type(error).__name__})"


def _next(failed, tries, wait):
    return f"; the next in {wait:g} s" if failed < tries else ""


def _retry_after(response):
    """Return the seconds in the header Retry-After, a number or a date; 0 if there is none."""
    try:
        return float(Retry().get_retry_after(response.raw) or 0.0)
    except InvalidHeader:
        return 0.0
