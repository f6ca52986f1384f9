"""Real mail of many systems: everything parses, and what others expect of it is measured against a ratchet.

`replies.json` holds, for each letter, the sha256 of the reply that is expected, without white space, and who says so:
"upstream" where the tests of the project that the letter comes from say it (a whole reply, or fragments of which
some are neither quoted, nor hidden, nor a signature), "hand" where they do not and a person read the letter without
looking at our output; `lines` tells which lines of the file are new words, counted from 0. Real words are not copied
here. A score may rise, and then the table is raised; it may not fall.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.mail import body, parse, quote
from mailcrm.mail.inspect import inspect
from mailcrm.mail.message import Kind, ParsedMessage

pytestmark = pytest.mark.corpora

_MAIL = (
    "cpython-test-email", "django-mailbox", "enron", "flufl-bounce", "mikel-mail", "mime4j", "nodemailer-mailparser",
    "notmuch", "nylas-sync-engine", "public-inbox", "redmine", "ru-from-lists", "sisimai", "spamassassin-easy-ham-1",
    "spamscope-mail-parser", "talon", "tnefparse", "usrp-users-2021",
)  # fmt: skip
_NO_PEOPLE = (".json", ".cats", ".png", ".jpg", ".gif", ".py")
_HUMANS = ("usrp-users-2021", "enron", "spamassassin-easy-ham-1", "ru-from-lists")
_MACHINES = ("mailer-daemon", "postmaster")
_REPLIES = {
    "github-email-reply-parser": 1.0, "mail-parser-reply": 1.0, "talon": 0.95, "talon-signatures": 0.5,
    "willdurand-EmailReplyParser": 1.0, "zapier-email-reply-parser": 1.0,
}  # fmt: skip
_ALL_REPLIES = 0.97
_RECOGNISED = {"sisimai": 0.992, "flufl-bounce": 0.98}
_HARD_RIGHT, _ADDRESSED = 0.975, 0.99


def mail(folder: Path) -> Iterator[Path]:
    """Every file of a folder that may be a message."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in _NO_PEOPLE)


@pytest.mark.parametrize("name", _MAIL)
def test_everything_parses(corpora: Path, name: str) -> None:
    seen = 0
    for path in mail(corpora / name):
        raw = path.read_bytes()
        found = inspect(raw)
        json.dumps(found).encode("utf-8")
        assert "\x00" not in found["text"], path
        assert parse.headers(raw).message_id == found["message_id"], path
        seen += 1
    sys.stdout.write(f"{name}: {seen} files parsed\n")
    assert seen > 10


@pytest.mark.parametrize("name", _HUMANS)
def test_no_letter_of_a_person_is_called_a_bounce(corpora: Path, name: str) -> None:
    for path in mail(corpora / name):
        message = parse.message(path.read_bytes())
        if message.kind in (Kind.BOUNCE, Kind.COMPLAINT, Kind.RECEIPT):
            assert message.headers.from_[0].email.startswith(_MACHINES), path


def reply(path: Path) -> str:
    """The reply in one file of a reply corpus: a message, HTML or plain text."""
    raw = path.read_bytes()
    if path.suffix == ".eml":
        return parse.message(raw).reply_text
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    return quote.split(body.from_html(text) if path.suffix == ".html" else text).new


def wrong(corpora: Path, table: dict[str, dict[str, str]]) -> list[str]:
    """The files of a table whose reply is not the expected one."""
    found = {file: "".join(reply(corpora / file).split()).encode() for file in table}
    return [file for file, words in found.items() if hashlib.sha256(words).hexdigest() != table[file]["sha256"]]


def test_replies(corpora: Path) -> None:
    tables = json.loads((Path(__file__).parent / "replies.json").read_text())
    missed = {name: wrong(corpora, table) for name, table in tables.items()}
    total = sum(map(len, tables.values()))
    for name, table in tables.items():
        upstream = sum(one["by"] == "upstream" for one in table.values())
        score = 1 - len(missed[name]) / len(table)
        sys.stdout.write(
            f"{name}: {score:.1%} of {len(table)} replies equal ({upstream} by upstream); not: {missed[name]}\n"
        )
        assert score >= _REPLIES[name], missed[name]
    assert 1 - sum(map(len, missed.values())) / total >= _ALL_REPLIES


def bounces(corpora: Path) -> Iterator[tuple[str, ParsedMessage, set[str], bool]]:
    """The bounces of the sisimai set: name, what we understood, the reasons expected, and whether one is hard."""
    for name, wanted in json.loads((corpora / "sisimai" / "expected.json").read_text()).items():
        what = {one["reason"] for one in wanted or ()}
        if what and not what <= {"delivered", "feedback", "vacation"}:
            hard = any(one["hardbounce"] for one in wanted)
            yield name, parse.message((corpora / "sisimai" / "mails" / name).read_bytes()), what, hard


def test_bounces_of_sisimai(corpora: Path) -> None:
    found = list(bounces(corpora))
    known = [one for one in found if one[1].kind is Kind.BOUNCE and one[1].bounce]
    right = [one for one in known if one[1].bounce and one[1].bounce.hard == one[3]]
    named = [one for one in known if one[1].bounce and any(r.email for r in one[1].bounce.recipients)]
    recognised, hard, addressed = len(known) / len(found), len(right) / len(known), len(named) / len(known)
    sys.stdout.write(
        f"sisimai: recognised {recognised:.1%}, hard or soft right {hard:.1%}, recipient found {addressed:.1%}\n"
    )
    assert recognised >= _RECOGNISED["sisimai"]
    assert hard >= _HARD_RIGHT
    assert addressed >= _ADDRESSED


def test_reports_on_delivery_and_complaints_are_no_bounces(corpora: Path) -> None:
    table = json.loads((corpora / "sisimai" / "expected.json").read_text())
    for name, wanted in table.items():
        if wanted and {one["reason"] for one in wanted} <= {"delivered", "feedback", "vacation"}:
            assert parse.message((corpora / "sisimai" / "mails" / name).read_bytes()).kind is not Kind.BOUNCE, name


def test_bounces_of_flufl(corpora: Path) -> None:
    table = json.loads((corpora / "flufl-bounce" / "expected.json").read_text())
    known = total = found = 0
    for name, wanted in table.items():
        emails = {email.lower() for email in (*wanted["permanent"], *wanted["temporary"])}
        if emails:
            message = parse.message((corpora / "flufl-bounce" / "tests" / "data" / name).read_bytes())
            total += 1
            known += message.kind is Kind.BOUNCE
            found += message.bounce is not None and emails <= {r.email for r in message.bounce.recipients}
    sys.stdout.write(f"flufl-bounce: recognised {known / total:.1%}, recipients found {found / known:.1%}\n")
    assert known / total >= _RECOGNISED["flufl-bounce"]
    assert found / known >= _ADDRESSED
