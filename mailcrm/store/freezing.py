"""Recipients before anything leaves: whom an audience names, the frozen rows, what is wrong with them, their queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, literal, or_, select, update
from sqlmodel import col

from mailcrm.mailing.audience import Audience
from mailcrm.mailing.preflight import Frozen
from mailcrm.mailing.state import WAITING
from mailcrm.model import Client, ClientGroup, GroupClient, Mailing, MailingSkip, Offer, Recipient, TrackedLink
from mailcrm.store import clients
from mailcrm.store.clients import ClientFilter
from mailcrm.store.rows import insert, parts, table
from mailcrm.store.visibility import Viewer, sees, sees_client


@dataclass(frozen=True, slots=True)
class Pending:
    """A recipient that is still to be made."""

    id: int
    client_id: int
    contact_id: int | None
    address: str
    account_id: int
    group_id: int | None
    variant_id: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipient or a skipped client as a page shows it."""

    id: int
    client_id: int | None
    client: str
    address: str
    state: str
    reason: str
    warnings: str


_ID: Any = col(Recipient.id)
_CLIENT_ID: Any = col(Client.id)
_APPROVED = (*WAITING, "claimed", "sending", "accepted", "uncertain", "failed")
_PENDING: Any = (
    _ID,
    col(Recipient.client_id),
    col(Recipient.contact_id),
    col(Recipient.address),
    col(Recipient.account_id),
    col(Recipient.group_id),
    col(Recipient.variant_id),
)


def named(connection: Connection, who: Viewer, audience: Audience) -> dict[int, int | None]:
    """Client → the first group of the audience through which it came in, of those that the viewer may see."""
    found: dict[int, int | None] = {}
    live = (col(Client.archived_at).is_(None), sees(who))
    for group_id in audience.groups:
        members = select(_CLIENT_ID).join(GroupClient, col(GroupClient.client_id) == _CLIENT_ID)
        rows = connection.execute(members.where(col(GroupClient.group_id) == group_id, *live).order_by(_CLIENT_ID))
        for number in rows.scalars():
            found.setdefault(number, group_id)
    for one in audience.filters:
        fitting = ClientFilter(one.words, owner_ids=one.owners, tag_id=one.tag_id, fields=one.fields)
        for number in clients.numbers(connection, who, fitting):
            found.setdefault(number, None)
    wanted = [_CLIENT_ID.in_(part) for part in parts(audience.clients)]
    if audience.owners:
        wanted.append(col(Client.owner_id).in_(audience.owners))
    if wanted:
        for number in connection.execute(select(_CLIENT_ID).where(or_(*wanted), *live).order_by(_CLIENT_ID)).scalars():
            found.setdefault(number, None)
    return found


def had_offer(connection: Connection, offer_id: int) -> set[int]:
    """Clients to whom an offer was sent, or is on its way, by any mailing; also those at whom sending failed."""
    sent = (col(Recipient.state).in_(_APPROVED), col(Recipient.client_id).is_not(None))
    query = select(col(Recipient.client_id)).join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
    found = connection.execute(query.where(col(Mailing.offer_id) == offer_id, *sent).distinct())
    return {one for one in found.scalars() if one is not None}


def groups(connection: Connection) -> list[tuple[int, str, int]]:
    """All groups but archived ones, by name: (id, name, how many clients)."""
    size = func.count(col(GroupClient.client_id))
    query = (
        select(col(ClientGroup.id), col(ClientGroup.name), size)
        .join(GroupClient, col(GroupClient.group_id) == col(ClientGroup.id), isouter=True)
        .where(col(ClientGroup.archived_at).is_(None))
        .group_by(col(ClientGroup.id), col(ClientGroup.name))
        .order_by(col(ClientGroup.name))
    )
    return [(number or 0, name, count) for number, name, count in connection.execute(query)]


def sizes(connection: Connection, client_ids: Collection[int]) -> dict[int, int]:
    """Client → how many messages were exchanged with it."""
    query, found = select(_CLIENT_ID, col(Client.message_count)), dict[int, int]()
    for part in parts(client_ids):
        found.update((number, count) for number, count in connection.execute(query.where(_CLIENT_ID.in_(part))).all())
    return found


def last_words(connection: Connection, client_ids: Collection[int]) -> dict[int, datetime]:
    """Client → when the last message came from it or went to it."""
    found: dict[int, datetime] = {}
    query = select(_CLIENT_ID, col(Client.last_in_at), col(Client.last_out_at))
    for part in parts(client_ids):
        for number, came, went in connection.execute(query.where(_CLIENT_ID.in_(part))):
            if times := [one for one in (came, went) if one is not None]:
                found[number] = max(times)
    return found


def open_offers(connection: Connection, client_ids: Collection[int], but: int) -> dict[int, int]:
    """Client → the least that an undecided open offer, other than the offer `but`, asks of it (ten-thousandths)."""
    found: dict[int, int] = {}
    query = (
        select(col(Recipient.client_id), func.min(func.coalesce(col(Recipient.total), 0)))
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .where(col(Recipient.accepted_at).is_not(None), col(Recipient.decision) == "", col(Offer.id) != but)
        .where(col(Offer.state) == "open")
        .group_by(col(Recipient.client_id))
    )
    for part in parts(client_ids):
        rows = connection.execute(query.where(col(Recipient.client_id).in_(part))).all()
        found.update((number, total) for number, total in rows if number is not None)
    return found


def earlier(connection: Connection, offer_id: int, addresses: Collection[str]) -> dict[str, str]:
    """Address → the ids of the thread in which it got this offer before, oldest first, separated by blanks."""
    found: dict[str, str] = {}
    query = (
        select(col(Recipient.address), col(Recipient.thread_refs), col(Recipient.message_id))
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .where(col(Mailing.offer_id) == offer_id, col(Recipient.accepted_at).is_not(None))
        .where(col(Recipient.client_id).is_not(None), col(Recipient.message_id).is_not(None))
        .order_by(col(Recipient.accepted_at), _ID)
    )
    for part in parts(addresses):
        for address, refs, last in connection.execute(query.where(col(Recipient.address).in_(part))):
            found[address] = f"{refs} {last}".strip()
    return found


def clear(connection: Connection, mailing_id: int) -> None:
    """Remove what was prepared; nothing of it may have left."""
    connection.execute(delete(MailingSkip).where(col(MailingSkip.mailing_id) == mailing_id))
    connection.execute(delete(Recipient).where(col(Recipient.mailing_id) == mailing_id))
    connection.execute(delete(TrackedLink).where(col(TrackedLink.mailing_id) == mailing_id))


def add(connection: Connection, recipients: Sequence[dict[str, Any]], skips: Sequence[dict[str, Any]]) -> None:
    """Insert recipients that are to be made, and skipped clients."""
    insert(connection, Recipient, recipients)
    insert(connection, MailingSkip, skips)


def pending(connection: Connection, mailing_id: int, limit: int) -> list[Pending]:
    """The next recipients that are to be made."""
    query = select(*_PENDING).where(col(Recipient.mailing_id) == mailing_id, col(Recipient.state) == "new")
    return [Pending(*row) for row in connection.execute(query.order_by(_ID).limit(limit))]


def update_made(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Set what was made of recipients that nobody made meanwhile; every row names `id` and the same columns."""
    if rows:
        recipient = table(Recipient)
        statement = update(recipient).where(recipient.c.id == bindparam("of"), recipient.c.state == "new")
        names: dict[str, Any] = {name: bindparam(f"to_{name}") for name in rows[0] if name != "id"}
        given = [{"of": row["id"], **{f"to_{name}": row[name] for name in row if name != "id"}} for row in rows]
        connection.execute(statement.values(**names), given)


def forget_client(connection: Connection, recipient_id: int) -> None:
    """Take the client from a recipient: a trial is nobody's offer."""
    connection.execute(update(Recipient).where(recipient_id == _ID).values(client_id=None, contact_id=None))


def frozen(connection: Connection, mailing_id: int) -> list[Frozen]:
    """What of the recipients is approved."""
    query = select(
        col(Recipient.address),
        col(Recipient.account_id),
        col(Recipient.terms),
        col(Recipient.raw_sha256),
        col(Recipient.document_sha256),
    ).where(col(Recipient.mailing_id) == mailing_id, col(Recipient.state).in_(("rendered", "queued")))
    return [Frozen(*row) for row in connection.execute(query)]


def rendered_ids(connection: Connection, mailing_id: int) -> list[int]:
    """The recipients that are made, in the order in which they will be sent."""
    query = select(_ID).where(col(Recipient.mailing_id) == mailing_id, col(Recipient.state) == "rendered")
    return list(connection.execute(query.order_by(_ID)).scalars())


def enqueue(connection: Connection, waves: dict[int, list[int]], not_before: datetime) -> None:
    """Put recipients into the queue: wave → ids."""
    for wave, ids in waves.items():
        for part in parts(ids):
            change = update(Recipient).where(_ID.in_(part), col(Recipient.state) == "rendered")
            connection.execute(change.values(state="queued", wave=wave, not_before=not_before))


def move(connection: Connection, mailing_id: int, not_before: datetime) -> None:
    """Let those who wait in the queue wait until then."""
    mine = (col(Recipient.mailing_id) == mailing_id, col(Recipient.state) == "queued")
    change = update(Recipient).where(*mine, col(Recipient.not_before) != not_before)
    connection.execute(change.values(not_before=not_before))


def troubled(connection: Connection, who: Viewer, mailing_id: int, limit: int = 50) -> list[Listed]:
    """Recipients that cannot be made, then those with warnings; of the clients that the viewer may see."""
    query = (
        select(
            _ID,
            col(Recipient.client_id),
            func.coalesce(col(Client.name), ""),
            col(Recipient.address),
            col(Recipient.state),
            col(Recipient.reason),
            col(Recipient.warnings),
        )
        .join(Client, col(Recipient.client_id) == _CLIENT_ID, isouter=True)
        .where(col(Recipient.mailing_id) == mailing_id, sees_client(who, col(Recipient.client_id)))
        .where(or_(col(Recipient.state) == "render_error", col(Recipient.warnings) != ""))
        .order_by(col(Recipient.state) != "render_error", _ID)
        .limit(limit)
    )
    return [Listed(*row) for row in connection.execute(query)]


def skipped(connection: Connection, who: Viewer, mailing_id: int, limit: int = 50) -> list[Listed]:
    """Clients whom the mailing leaves out, conflicts first; of those that the viewer may see."""
    query = (
        select(
            col(MailingSkip.id),
            _CLIENT_ID,
            col(Client.name),
            col(MailingSkip.address),
            literal("skipped"),
            col(MailingSkip.reason),
            literal(""),
        )
        .join(Client, col(MailingSkip.client_id) == _CLIENT_ID)
        .where(col(MailingSkip.mailing_id) == mailing_id, sees(who))
        .order_by(col(MailingSkip.reason) != "conflict", col(MailingSkip.reason), col(Client.name_key))
        .limit(limit)
    )
    return [Listed(*row) for row in connection.execute(query)]


def skip_counts(connection: Connection, mailing_id: int) -> dict[str, int]:
    """Reason → how many clients are left out."""
    query = select(col(MailingSkip.reason), func.count()).where(col(MailingSkip.mailing_id) == mailing_id)
    rows = connection.execute(query.group_by(col(MailingSkip.reason))).all()
    return {reason: count for reason, count in rows}  # noqa: C416  # rows are no pairs to mypy
