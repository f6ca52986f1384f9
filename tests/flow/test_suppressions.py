"""Who must not be written to: by address, domain or hash, in a scope, with undo."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import literal, select

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import suppressions
from mailcrm.flow.edit import By, Office
from mailcrm.store import suppressions as rows
from mailcrm.store.database import Database


@pytest.fixture
def firm(db: Database) -> Office:
    """The database with a fixed fingerprint, as far as an edit needs it."""
    return Office(db, lambda text: sum(text.encode()) * 7919, frozenset({"firm.test"}))


def _says(firm: Office, address: str, scope: str = "all", hashed: str | None = None) -> bool:
    query = select(rows.suppressed(literal(address), literal(scope), None if hashed is None else literal(hashed)))
    with firm.database.reading() as connection:
        return bool(connection.execute(query).scalar_one())


def test_an_address_a_domain_and_a_scope(firm: Office, now: datetime) -> None:
    by = By(None, now)
    suppressions.suppress(firm, by, "Bob@Client.test")
    suppressions.suppress(firm, by, "@closed.test")
    suppressions.suppress(firm, by, "ann@client.test", "marketing", "objection")
    assert _says(firm, "bob@client.test")
    assert _says(firm, "bob@client.test", "marketing")
    assert _says(firm, "anyone@closed.test")
    assert not _says(firm, "anyone@notclosed.test")
    assert not _says(firm, "x@sub.closed.test")
    assert _says(firm, "ann@client.test", "marketing")
    assert not _says(firm, "ann@client.test", "all")
    assert not _says(firm, "ann@client.test", "Dealers")


def test_the_first_reason_stays(firm: Office, now: datetime) -> None:
    first = suppressions.suppress(firm, By(None, now), "bob@client.test", reason="objection")
    assert suppressions.suppress(firm, By(None, now), "bob@client.test") == first
    with firm.database.reading() as connection:
        assert [r.reason for r in rows.listed(connection)] == ["objection"]


def test_lifting_can_be_undone(firm: Office, now: datetime) -> None:
    number = suppressions.suppress(firm, By(None, now), "bob@client.test", "marketing", "unsubscribed")
    lifted = suppressions.lift(firm, By(None, now), number)
    assert not _says(firm, "bob@client.test", "marketing")
    suppressions.put_back(firm, By(None, now), lifted)
    with firm.database.reading() as connection:
        (again,) = rows.of_address(connection, "bob@client.test")
    assert replace(again, id=lifted.id) == lifted
    with pytest.raises(NotFound):
        suppressions.lift(firm, By(None, now), 999)


def test_what_is_no_address_is_refused(firm: Office, now: datetime) -> None:
    for text in ("", "bob", "@", "bob@client.test\r\nBcc: x@y.test"):
        with pytest.raises(Refused):
            suppressions.suppress(firm, By(None, now), text)


def test_an_erased_address_stays_suppressed_by_its_hash(firm: Office, now: datetime) -> None:
    suppressions.suppress(firm, By(None, now), "bob@client.test")
    suppressions.suppress(firm, By(None, now), "bob@client.test", "marketing")
    suppressions.forget(firm, By(None, now), "bob@client.test")
    hashed = suppressions.hashed(firm.fingerprint, "bob@client.test")
    assert not _says(firm, "bob@client.test")
    assert _says(firm, "bob@client.test", "all", hashed)
    with firm.database.reading() as connection:
        assert {r.address for r in rows.listed(connection)} == {hashed}
        asked = ["bob@client.test", "ann@client.test"]
        found = rows.reasons(connection, asked, "all", lambda a: suppressions.hashed(firm.fingerprint, a))
    assert list(found) == ["bob@client.test"]


def test_reasons_for_many_at_once(firm: Office, now: datetime) -> None:
    by = By(None, now)
    suppressions.suppress(firm, by, "@closed.test")
    suppressions.suppress(firm, by, "ann@client.test", "Dealers")
    asked = [f"p{i}@closed.test" for i in range(1700)] + ["ann@client.test", "bob@client.test"]
    with firm.database.reading() as connection:
        found = rows.reasons(connection, asked, "Dealers")
        assert len(found) == 1701
        assert found["ann@client.test"].scope == "Dealers"
        assert "ann@client.test" not in rows.reasons(connection, asked, "marketing")
        page = rows.listed(connection, limit=1)
        assert [r.address for r in rows.listed(connection, wanted=rows.Wanted(before=page[0].id))] == ["@closed.test"]
