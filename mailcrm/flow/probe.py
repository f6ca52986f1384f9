"""The probe of an account: it writes to itself and reads what arrives, to learn what its server does with mail.

What is learned: which extensions the server offers, whether it keeps our Message-ID and Date (else replies must be
known by other marks), which headers it signs, and whether it saves what it sends in Sent by itself. The last one sets
the mode of copies: an APPEND beside a server that saves makes two.
"""

import asyncio
import email
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from email.message import Message
from typing import Any

from mailcrm.errors import MailcrmError, ServerRefused
from mailcrm.flow.sent_copies import sent_folder
from mailcrm.flow.tools import SendTools, login_of, server_of
from mailcrm.mail.address import Address
from mailcrm.mailing.token import public_token
from mailcrm.mailing.wire import Draft, dated, serialise, wire_address
from mailcrm.net.imap.session import Session as Mailbox
from mailcrm.net.imap.values import Fetched
from mailcrm.net.smtp.session import Session
from mailcrm.net.smtp.values import Envelope, SmtpFailed
from mailcrm.store import rounds, send_accounts
from mailcrm.store.send_accounts import SendAccountRow

PATIENCE = 60.0
"""Seconds for which the message is waited for."""
_PAUSE = 2.0
_SIGNED = re.compile(r"\bh\s*=\s*([^;]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found out. None stands for what could not be seen."""

    state: str = "done"
    """asked, running, done or failed."""
    error: str = ""
    """In plain words, where it failed."""
    extensions: tuple[str, ...] = ()
    size: int = 0
    auth: tuple[str, ...] = ()
    arrived: bool | None = None
    seconds: float = 0.0
    message_id_kept: bool | None = None
    date_kept: bool | None = None
    signed: bool | None = None
    """Whether there is a DKIM signature."""
    list_headers_signed: bool | None = None
    """Whether it covers List-Unsubscribe and List-Unsubscribe-Post, as RFC 8058 §4 wants."""
    sent_saved: bool | None = None
    """Whether the server put a copy into Sent by itself."""
    sent_found: bool | None = None
    """Whether there is a Sent folder."""

    @property
    def sent_copy(self) -> str:
        """The mode of copies that follows; empty where nothing follows."""
        if self.sent_found is None:
            return ""
        if not self.sent_found:
            return "off"
        return "server" if self.sent_saved else "append"


ASKED, RUNNING = (json.dumps({"state": state}) for state in ("asked", "running"))


def probe_of(text: str) -> Probe | None:
    """The last probe of an account as stored; None where there was none."""
    if not text:
        return None
    found = json.loads(text)
    known: Any = {name: found[name] for name in Probe.__dataclass_fields__ if name in found}
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
    return Probe(**fields)


async def run_asked(tools: SendTools) -> int:
    """Run the probes that somebody asked for; returns how many. Raises StorageFailed."""
    asked = await asyncio.to_thread(_take, tools)
    for account in asked:
        await run(tools, account)
    return len(asked)


async def run(tools: SendTools, account: SendAccountRow, patience: float = PATIENCE) -> Probe:
    """Try out one account, write down what was found and set the mode of copies."""
    try:
        found = await _probe(tools, account, patience)
    except SmtpFailed as failed:
        found = Probe("failed", f"{failed.answer.phase}: {failed.answer.text}")
    except MailcrmError as error:
        found = Probe("failed", str(error))
    await asyncio.to_thread(_store, tools, account, found)
    return found


def _take(tools: SendTools) -> list[SendAccountRow]:
    with tools.database.reading() as connection:
        if not send_accounts.with_probe(connection, ASKED):
            return []
    with tools.database.writing() as connection:
        waiting = send_accounts.with_probe(connection, ASKED)
        for one in waiting:
            send_accounts.change(connection, one.id, {"probe": RUNNING})
    return waiting


def _store(tools: SendTools, account: SendAccountRow, found: Probe) -> None:
    values = {"probe": json.dumps(asdict(found))}
    if found.sent_copy:
        values["sent_copy"] = found.sent_copy
    with tools.database.writing() as connection:
        send_accounts.change(connection, account.id, {**values, "probed_at": tools.clock(connection)})


async def _probe(tools: SendTools, account: SendAccountRow, patience: float) -> Probe:
    mark = public_token(tools.tokens, "probe", time.time_ns() % (1 << 40))
    id_ = f"<probe.{mark}@{account.address.rpartition('@')[2]}>"
    with tools.database.reading() as connection:
        login = login_of(connection, account, tools.credentials)
        now = tools.clock(connection)
    session = await Session.open(server_of(account, tools.patience), login)
    features = session.features
    raw = dated(serialise(_letter(account, mark, id_)), now)
    to = wire_address(account.address)
    answer = await session.offer(Envelope(to, to, f"probe.{mark}", len(raw))) or await session.send(raw)
    await session.quit()
    if not answer.is_good:
        raise ServerRefused(f"The server refuses a message: {answer.code} {answer.enhanced} {answer.text}")
    found = Probe(extensions=tuple(sorted(features.names)), size=features.size, auth=features.auth)
    if account.mailbox_id is None:
        return found
    began = time.monotonic()
    return await asyncio.to_thread(_look, _Look(tools, account, found, mark, id_), lambda: _left(began, patience))


def _left(began: float, patience: float) -> float:
    return patience - (time.monotonic() - began)


def _letter(account: SendAccountRow, mark: str, id_: str) -> Draft:
    me = Address(account.name, account.address)
    text = (
        "This message was sent by mailcrm from this account to itself, to find out what the mail server does with\n"
        "messages. You can delete it.\n"
    )
    leave = f"<https://localhost/u/{mark}>, <mailto:{account.address}?subject=unsubscribe>"
    headers = (("List-Unsubscribe", leave), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return Draft(me, me, f"mailcrm tries this account {mark}", text, id_, headers=headers)


@dataclass(frozen=True, slots=True)
class _Look:
    tools: SendTools
    account: SendAccountRow
    found: Probe
    mark: str
    id: str


def _look(look: _Look, left: Callable[[], float]) -> Probe:
    """Wait for the message in the inbox, then see whether Sent has one too."""
    credentials = look.tools.credentials
    with look.tools.database.reading() as connection:
        mailbox = rounds.account(connection, look.account.mailbox_id or 0)
    if mailbox is None:
        return look.found
    found = look.found
    with Mailbox.open(credentials.server(mailbox), credentials.login(mailbox)) as session:
        header = None
        while header is None and left() > 0:
            header = _header(session, b"INBOX", look)
            if header is None:
                time.sleep(min(_PAUSE, max(0.0, left())))
        found = replace(found, arrived=header is not None, seconds=round(PATIENCE - left(), 1))
        if header is not None:
            found = _read(found, header, look)
        try:
            folder = sent_folder(session)
        except ServerRefused:
            return replace(found, sent_found=False)
        return replace(found, sent_found=True, sent_saved=_header(session, folder, look) is not None)


def _header(session: Mailbox, folder: bytes, look: _Look) -> Message | None:
    session.examine(folder)
    uids = list(session.find_message_id(look.id) or session.find_subject(look.mark))
    # To the end: a stream that is left half-way takes its connection along.
    fetched = [got for got in (session.headers(uids[-1:]) if uids else ()) if isinstance(got, Fetched)]
    return email.message_from_bytes(fetched[0].raw) if fetched else None


def _read(found: Probe, header: Message, look: _Look) -> Probe:
    signatures = [str(value) for value in header.get_all("DKIM-Signature", [])]
    covered = [
        set(match[1].replace(" ", "").lower().split(":")) for one in signatures if (match := _SIGNED.search(one))
    ]
    wanted = {"list-unsubscribe", "list-unsubscribe-post"}
    return replace(
        found,
        message_id_kept=str(header["Message-ID"] or "").strip() == look.id,
        date_kept=len(header.get_all("Date", [])) == 1,
        signed=bool(signatures),
        list_headers_signed=any(wanted <= names for names in covered) if signatures else None,
    )
