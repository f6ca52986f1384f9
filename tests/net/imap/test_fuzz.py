"""Whatever a server sends, a session answers with values or with errors of ours, and in time."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from mailcrm.errors import MailcrmError
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.uids import UidSet
from tests.fake_imap import Call, FakeImap

PIECES = [
    b"* ", b"+ ", b"c1 OK", b" ", b"(", b")", b"[", b"]", b'"', b"\\", b"{3}\r\n", b"{0}\r\n", b"\r\n", b"\n", b"NIL",
    b"1", b"4294967295", b"99999999999999999999", b"UID", b"FETCH", b"* 1 FETCH (UID 1 ", b"BODY[]", b"BODY[HEADER]",
    b"FLAGS (\\Seen)", b"FLAGS ", b"MODSEQ (1)", b"RFC822.SIZE ", b"INTERNALDATE ", b"* LIST () ", b"* STATUS INBOX (",
    b"MESSAGES 1", b"* SEARCH 1", b"* ESEARCH UID ALL ", b"ALL", b"1:*", b"* VANISHED (EARLIER) ", b"* 5 EXISTS\r\n",
    b"* OK [UIDVALIDITY 7]\r\n", b"* OK [HIGHESTMODSEQ ", b"[READ-ONLY]", b"abc", b"\x00", b"\xff", b"-1", b"9e999",
]  # fmt: skip
ASKED: list[Callable[[Session], Any]] = [
    lambda session: session.folders(),
    lambda session: session.status(b"Sent"),
    lambda session: session.examine(b"INBOX", (7, 1)),
    lambda session: list(session.discover(1)),
    lambda session: list(session.headers([1, 2])),
    lambda session: list(session.bodies([(1, 5), (2, 9 << 20)])),
    lambda session: list(session.changes(1)),
    lambda session: list(session.flags(UidSet.of([1]))),
    lambda session: session.present([1, 2]),
    lambda session: session.notify(),
    lambda session: session.noop(),
    lambda session: (session.idle(), session.idle_lines(), session.done()),
]


@pytest.mark.parametrize("seed", range(3))
def test_any_answer_is_survived(seed: int) -> None:
    chance = random.Random(seed)

    def babble(call: Call) -> bool:
        said = b"".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 40)))
        call.send(said.replace(b"c1", call.tag))
        if chance.random() < 0.7:
            call.send(b"\r\n" + call.tag + b" OK [READ-ONLY] done\r\n")
        return chance.random() < 0.8

    names = ("LIST", "STATUS", "FETCH", "SEARCH", "NOTIFY", "NOOP", "IDLE")
    for ask in ASKED * 3:
        with FakeImap() as fake, fake.examined(patience=0.4) as session:
            fake.answers.update(dict.fromkeys((*names, "EXAMINE"), babble))
            try:
                ask(session)
            except MailcrmError as error:
                assert str(error).endswith(".")  # noqa: PT017 (either way is right)
