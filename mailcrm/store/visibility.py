"""Who may see which client, and how much of a message: decided in the query, never widened by a colleague.

A client is open to everyone, or where the company decided so (`privacy.clients = "assigned"`) to those who look after
it. A message is open through a client that one may see, or through a copy in one's own mailbox; how much of it, is
decided by copy.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    case,
    exists,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import Mapped
from sqlmodel import col

from mailcrm.model import Absence, Client, ClientGroup, GroupClient, GroupDeputy, Link, Mailbox, Message, MessageCopy
from mailcrm.store.rows import table

HIDDEN, STUB, SUBJECT, FULL = -1, 0, 1, 2


@dataclass(frozen=True, slots=True)
class Policy:
    """What the company decided on who sees what."""

    admin_reads_bodies: bool = False
    clients: str = "all"
    """all (one base of clients for everybody) or assigned (staff and managers see those that they look after)."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who asks: what he may see follows from his own mailboxes, from what the others allow, and from the
    clients that he looks after."""

    user_id: int
    role: str
    mailbox_ids: tuple[int, ...]
    reads_all: bool = False
    """An admin where the company decided that admins may read everything."""
    assigned: bool = False
    """He sees only clients that he looks after; never so for admins."""
    stands_for: tuple[int, ...] = ()
    """Himself, and the users who are away and whom he covers for."""
    group_ids: tuple[int, ...] = ()
    """The groups that he, or somebody whom he covers for, manages or is a deputy of."""


EVERYTHING = Viewer(0, "admin", (), reads_all=True)
"""Who sees all there is: the administrator at the command line, and rules."""


def viewer(connection: Connection, user_id: int, role: str, now: datetime, policy: Policy = Policy()) -> Viewer:
    """The viewer for a signed-in user, with the mailboxes that he owns, whom he covers for, and his groups."""
    found: dict[str, set[int]] = {"mailbox": set(), "absent": set(), "group": set()}
    for kind, number in connection.execute(_assignments(user_id, now)):
        found[kind].add(number)
    return Viewer(
        user_id,
        role,
        tuple(sorted(found["mailbox"])),
        policy.admin_reads_bodies and role == "admin",
        policy.clients == "assigned" and role != "admin",
        (user_id, *sorted(found["absent"] - {user_id})),
        tuple(sorted(found["group"])),
    )


def _assignments(user_id: int, now: datetime) -> Any:
    away = select(col(Absence.user_id)).where(
        col(Absence.cover_id) == user_id,
        col(Absence.starts_at) <= now,
        col(Absence.ends_at) > now,
        col(Absence.cancelled_at).is_(None),
    )
    used = col(ClientGroup.archived_at).is_(None)
    managed = or_(col(ClientGroup.manager_id) == user_id, col(ClientGroup.manager_id).in_(away))
    deputy = or_(col(GroupDeputy.user_id) == user_id, col(GroupDeputy.user_id).in_(away))
    helped = select(literal("group"), col(GroupDeputy.group_id)).join(
        ClientGroup, col(ClientGroup.id) == col(GroupDeputy.group_id)
    )
    return union_all(
        select(literal("mailbox"), col(Mailbox.id)).where(col(Mailbox.user_id) == user_id),
        away.with_only_columns(literal("absent"), col(Absence.user_id)),
        select(literal("group"), col(ClientGroup.id)).where(managed, used),
        helped.where(deputy, used),
    )


def sees_client(who: Viewer, client_id: ColumnElement[Any] | Mapped[Any]) -> ColumnElement[bool]:
    """SQL for whether `who` may see the client with this id."""
    if not who.assigned or who.reads_all:
        return true()
    # An alias, because the query around it may read clients of its own.
    owned = table(Client).alias("seen_client")
    return or_(exists().where(owned.c.id == client_id, owned.c.owner_id.in_(who.stands_for)), _grouped(who, client_id))


def sees(who: Viewer) -> ColumnElement[bool]:
    """The same for the row of `client` at hand, so that the index on owners can be used."""
    if not who.assigned or who.reads_all:
        return true()
    return or_(col(Client.owner_id).in_(who.stands_for), _grouped(who, col(Client.id)))


def looked_after(who: Viewer) -> CompoundSelect[Any]:
    """The ids of the clients that he looks after: found once, for queries over the rows of many clients."""
    owned = select(col(Client.id)).where(col(Client.owner_id).in_(who.stands_for))
    return union(owned, select(col(GroupClient.client_id)).where(col(GroupClient.group_id).in_(who.group_ids)))


def _grouped(who: Viewer, client_id: ColumnElement[Any] | Mapped[Any]) -> ColumnElement[bool]:
    member = table(GroupClient).alias("seen_group")
    return exists().where(member.c.client_id == client_id, member.c.group_id.in_(who.group_ids))


def level(who: Viewer) -> ColumnElement[Any]:
    """SQL for how much `who` sees of the row of `message` at hand: -1 nothing, 0 stub, 1 subject, 2 all of it.

    His own copy shows everything; otherwise the strictest of the mailboxes that hold a copy decides.
    """
    if who.reads_all:
        return col(Message.visibility) * 0 + FULL
    own = exists().where(
        col(MessageCopy.message_id) == col(Message.id), col(MessageCopy.mailbox_id).in_(who.mailbox_ids)
    )
    cases: list[Any] = [(own, FULL)] if who.mailbox_ids else []
    if not who.assigned:
        return case(*cases, else_=col(Message.visibility)) if cases else col(Message.visibility) + literal(0)
    return case(*cases, (_concerns(who), col(Message.visibility)), else_=HIDDEN)


def _concerns(who: Viewer) -> ColumnElement[bool]:
    """Whether the message concerns a client that he may see."""
    linked = table(Link).alias("seen_link")
    here = and_(linked.c.message_id == col(Message.id), linked.c.state == "active")
    return exists().where(here, sees_client(who, linked.c.client_id))
