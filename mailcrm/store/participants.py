"""The headers of stored messages, put together again as far as the matching rules read them."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlmodel import col

from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders
from mailcrm.model import MailAddress, Message, MessageAddress
from mailcrm.store.rows import parts


def headers(connection: Connection, message_ids: Iterable[int]) -> dict[int, ParsedHeaders]:
    """Message → its people, ids and subject, oldest first."""
    found: dict[int, ParsedHeaders] = {}
    for part in parts(sorted(message_ids)):
        people = _people(connection, part)
        query = select(
            col(Message.id),
            col(Message.message_id),
            col(Message.subject),
            col(Message.in_reply_to),
            col(Message.reference_ids),
        ).where(col(Message.id).in_(part))
        for number, message_id, subject, replied, references in connection.execute(query.order_by(col(Message.id))):
            who = people[int(number or 0)]
            found[int(number or 0)] = ParsedHeaders(
                message_id=message_id,
                subject=subject,
                in_reply_to=tuple(replied.split()),
                references=tuple(reversed(references.split())),
                from_=tuple(who["from"]),
                sender=tuple(who["sender"]),
                reply_to=tuple(who["reply-to"]),
                to=tuple(who["to"]),
                cc=tuple(who["cc"]),
                bcc=tuple(who["bcc"]),
            )
    return found


def _people(connection: Connection, part: list[int]) -> dict[int, dict[str, list[Address]]]:
    query = (
        select(
            col(MessageAddress.message_id), col(MessageAddress.role), col(MessageAddress.name), col(MailAddress.email)
        )
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(col(MessageAddress.message_id).in_(part))
        .order_by(col(MessageAddress.message_id), col(MessageAddress.position))
    )
    found: dict[int, dict[str, list[Address]]] = defaultdict(lambda: defaultdict(list))
    for number, role, name, email in connection.execute(query):
        found[number][role].append(Address(name, email))
    return found
