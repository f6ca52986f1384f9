"""A mailing that goes on where a finished one ended: the same offer, for those who came into its groups since."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailcrm.errors import Refused
from mailcrm.flow.edit import By, Office, editing
from mailcrm.flow.mailings import known
from mailcrm.mailing import audience
from mailcrm.mailing.audience import Audience
from mailcrm.store import freezing, mailings
from mailcrm.store.mailings import MailingRow
from mailcrm.store.visibility import Viewer


def new_members(connection: Connection, who: Viewer, mailing: MailingRow) -> int:
    """How many clients of the groups of a mailing, of those in sight, never got its offer."""
    wanted = audience.from_json(mailing.audience)
    named = freezing.named(connection, who, Audience(groups=wanted.groups))
    return len(set(named) - freezing.had_offer(connection, mailing.offer_id) - set(wanted.left_out))


def send_to_new(office: Office, by: By, mailing_id: int, name: str) -> int:
    """Prepare a draft like a mailing that has ended, for those members of its groups who never got its offer: it is
    checked and approved as any other. Returns its id. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        old = known(edit, mailing_id)
        wanted = audience.from_json(old.audience)
        if old.state != "done":
            raise Refused("This mailing has not ended yet.")
        if not wanted.groups:
            raise Refused("This mailing was for no group.")
        if not new_members(edit.connection, by.who, old):
            raise Refused("Nobody is new in its groups: all members got this offer.")
        fresh = Audience(
            groups=wanted.groups, left_out=wanted.left_out, people=wanted.people, position=wanted.position,
            decided=wanted.decided, new_only=True,
        )  # fmt: skip
        number = mailings.add_mailing(edit.connection, _values(old, by.actor_id, by.at, name, fresh))
        rows = [(one.name, one.values, one.share) for one in mailings.variants(edit.connection, mailing_id)]
        mailings.replace_variants(edit.connection, number, rows)
        edit.note("added", "mailing", number, detail=f"new members of mailing {mailing_id}")
        return number


def _values(old: MailingRow, actor_id: int | None, at: datetime, name: str, wanted: Audience) -> dict[str, Any]:
    kept = ("offer_id", "zone", "window", "ramp", "fallback_account_id", "scope", "policy", "tracking")
    values = {name: getattr(old, name) for name in kept}
    values |= {"name": name.strip()[:200] or old.name, "state": "draft", "audience": audience.to_json(wanted)}
    return values | {"seed": old.seed + 1, "created_by": actor_id, "created_at": at}


def discard(office: Office, by: By, mailing_id: int) -> int:
    """Take back a mailing that is still a draft: it goes as if it had never been begun. Returns its offer. Raises
    Refused, or NotFound."""
    with editing(office, by) as edit:
        old = known(edit, mailing_id)
        if old.state != "draft":
            raise Refused("Only a draft can be taken back.")
        mailings.remove(edit.connection, mailing_id)
        edit.note("removed", "mailing", mailing_id, detail=old.name[:100])
        return old.offer_id
