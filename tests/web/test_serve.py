"""The server that people run: pages, streams that arrive piece by piece, and an end when it is told to."""

import multiprocessing
import socket
import time
import urllib.request
from urllib.error import URLError

import pytest

from tests.web.company import ANNA, LARS, Company, letter
from tests.web.places import numbers
from web.serve import serve
from web.signin import COOKIE


def test_granian_serves_pages_and_streams_and_ends(company: Company, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, client = f"http://127.0.0.1:{port}", numbers(company)["client_id"]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(company.site(), "127.0.0.1", port, 1))
    process.start()
    try:
        _wait(f"{address}/healthz")
        asked = urllib.request.Request(f"{address}/clients/{client}/stream?after=1000000")
        asked.add_header("Cookie", f"{COOKIE}={company.token('anna')}")
        with urllib.request.urlopen(asked, timeout=20) as stream:
            assert stream.readline() == b"retry: 1500\n"
            company.deliver("anna", letter(LARS, ANNA, "Live", "Text."))
            lines = [stream.readline() for _ in range(4)]
            assert b"event: arrived\n" in lines
    finally:
        process.terminate()
        process.join(20)
    assert process.exitcode is not None
    said = capfd.readouterr()
    assert "Listening at" in said.out
    assert "WARNING" not in said.out + said.err


def _wait(address: str) -> None:
    ends = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except URLError:
            assert time.monotonic() < ends, "the server does not answer"
            time.sleep(0.2)
