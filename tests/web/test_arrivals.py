"""Live arrival: streams tell of what comes, miss nothing between page and stream, and are limited."""

import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

from mailcrm.store import arrivals as stored
from tests.web.company import ANNA, LARS, Company, letter
from tests.web.places import numbers
from web.arrivals import Arrivals


def newest(company: Company) -> int:
    """The greatest number of an entry."""
    with company.db.reading() as connection:
        return stored.newest(connection)


def test_a_stream_tells_what_was_missed_and_what_comes(company: Company) -> None:
    client, after = numbers(company)["client_id"], newest(company)
    company.deliver("anna", letter(LARS, ANNA, "Missed", "Text."))
    browser = company.browser("anna", app=company.app(stream_seconds=60.0))
    answer = browser.get(f"/clients/{client}/stream?after={after}", buffered=False)
    assert answer.mimetype == "text/event-stream"
    # Where nothing happens for a while a comment says that the stream is still there.
    events: Iterator[bytes] = (event for event in answer.iter_encoded() if not event.startswith(b":"))
    assert f"event: arrived\ndata: {after + 1}\n" in next(events).decode()
    Thread(target=lambda: (time.sleep(0.5), company.deliver("anna", letter(LARS, ANNA, "Live", "Text.")))).start()
    assert f"data: {after + 2}\n" in next(events).decode()
    answer.close()
    page = browser.get(f"/clients/{client}/new?id={after + 2}").text
    assert "Live" in page
    assert "Missed" not in page
    assert "Live" not in browser.get(f"/clients/{company.clients['Atelier Fontaine']}/new?id={after + 2}").text


def test_a_stream_ends_after_its_time(company: Company) -> None:
    browser = company.browser("anna", app=company.app(stream_seconds=0.4))
    started = time.monotonic()
    assert b"retry: 1500" in browser.get(f"/clients/{numbers(company)['client_id']}/stream?after=0").data
    assert time.monotonic() - started < 5


def test_streams_are_limited_and_the_place_is_given_back(company: Company) -> None:
    news = Arrivals(company.db)
    with news.listening(1) as first, news.listening(1) as second:
        assert first
        assert not second
    with news.listening(1) as third:
        assert third
    browser = company.browser("anna", app=company.app(streams=0))
    assert b"event: busy" in browser.get(f"/clients/{numbers(company)['client_id']}/stream").data


def test_an_entry_with_a_lower_number_that_comes_late_is_told_too(company: Company) -> None:
    client = numbers(company)["client_id"]
    with company.db.writing() as connection:
        connection.exec_driver_sql("UPDATE entry SET id = id + 1000 WHERE id = (SELECT max(id) FROM entry)")
    news, late = Arrivals(company.db), newest(company) - 10
    with news.listening(1):
        turn = news.turn()
        with company.db.writing() as connection:
            # A letter that stands on another timeline, filed here too.
            connection.exec_driver_sql(
                "INSERT INTO entry (id, client_id, at, kind, message_id, direction, message_kind) SELECT"
                f" {late}, {client}, at, kind, message_id, direction, message_kind FROM entry"
                f" WHERE client_id = {company.clients['Atelier Fontaine']} ORDER BY id LIMIT 1"
            )
        assert news.wait(client, turn, 4.0)[1] == [late]


def test_waiting_ends_without_news(company: Company) -> None:
    news = Arrivals(company.db)
    with news.listening(1):
        started = time.monotonic()
        assert news.wait(1, news.turn(), 0.2)[1] == []
        assert timedelta(seconds=time.monotonic() - started) < timedelta(seconds=3)
