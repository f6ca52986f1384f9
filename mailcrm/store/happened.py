"""What happened of late that webhooks tell besides mail: tasks that are due, offers that were accepted."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from mailcrm.model import Client, Mailing, Offer, Recipient, Task
from mailcrm.store.tasks import sees_task
from mailcrm.store.visibility import Viewer, sees_client
from mailcrm.store.webhooks import Happening

_CLIENT: Any = (col(Client.id), col(Client.name))


def due(connection: Connection, who: Viewer, since: datetime, now: datetime, limit: int) -> list[Happening]:
    """Open tasks that the viewer may see and that came due since then; one that is put off comes due again."""
    query: Any = (
        select(col(Task.id), col(Task.title), col(Task.owner_id), col(Task.due_at), *_CLIENT)
        .outerjoin(Client, col(Client.id) == col(Task.client_id))
        .where(col(Task.state) == "open", col(Task.due_at) >= since, col(Task.due_at) <= now, sees_task(who))
        .order_by(col(Task.due_at).desc(), col(Task.id))
        .limit(limit)
    )
    found = []
    for number, title, owner, at, client, name in connection.execute(query):
        task = {"id": number, "title": title, "owner_id": owner, "due_at": at.isoformat()}
        facts = {"client": _client(client, name), "task": task}
        found.append(Happening("task.due", f"task:{number}:{at.isoformat()}", at, facts))
    return found


def accepted(connection: Connection, who: Viewer, since: datetime, limit: int) -> list[Happening]:
    """Offers that clients accepted since then, of clients whom the viewer may see."""
    query: Any = (
        select(
            col(Recipient.id),
            col(Recipient.address),
            col(Recipient.decided_at),
            col(Recipient.mailing_id),
            col(Offer.id),
            col(Offer.number),
            col(Offer.title),
            *_CLIENT,
        )
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .outerjoin(Client, col(Client.id) == col(Recipient.client_id))
        .where(col(Recipient.decision) == "accepted", col(Recipient.decided_at) >= since)
        .where(sees_client(who, col(Recipient.client_id)))
        .order_by(col(Recipient.decided_at).desc(), col(Recipient.id))
        .limit(limit)
    )
    found = []
    for number, address, at, mailing, offer, code, title, client, name in connection.execute(query):
        told = {"id": offer, "number": code, "title": title, "mailing_id": mailing}
        facts = {"client": _client(client, name), "offer": told, "recipient": {"id": number, "address": address}}
        found.append(Happening("offer.accepted", f"offer:{number}", at, facts))
    return found


def _client(number: int | None, name: str | None) -> dict[str, Any] | None:
    return None if number is None else {"id": number, "name": name}
