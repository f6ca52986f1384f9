"""Building the message of one recipient: terms, words, document, bytes; or the reason why it cannot be sent."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from mailcrm.errors import Refused
from mailcrm.flow import making
from mailcrm.flow.making import Circumstances, Kit, Paper
from mailcrm.mail.address import Address, ascii_domain
from mailcrm.mailing import preflight
from mailcrm.mailing.links import doubtful
from mailcrm.mailing.merge import Merge, Person
from mailcrm.mailing.pricing import below_floor
from mailcrm.mailing.render import BadTemplate, Compiled, RenderFailed, Words
from mailcrm.mailing.replies import CLICK, OFFER, OPEN, UNSUBSCRIBE, thread_index
from mailcrm.mailing.terms import missing
from mailcrm.mailing.token import TokenKeys, message_id, public_token
from mailcrm.mailing.tracked import Places, rewritten, with_picture
from mailcrm.mailing.tracking import counted, packed
from mailcrm.mailing.wire import Attached, Draft, Unwritable, encoded, serialise
from mailcrm.net.blobs import BlobStore
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store import freezing, mailings, merging, offers, send_accounts, tracking
from mailcrm.store.freezing import Pending
from mailcrm.store.mailings import MailingRow
from mailcrm.store.merging import Facts, Target
from mailcrm.store.send_accounts import SendAccountRow
from mailcrm.store.visibility import EVERYTHING

_FILETIME_BEGINS = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Press:
    """What messages are made with."""

    blobs: BlobStore
    tokens: TokenKeys
    setter: Typesetter
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is the same for a portion of recipients."""

    kit: Kit
    words: Mapping[str, Compiled]
    facts: Mapping[int, Facts]
    accounts: Mapping[int, SendAccountRow]
    variants: Mapping[int, Mapping[str, str]]
    attached: tuple[Attached, ...]
    last_words: Mapping[int, datetime]
    open_offers: Mapping[int, int]
    earlier: Mapping[str, str]
    """Address → the thread in which it got this offer before."""
    counted: Mapping[int, tuple[str, ...]]
    """Client → what is counted of it, as it agreed."""
    places: Places
    begun: datetime
    """When the mailing was made: the same however often it is prepared."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Built:
    """A recipient with his message, or with what is wrong."""

    state: str
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """Further columns."""


def workshop(
    connection: Connection, mailing: MailingRow, waiting: Sequence[Pending], blobs: BlobStore, now: datetime
) -> Workshop:
    """Everything that these recipients need, read at once. Raises Refused where the template cannot be used."""
    clients = [one.client_id for one in waiting]
    kit = making.kit(connection, mailing.offer_id, clients)
    try:
        words = making.compiled(kit)
    except BadTemplate as error:
        raise Refused(f"The template cannot be used, the message: {error.reason}") from None
    return Workshop(
        kit=kit,
        words=words,
        facts=merging.facts(connection, EVERYTHING, clients),
        accounts={row.id: row for row in send_accounts.accounts(connection)},
        variants={row.id: row.values for row in mailings.variants(connection, mailing.id)},
        attached=tuple(
            Attached(one.filename, _kind(one.content_type), encoded(blobs.read(one.sha256)))
            for one in offers.files(connection, mailing.offer_id)
        ),
        last_words=freezing.last_words(connection, clients),
        open_offers=freezing.open_offers(connection, clients, mailing.offer_id),
        earlier=freezing.earlier(connection, mailing.offer_id, [one.address for one in waiting]),
        counted={
            number: found
            for number, agreed in tracking.consents(connection, clients if mailing.tracking != "none" else ()).items()
            if (found := counted(mailing.tracking, agreed))
        },
        places=Places(tracking.links(connection, mailing.id) if mailing.tracking != "none" else {}),
        begun=mailing.created_at,
        now=now,
    )


def build(bench: Workshop, press: Press, one: Pending) -> Built:
    """The recipient's message with its bytes kept, or what has to be mended."""
    facts, account = bench.facts.get(one.client_id), bench.accounts.get(one.account_id)
    if facts is None or account is None:
        return Built("render_error", "account")
    offer = _merged(bench, press, one)
    if lacking := missing(bench.kit.specs, offer.values):
        return Built("render_error", f"missing: {lacking[0].label}")
    if below_floor(offer.priced, bench.kit.offer.margin_floor):
        return Built("render_error", "margin")
    try:
        words = making.words(bench.words, offer)
        paper = making.paper(bench.kit, one.client_id, offer, press.setter, press.blobs)
        raw = serialise(_draft(bench, press, one, (offer, _counting(bench, press, one, words), paper)))
    except RenderFailed as error:
        return Built("render_error", preflight.reason_of(error))
    except Refused as error:
        return Built("render_error", f"document: {error}"[:500])
    except Unwritable as error:
        return Built("render_error", f"address: {error}"[:500])
    if preflight.too_large(len(raw), _limit(account)):
        return Built("render_error", "size")
    return Built("rendered", "", _frozen(bench, press, one, (offer, words, paper, raw)))


def _merged(bench: Workshop, press: Press, one: Pending) -> Merge:
    facts, account = bench.facts[one.client_id], bench.accounts[one.account_id]
    target = next((t for t in facts.targets if t.email == one.address), None)
    links = {}
    if press.base_url:
        links["view"] = f"{press.base_url}/o/{public_token(press.tokens, OFFER, one.id)}"
        links["unsubscribe"] = f"{press.base_url}/u/{public_token(press.tokens, UNSUBSCRIBE, one.id)}"
    now = Circumstances(
        bench.now.date(),
        one.group_id,
        bench.kit.members.get(one.client_id, ()),
        bench.kit.clients.get(one.client_id, {}),
        bench.variants.get(one.variant_id or 0, {}),
        Person(account.name or account.user_name or "", account.address),
        links,
    )
    return making.merged(bench.kit, facts, target or Target(one.address, None, Person(email=one.address)), now)


def _draft(bench: Workshop, press: Press, one: Pending, made: tuple[Merge, Words, Paper | None]) -> Draft:
    offer, words, paper = made
    account = bench.accounts[one.account_id]
    own = (Attached(paper.name, paper.content_type, encoded(paper.data)),) if paper else ()
    thread = tuple(f"<{name.strip('<>')}>" for name in bench.earlier.get(one.address, "").split())
    return Draft(
        sender=Address(offer.sender.name, account.address),
        to=Address(offer.contact.name, one.address),
        subject=words.subject,
        text=words.text,
        message_id=message_id(press.tokens, one.id, ascii_domain(account.address.rpartition("@")[2])),
        html=words.html,
        attachments=own + bench.attached,
        in_reply_to=thread[-1] if thread else "",
        references=thread,
        headers=(*_leaving(press, one, account, offer.links.get("unsubscribe", "")), *_woven(bench, press, one)),
    )


def _counting(bench: Workshop, press: Press, one: Pending, words: Words) -> Words:
    """The message with its links by our own page, and with a picture, as far as the client agreed to it."""
    base, agreed = press.base_url, _agreed(bench, press, one)

    def place(target: str) -> str:
        number = bench.places.of(target)
        if number is None:
            return ""
        return f"{base}/c/{public_token(press.tokens, CLICK, packed(one.id, number))}"

    if "click" in agreed:
        words = rewritten(words, base, place)
    if "open" in agreed:
        words = with_picture(words, f"{base}/p/{public_token(press.tokens, OPEN, packed(one.id, 0))}.gif")
    return words


def _agreed(bench: Workshop, press: Press, one: Pending) -> tuple[str, ...]:
    return bench.counted.get(one.client_id, ()) if press.base_url else ()


def _leaving(press: Press, one: Pending, account: SendAccountRow, page: str) -> Iterator[tuple[str, str]]:
    """How to be written to no more: by a page, and by mail where the mailbox of the sender is read."""
    ways = [f"<{page}>"] if page else []
    if account.mailbox_id is not None:
        token = public_token(press.tokens, UNSUBSCRIBE, one.id)
        ways.append(f"<mailto:{quote(account.address, safe='@')}?subject=unsubscribe%20{token}>")
    if ways:
        yield "List-Unsubscribe", ", ".join(ways)
    if page.startswith("https://"):
        # One click needs TLS (RFC 8058 §3.1).
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _woven(bench: Workshop, press: Press, one: Pending) -> Iterator[tuple[str, str]]:
    """Outlook tells by it what a reply belongs to, and keeps it where References are lost. Not inside a thread: there
    a new one would tear the thread apart in Outlook."""
    if one.address not in bench.earlier:
        filetime = (bench.begun - _FILETIME_BEGINS) // timedelta(microseconds=1) * 10
        yield "Thread-Index", thread_index(press.tokens, one.id, filetime)


def _frozen(
    bench: Workshop, press: Press, one: Pending, made: tuple[Merge, Words, Paper | None, bytes]
) -> dict[str, Any]:
    """The columns of a recipient whose message is made."""
    offer, words, paper, raw = made
    account, margin = bench.accounts[one.account_id], offer.priced.margin
    total = int(offer.priced.net * 10_000)
    held = bench.open_offers.get(one.client_id)
    warnings = [
        name
        for name, counts in (
            ("wrote-lately", preflight.wrote_lately(bench.last_words.get(one.client_id), bench.now)),
            ("open-offer", held is not None and held <= total),
            ("link", bool(doubtful(words.text, words.html))),
        )
        if counts
    ]
    return {
        "terms": json.dumps(dict(offer.values), sort_keys=True, ensure_ascii=False),
        "total": total,
        "margin": None if margin is None else int(margin * 10_000),
        "name": offer.contact.name,
        "token": public_token(press.tokens, OFFER, one.id),
        "message_id": message_id(press.tokens, one.id, ascii_domain(account.address.rpartition("@")[2])),
        "raw_sha256": press.blobs.keep(raw),
        "raw_size": len(raw),
        "document_sha256": press.blobs.keep(paper.data) if paper else "",
        "document_name": paper.name if paper else "",
        "tracked": " ".join(kind for kind in _agreed(bench, press, one) if kind == "click" or words.html),
        "thread_refs": bench.earlier.get(one.address, ""),
        "warnings": " ".join(warnings),
    }


def _limit(account: SendAccountRow) -> int:
    """The largest message that the server said it takes; 0 where it does not say."""
    found = json.loads(account.probe) if account.probe else {}
    size = found.get("size", 0) if isinstance(found, dict) else 0
    return int(size) if isinstance(size, int | float) or str(size).isdigit() else 0


def _kind(content_type: str) -> str:
    return content_type if "/" in content_type and ";" not in content_type else "application/octet-stream"
