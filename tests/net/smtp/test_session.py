"""One SMTP connection against a server that misbehaves: what is said, what is never mistaken for another's."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from mailcrm.mailing.answer import Answer
from mailcrm.mailing.wire import Unwritable
from mailcrm.net.smtp.session import Session, stuffed, xtext
from mailcrm.net.smtp.values import Envelope, SmtpFailed, SmtpLogin, SmtpServer
from tests.fake_smtp import EXTENSIONS, FakeSmtp, Turn

RAW = b"Subject: x\r\n\r\nhello\r\n"
PLAIN = tuple(one for one in EXTENSIONS if one != "PIPELINING")
BOTH = pytest.mark.parametrize("extensions", [EXTENSIONS, PLAIN])


def to(name: str, size: int = 0) -> Envelope:
    return Envelope("anna@firm.example", f"{name}@client.example", f"o.{name}", size)


def talk(server: FakeSmtp, story: Callable[[Session], Awaitable[None]], dot: float = 5.0) -> None:
    async def run() -> None:
        where = SmtpServer("127.0.0.1", server.port, "plain", None, 5.0, 5.0, dot)
        await story(await Session.open(where, None))

    asyncio.run(run())


async def hand_over(session: Session, name: str, following: Envelope | None = None) -> Answer:
    """One message to NAME, or what was said against it."""
    return await session.offer(to(name)) or await session.send(RAW, following)


@BOTH
def test_many_messages_over_one_connection(extensions: tuple[str, ...]) -> None:
    envelopes = [to(f"c{n}") for n in range(20)]

    async def story(session: Session) -> None:
        for one, following in zip(envelopes, [*envelopes[1:], None], strict=True):
            assert await session.offer(one) is None
            assert (await session.send(RAW, following)).code == 250
        await session.quit()

    with FakeSmtp(extensions=extensions) as server:
        talk(server, story)
    assert server.recipients() == [one.recipient for one in envelopes]
    assert server.connections == 1
    assert {one.data for one in server.taken} == {RAW}


@BOTH
@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "DOT"])
def test_a_refusal_is_that_recipients_alone(extensions: tuple[str, ...], phase: str) -> None:
    def script(turn: Turn) -> str | None:
        bad = "bad@" in turn.recipient or (turn.command == "MAIL" and "bad" in turn.line)
        return "550 5.1.1 no" if turn.command == phase and bad else None

    async def story(session: Session) -> None:
        bad = replace(to("bad"), sender="bad@firm.example" if phase == "MAIL" else "anna@firm.example")
        assert (await hand_over(session, "a", bad)).is_good
        refused = await session.offer(bad)
        refused = refused or await session.send(RAW)
        assert refused is not None
        assert (refused.phase, refused.code, refused.enhanced) == (phase.lower(), 550, "5.1.1")
        assert (await hand_over(session, "b")).is_good

    with FakeSmtp(script, extensions) as server:
        talk(server, story)
    assert server.recipients() == ["a@client.example", "b@client.example"]
    assert server.connections == 1


def test_a_server_that_waits_for_a_message_to_nobody_gets_none() -> None:
    def script(turn: Turn) -> str | None:
        if turn.command == "RCPT" and "bad@" in turn.line:
            return "550 5.1.1 no"
        return "354 go on then" if turn.command == "DATA" else None

    async def story(session: Session) -> None:
        assert (await hand_over(session, "bad")).phase == "rcpt"
        assert not session.is_open

    with FakeSmtp(script) as server:
        talk(server, story)
    assert server.taken == []


@BOTH
def test_a_late_reply_is_never_another_ones(extensions: tuple[str, ...]) -> None:
    late = [True]

    def script(turn: Turn) -> str | float | None:
        if turn.command == "DOT" and late:
            late.pop()
            return 2.5
        return "550 5.1.1 no such user" if turn.command == "RCPT" and "bad@" in turn.recipient else None

    async def story(session: Session) -> None:
        with pytest.raises(SmtpFailed) as failed:
            await hand_over(session, "slow")
        assert (failed.value.answer.phase, failed.value.answer.code) == ("dot", 0)
        assert not session.is_open
        await asyncio.sleep(2.5)
        with pytest.raises(SmtpFailed):
            await session.offer(to("bad"))

    with FakeSmtp(script, extensions) as server:
        talk(server, story, dot=0.5)


@BOTH
def test_what_is_given_up_before_the_message_is_not_sent(extensions: tuple[str, ...]) -> None:
    async def story(session: Session) -> None:
        assert await session.offer(to("a")) is None
        session.abandon()
        assert not session.is_open
        with pytest.raises(SmtpFailed):
            await session.send(RAW)

    with FakeSmtp(extensions=extensions) as server:
        talk(server, story)
    assert server.taken == []


def test_a_task_that_is_cancelled_leaves_no_connection_behind() -> None:
    async def story(session: Session) -> None:
        assert await session.offer(to("a")) is None
        sending = asyncio.ensure_future(session.send(RAW))
        await asyncio.sleep(0.2)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert not session.is_open

    with FakeSmtp(lambda turn: "hang" if turn.command == "DOT" else None) as server:
        talk(server, story)


@pytest.mark.parametrize(
    ("script", "phase", "code"),
    [
        (lambda turn: "421 4.3.2 too busy" if turn.command == "GREET" else None, "connect", 421),
        (lambda turn: "535 5.7.8 wrong" if turn.command == "AUTH" else None, "auth", 535),
        (lambda turn: "drop" if turn.command == "EHLO" else None, "connect", 0),
    ],
)
def test_opening_says_where_it_failed(script: Callable[[Turn], str | None], phase: str, code: int) -> None:
    async def run() -> None:
        where = SmtpServer("127.0.0.1", server.port, "plain", None, 5.0)
        with pytest.raises(SmtpFailed) as failed:
            await Session.open(where, SmtpLogin("anna", "secret"))
        assert (failed.value.answer.phase, failed.value.answer.code) == (phase, code)
        assert "secret" not in str(failed.value)

    with FakeSmtp(script, (*EXTENSIONS, "AUTH PLAIN LOGIN")) as server:
        asyncio.run(run())


def test_nobody_listens() -> None:
    with FakeSmtp() as server:
        port = server.port

    async def run() -> None:
        with pytest.raises(SmtpFailed) as failed:
            await Session.open(SmtpServer("127.0.0.1", port, "plain"), None)
        assert failed.value.answer.phase == "connect"

    asyncio.run(run())


def test_reports_are_asked_for_where_the_server_offers_them() -> None:
    async def story(session: Session) -> None:
        assert (await session.offer(replace(to("a+b=c"), id="o.x=y", size=99))) is None
        assert (await session.send(RAW)).is_good

    with FakeSmtp() as server:
        talk(server, story)
    mail, rcpt = server.taken[0].lines[:2]
    assert mail == "MAIL FROM:<anna@firm.example> SIZE=99 RET=HDRS ENVID=o.x+3Dy"
    assert rcpt == "RCPT TO:<a+b=c@client.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@client.example"
    with FakeSmtp(extensions=("PIPELINING",)) as bare:
        talk(bare, story)
    assert bare.taken[0].lines[:2] == ("MAIL FROM:<anna@firm.example>", "RCPT TO:<a+b=c@client.example>")


def test_a_local_part_outside_ascii_needs_a_server_that_can() -> None:
    async def story(session: Session) -> None:
        answer = await session.offer(to("dörte"))
        if "smtputf8" in session.features.names:
            assert answer is None
            assert (await session.send(RAW)).is_good
        else:
            assert answer is not None
            assert (answer.code, answer.enhanced) == (553, "5.6.7")

    with FakeSmtp() as server:
        talk(server, story)
        assert server.taken == []
    with FakeSmtp(extensions=(*EXTENSIONS, "SMTPUTF8")) as server:
        talk(server, story)
        assert server.taken[0].lines[0].endswith("SMTPUTF8")
        assert server.recipients() == ["dörte@client.example"]


def test_a_message_above_the_size_of_the_server_is_not_offered() -> None:
    async def story(session: Session) -> None:
        refused = await session.offer(to("a", 25 << 20))
        assert refused is not None
        assert refused.enhanced == "5.3.4"
        assert (await hand_over(session, "b")).is_good

    with FakeSmtp() as server:
        talk(server, story)


@pytest.mark.parametrize(
    "bad", ["a@b.example>\r\nRCPT TO:<evil@x.example", "a b@c.example", "<a@b.example", "nobody", ""]
)
def test_no_address_breaks_out_of_its_command(bad: str) -> None:
    async def story(session: Session) -> None:
        with pytest.raises(Unwritable):
            await session.offer(Envelope("anna@firm.example", bad))
        assert (await hand_over(session, "b")).is_good

    with FakeSmtp() as server:
        talk(server, story)
    assert server.recipients() == ["b@client.example"]
    assert not [line for line in server.lines if "evil" in line]


def test_an_id_cannot_break_out_either() -> None:
    assert xtext("x\r\nRCPT TO:<evil@y.example>") == "x+0D+0ARCPT+20TO:<evil@y.example>"


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        (b".\r\n..a\r\n", b"..\r\n...a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\nb\rc\r\n", b"a\r\nb\r\nc\r\n.\r\n"),
        (b"a\r\n.\r\nMAIL FROM:<evil@x>\r\n", b"a\r\n..\r\nMAIL FROM:<evil@x>\r\n.\r\n"),
        (b"a\n.\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
    ],
)
def test_no_message_ends_before_its_end(raw: bytes, sent: bytes) -> None:
    assert stuffed(raw) == sent
