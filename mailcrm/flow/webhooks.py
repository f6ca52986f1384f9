"""Webhooks: what happened is put on its way to whoever asked, as far as its user may see it, and delivered.

Each event is told once it is taken, at least once in all; the receiver knows a repetition by its webhook-id.
"""

import base64
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailcrm.crm.happenings import EVENTS, KEY_PREFIX, signature, wait
from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Office
from mailcrm.net.post import Outcome, checked_url, post
from mailcrm.net.secrets import Keyring
from mailcrm.store import happened, people, webhooks
from mailcrm.store.database import Database
from mailcrm.store.visibility import Policy, Viewer, viewer
from mailcrm.store.webhooks import Due, Happening, WebhookRow

FRESH = timedelta(days=3)
"""What is older is history that was just read, and nobody is told of it."""
KEPT = timedelta(days=14)
"""Settled deliveries are kept so long, so that nothing is told twice."""
GIVES_UP = 40
"""Failures in a row after which a webhook is told nothing more until somebody looks at it."""
_BATCH = 200


def add_webhook(office: Office, by: By, keyring: Keyring, url: str, events: tuple[str, ...]) -> str:
    """Tell `url` of events from now on, as far as the user who asks may see them; returns the key of its signatures,
    to be shown once. Raises Refused."""
    address, wanted = checked_url(url), tuple(one for one in EVENTS if one in events)
    if not wanted:
        raise Refused("Choose at least one event.")
    secret = KEY_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    with office.database.writing() as connection:
        values: dict[str, Any] = {
            "user_id": by.actor_id,
            "url": address,
            "events": " ".join(wanted),
            "created_at": by.at,
        }
        values |= {"secret": b"", "position": webhooks.newest_entry(connection)}
        webhook_id = webhooks.add(connection, values)
        webhooks.change(connection, webhook_id, {"secret": keyring.seal(secret, _context(webhook_id))})
    return secret


def pause_webhook(office: Office, webhook_id: int, state: str) -> None:
    """Set a webhook to active or paused; raises NotFound."""
    with office.database.writing() as connection:
        if not webhooks.change(connection, webhook_id, {"state": state, "failures": 0, "last_error": ""}):
            raise NotFound("There is no such webhook.")


def remove_webhook(office: Office, webhook_id: int) -> None:
    """Forget a webhook and what is on its way to it; raises NotFound."""
    with office.database.writing() as connection:
        if not webhooks.remove(connection, webhook_id):
            raise NotFound("There is no such webhook.")


def tell(database: Database, keyring: Keyring, policy: Policy, now: datetime) -> int:
    """Put on its way what happened since the last call, then deliver what is due; returns how many were delivered."""
    with database.reading() as connection:
        wanted = webhooks.webhooks(connection, "active")
    if not wanted:
        return 0
    for one in wanted:
        _gather(database, one, policy, now)
    with database.writing() as connection:
        webhooks.forget(connection, now - KEPT)
    with database.reading() as connection:
        ready = webhooks.due(connection, now, _BATCH)
    return sum(_deliver(database, keyring, one, now) for one in ready)


def _gather(database: Database, one: WebhookRow, policy: Policy, now: datetime) -> None:
    with database.writing() as connection:
        who = _eyes(connection, one.user_id, policy, now)
        if who is None:
            webhooks.change(
                connection, one.id, {"state": "failing", "last_error": "Its user may not sign in any more."}
            )
            return
        since = max(one.created_at, now - FRESH)
        after = max(0, one.position - webhooks.WINDOW)
        new = webhooks.received(connection, who, after, since, webhooks.WINDOW + _BATCH)
        found = [happening for _, happening in new] if "message.received" in one.events else []
        if "answer.received" in one.events:
            found += webhooks.answered(connection, who, since, _BATCH)
        if "task.due" in one.events:
            found += happened.due(connection, who, since, now, _BATCH)
        if "offer.accepted" in one.events:
            found += happened.accepted(connection, who, since, _BATCH)
        webhooks.queue(connection, [_row(one.id, happening, now) for happening in found])
        webhooks.change(connection, one.id, {"position": max([one.position, *(number for number, _ in new)])})


def _eyes(connection: Connection, user_id: int, policy: Policy, now: datetime) -> Viewer | None:
    user = people.user(connection, user_id)
    return viewer(connection, user.id, user.role, now, policy) if user is not None and user.is_active else None


def _row(webhook_id: int, happening: Happening, now: datetime) -> dict[str, Any]:
    told = {"type": happening.event, "timestamp": happening.at.isoformat(), "data": happening.facts}
    return {
        "webhook_id": webhook_id,
        "key": f"{webhook_id}:{happening.key}",
        "event": happening.event,
        "payload": json.dumps(told, ensure_ascii=False, separators=(",", ":")),
        "state": "waiting",
        "attempts": 0,
        "not_before": now,
        "status": 0,
        "error": "",
        "created_at": now,
    }


def _deliver(database: Database, keyring: Keyring, one: Due, now: datetime) -> bool:
    seconds = int(now.timestamp())
    secret = keyring.open(one.secret, _context(one.webhook_id))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "mailcrm",
        "webhook-id": one.key,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, one.key, seconds, one.payload),
    }
    outcome = post(one.url, headers, one.payload)
    with database.writing() as connection:
        _note(connection, one, outcome, now)
    return outcome.taken


def _note(connection: Connection, one: Due, outcome: Outcome, now: datetime) -> None:
    attempts = one.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "status": outcome.status, "error": outcome.error}
    if outcome.taken:
        webhooks.settle(connection, one.id, {**values, "state": "delivered", "delivered_at": now})
        webhooks.change(connection, one.webhook_id, {"failures": 0, "last_error": "", "last_success_at": now})
        return
    pause = wait(attempts)
    after = {"state": "failed"} if pause is None else {"not_before": now + pause}
    webhooks.settle(connection, one.id, {**values, **after})
    row = webhooks.webhook(connection, one.webhook_id)
    failures = (row.failures if row else 0) + 1
    state = {"state": "failing"} if failures >= GIVES_UP else {}
    webhooks.change(connection, one.webhook_id, {"failures": failures, "last_error": outcome.error, **state})


def _context(webhook_id: int) -> str:
    return f"webhook {webhook_id}"
