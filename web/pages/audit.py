"""The audit log: for admins all of it, and who looked at one client for those who answer for him."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for

from mailcrm.store import audit, people
from mailcrm.store.audit import AuditFilter, AuditRow
from mailcrm.store.clients import ClientRow
from web import labels
from web.access import admin_only, me, reading
from web.pages.clients import known

pages = Blueprint("audit", __name__)
SIZE = 50
ADDRESSES = {"message": "messages.message", "user": "users.edit", "mailbox": "mailboxes.health"}
ADDRESSES |= {"document": "documents.document", "contact": "contacts.edit"}
"""The page of a record by its kind; the last part of each address is the number of the record."""


@pages.get("/audit")
@admin_only
def overview() -> str:
    """One page of the log, newest first, filtered by who, what, on what, and when."""
    wanted = _wanted()
    rows = audit.rows(reading(), wanted, _number("before"), SIZE + 1)
    client = known(wanted.client_id) if wanted.client_id is not None else None
    return _page(rows, wanted, client, users=people.users(reading()))


@pages.get("/clients/<int:client_id>/audit")
def of_client(client_id: int) -> str:
    """Who looked at a client and at mail with him, and who changed what: for admins, managers and his owner."""
    client = known(client_id)
    if not may_audit(client):
        abort(403)
    wanted = replace(_wanted(), client_id=client_id)
    return _page(audit.rows(reading(), wanted, _number("before"), SIZE + 1), wanted, client, users=None)


def may_audit(client: ClientRow) -> bool:
    """Whether the signed-in user may know who looked at this client."""
    return me().role in ("admin", "manager") or client.owner_id == me().id


def _page(
    rows: list[AuditRow], wanted: AuditFilter, client: ClientRow | None, users: list[people.UserRow] | None
) -> str:
    return render_template(
        "audit/overview.html",
        rows=rows[:SIZE],
        older=rows[SIZE - 1].id if len(rows) > SIZE else None,
        first="before" not in request.args,
        wanted=wanted,
        client=client,
        users=users,
        addresses=_addresses(),
        args={name: value for name, value in request.args.items() if value and name != "before"},
    )


def _wanted() -> AuditFilter:
    args = request.args
    act, kind = args.get("act", ""), args.get("kind", "")
    return AuditFilter(
        actor_id=_number("user"),
        act=act if act in labels.ACTS else "",
        kind=kind if kind in labels.AUDIT_KINDS else "",
        record_id=_number("record"),
        client_id=_number("client"),
        since=_day("since"),
        until=_day("until", 1),
    )


def _addresses() -> dict[str, Callable[[int], str]]:
    def place(endpoint: str, record_id: int) -> str:
        rule = next(current_app.url_map.iter_rules(endpoint))
        values: dict[str, Any] = dict.fromkeys(rule.arguments, record_id)
        return url_for(endpoint, **values)

    return {kind: partial(place, endpoint) for kind, endpoint in ADDRESSES.items()}


def _number(name: str) -> int | None:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _day(name: str, days: int = 0) -> datetime | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
        return datetime.combine(found, time(), UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
