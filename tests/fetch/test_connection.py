"""A connection to a server that fails in every way; waits are those of a clock that only sleeping moves."""

import email.utils
import time

import pytest
from alerce_server import serving, ztf_object

from mallorn.errors import DataError
from mallorn.fetch.connection import Connection, NotThere, Patience
from mallorn.fetch.pace import Pace

PATH = "/ztf/v1/objects/ZTF20aaaaaaa/lightcurve"


@pytest.fixture(scope="module")
def serve():
    with serving([ztf_object(0, "TDE", 0.9)]) as server:
        yield server


@pytest.fixture
def server(serve):
    serve.log.clear()
    serve.faults = {}
    return serve


class Clock:
    def __init__(self):
        self.now, self.slept = time.time(), []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def connect(tmp_path, clock):
    def connect(**given):
        patience = Patience(**{"timeout": 10.0, "tries": 4, "first_wait": 2.0, "longest_wait": 100.0} | given)
        return Connection(Pace(tmp_path / "pace", 1000.0, clock, clock.sleep), patience, "mallorn of a test")

    return connect


def waits(clock):
    """Return the waits longer than those of the rate."""
    return [seconds for seconds in clock.slept if seconds > 0.01]


def test_an_answer_is_kept_as_it_came(server, connect):
    connection = connect()
    response = connection.request("GET", server.url + PATH)
    assert connection.content == response.content
    assert response.json()["detections"][0]["candid"] == "1234567890123450000"
    assert connection.headers["User-Agent"] == "mallorn of a test"


@pytest.mark.parametrize("fault", [500, 502, 503, 504, 429, 408, "cut", "html", ""], ids=repr)
def test_what_may_pass_is_tried_again_after_waits_that_double(server, connect, clock, fault):
    server.faults = {PATH: [fault] * 3}
    connection = connect()
    connection.request("GET", server.url + PATH)
    assert len(server.log) == 4
    assert waits(clock) == pytest.approx([2.0, 4.0, 8.0], abs=0.01)
    assert b"detections" in connection.content


def test_a_server_that_does_not_answer_is_asked_again(server, connect, clock):
    server.faults = {PATH: ["hang", "hang"]}
    connect(timeout=0.2).request("GET", server.url + PATH)
    assert len(server.log) == 3
    assert waits(clock) == pytest.approx([2.0, 4.0], abs=0.01)


def test_a_server_that_is_not_there_is_given_up(connect, clock):
    with pytest.raises(DataError, match=r"no connection \(ConnectionError\) at the last of 3 tries.*Next step: run"):
        connect(tries=3).request("GET", "http://127.0.0.1:9/ztf")
    assert waits(clock) == pytest.approx([2.0, 4.0], abs=0.01)


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_the_server_asks_for_is_kept(server, connect, clock, status):
    server.faults = {PATH: [(status, {"Retry-After": 37})]}
    connect().request("GET", server.url + PATH)
    assert waits(clock) == pytest.approx([37.0], abs=0.01)


def test_a_wait_until_a_date_is_kept(server, connect, clock):
    server.faults = {PATH: [(429, {"Retry-After": email.utils.formatdate(time.time() + 60.0, usegmt=True)})]}
    connect().request("GET", server.url + PATH)
    (waited,) = waits(clock)
    assert 50.0 < waited <= 60.0


def test_a_header_that_is_no_time_does_no_harm(server, connect, clock):
    server.faults = {PATH: [(429, {"Retry-After": "soon"})]}
    connect().request("GET", server.url + PATH)
    assert waits(clock) == pytest.approx([2.0], abs=0.01)


def test_a_wait_beyond_what_is_allowed_ends_the_job(server, connect, clock):
    server.faults = {PATH: [(429, {"Retry-After": 5000})]}
    with pytest.raises(DataError, match="status 429.*run again in 5000 s"):
        connect().request("GET", server.url + PATH)
    assert len(server.log) == 1
    assert waits(clock) == []


def test_waits_double_no_further_than_allowed_and_tries_have_an_end(server, connect, clock):
    server.faults = {PATH: [500] * 20}
    with pytest.raises(DataError, match="status 500 at the last of 6 tries") as raised:
        connect(tries=6, longest_wait=10.0).request("GET", server.url + PATH)
    assert PATH in str(raised.value)
    assert len(server.log) == 6
    assert waits(clock) == pytest.approx([2.0, 4.0, 8.0, 10.0, 10.0], abs=0.01)


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_is_told_at_once(server, connect, status):
    server.faults = {PATH: [status]}
    with pytest.raises(DataError, match=f"status {status}.*out of order.*block alerce"):
        connect().request("GET", server.url + PATH)
    assert len(server.log) == 1


def test_what_is_not_there_is_no_fault(server, connect):
    with pytest.raises(NotThere):
        connect().request("GET", server.url + "/ztf/v1/objects/ZTF20zzzzzzz/lightcurve")
    assert len(server.log) == 1
