"""Reports of many systems about a message of ours: with our Message-ID in them the recipient is always found."""

import sys
from pathlib import Path

import pytest

from mailcrm.mail import parse
from mailcrm.mail.message import Kind
from mailcrm.mailing.replies import clues
from mailcrm.mailing.token import TokenKeys, message_id
from tests.mail.test_corpora import mail

pytestmark = pytest.mark.corpora

KEYS = TokenKeys(((1, b"corpora!" * 4),))
_RECIPIENT = 4711
_LEAST_FOUND = 0.90


def _about_ours(raw: bytes, theirs: str) -> bytes:
    """The report as it would be about a message that we sent: our id wherever the id of the returned message stood."""
    ours = message_id(KEYS, _RECIPIENT, "example.com").strip("<>")
    return raw.replace(theirs.encode("utf-8", "surrogateescape"), ours.encode())


@pytest.mark.parametrize("name", ["sisimai", "flufl-bounce"])
def test_whom_a_report_is_about(corpora: Path, name: str) -> None:
    """By address or by our id for at least nine in ten; by our id for all that return it in plain text."""
    reports = named = ours = matched = 0
    for path in mail(corpora / name):
        raw = path.read_bytes()
        parsed = parse.message(raw)
        if parsed.kind is not Kind.BOUNCE or parsed.bounce is None:
            continue
        reports += 1
        by_address = any(one.email for one in parsed.bounce.recipients)
        theirs = parsed.bounce.original_message_id
        if not theirs or theirs.encode() not in raw:
            named += by_address
            continue
        again = parse.message(_about_ours(raw, theirs))
        found = [number for layer, number in clues(again, KEYS).named if layer == "message-id"]
        ours += 1
        matched += _RECIPIENT in found
        named += by_address or bool(found)
    sys.stdout.write(f"{name}: {reports} reports, {named} with a recipient, our id in {ours}, found in {matched}\n")
    assert reports > 50
    assert named / reports >= _LEAST_FOUND
    assert matched == ours
