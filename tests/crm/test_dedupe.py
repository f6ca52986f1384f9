"""Sameness: copies that differ on the way are one message; a forged Message-ID is another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.crm.dedupe import Identity, Sameness, same

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ONE = Identity("raw1", "id1", "digest1", "joe@acme.test", AT)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Sameness(7)),
        ({"message_id": "id2", "digest": "digest2"}, Sameness(7)),  # equal bytes decide
        ({"raw_sha256": "raw2"}, Sameness(7)),  # other Received lines
        ({"raw_sha256": "raw2", "digest": "digest2"}, Sameness(7)),  # a list footer
        ({"raw_sha256": "raw2", "digest": "digest2", "date": AT + timedelta(seconds=2)}, Sameness(7)),
        ({"raw_sha256": "raw2", "digest": "digest2", "date": AT + timedelta(seconds=3)}, Sameness(None, True)),
        ({"raw_sha256": "raw2", "digest": "digest2", "date": None}, Sameness(None, True)),
        ({"raw_sha256": "raw2", "digest": "digest2", "author": "eve@evil.test"}, Sameness(None, True)),
        ({"raw_sha256": "raw2", "message_id": "id2"}, Sameness(None)),  # the same words sent twice
        ({"raw_sha256": "raw2", "message_id": ""}, Sameness(None)),
    ],
)
def test_one_against_one(changes: dict[str, object], expected: Sameness) -> None:
    assert same(replace(ONE, **changes), [(7, ONE)]) == expected  # type: ignore[arg-type]


def test_without_a_message_id_the_digest_decides() -> None:
    nameless = replace(ONE, message_id="")
    assert same(replace(nameless, raw_sha256="raw2"), [(7, nameless)]) == Sameness(7)
    assert same(replace(nameless, raw_sha256="raw2", digest="digest2"), [(7, nameless)]) == Sameness(None)


def test_a_copy_is_found_behind_a_forgery() -> None:
    forged = replace(ONE, raw_sha256="raw9", digest="digest9", author="eve@evil.test")
    assert same(replace(ONE, raw_sha256="raw2"), [(3, forged), (7, ONE)]) == Sameness(7)
    assert same(ONE, []) == Sameness(None)
