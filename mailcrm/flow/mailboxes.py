"""Mailboxes: add, edit, pause; seal their passwords; bring those of the configuration into the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.addresses import valid_email
from mailcrm.flow.credentials import secret_context
from mailcrm.flow.edit import Actor, By
from mailcrm.flow.rounds import VISIBILITY
from mailcrm.net.secrets import Keyring
from mailcrm.store import audit, mailboxes, people
from mailcrm.store.audit import Act
from mailcrm.store.database import Database
from mailcrm.store.mailboxes import MailboxRow

NOBODY = Actor()
_EDITABLE = ("host", "port", "tls", "ca_file", "login", "visibility", "since", "user_id", "secret_source")


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """What is asked of a new mailbox. `secret_source` is env:NAME, file:PATH, master, or empty for a sealed one."""

    address: str
    host: str
    port: int = 993
    tls: str = "implicit"
    ca_file: str | None = None
    login: str = ""
    owner: str = ""
    """The login of the user it belongs to; empty for a shared mailbox."""
    secret_source: str = ""
    visibility: str = "full"
    since: datetime | None = None
    origin: str = "cli"


def add_mailbox(database: Database, new: NewMailbox, now: datetime, actor: Actor = NOBODY) -> int:
    """Add a mailbox; returns its id. Raises Refused where something is wrong or the address is there already."""
    with database.writing() as connection:
        if mailboxes.mailbox_by_address(connection, valid_email(new.address)):
            raise Refused(f"There is a mailbox {valid_email(new.address)} already.")
        number = mailboxes.add_mailbox(connection, {**_values(connection, new), **_FRESH, "created_at": now})
        _note(connection, By(actor.user_id, now, actor.ip), ("added", number, f"{new.address} {new.owner}".strip()))
        return number


def declare(database: Database, wanted: Iterable[NewMailbox], now: datetime) -> None:
    """Bring the mailboxes of the configuration into the database; those no longer named there are paused."""
    with database.writing() as connection:
        named = set()
        for new in wanted:
            values = {**_values(connection, new), "origin": "config"}
            named.add(values["address"])
            known = mailboxes.mailbox_by_address(connection, str(values["address"]))
            if known is None:
                mailboxes.add_mailbox(connection, {**values, **_FRESH, "created_at": now})
            else:
                # What the owner has narrowed himself stays so.
                said = min((str(values["visibility"]), known.visibility), key=lambda name: VISIBILITY[name])
                _change(connection, known, {**values, "visibility": said})
        for row in mailboxes.mailboxes(connection):
            if row.origin == "config" and row.address not in named and row.state == "active":
                mailboxes.change_mailbox(connection, row.id, {"state": "paused"})


def edit_mailbox(database: Database, mailbox_id: int, changes: Mapping[str, object], by: By) -> None:
    """Change the server, login, visibility, since, user_id or secret_source; raises Refused, or NotFound."""
    unknown = set(changes) - set(_EDITABLE)
    if unknown:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of a mailbox.")
    with database.writing() as connection:
        row = _known(connection, mailbox_id)
        if "visibility" in changes and changes["visibility"] not in VISIBILITY:
            raise Refused(f"The visibility must be one of {', '.join(VISIBILITY)}.")
        if "host" in changes or "tls" in changes:
            _check_tls(str(changes.get("host", row.host)), str(changes.get("tls", row.tls)))
        if _widens(row, changes) and row.user_id not in (None, by.actor_id) and by.actor_id is not None:
            raise Refused("Only its owner shows colleagues more of a mailbox.")
        _change(connection, row, dict(changes))
        told = [f"{key}: {getattr(row, key, '')} → {value}" for key, value in changes.items()]
        _note(connection, by, ("changed", mailbox_id, ", ".join(told)))


def set_password(database: Database, keyring: Keyring, mailbox_id: int, password: str, by: By) -> None:
    """Seal a new password; the mailbox is tried again at once. Raises Refused where it is empty, or NotFound."""
    if not password:
        raise Refused("An empty password opens no mailbox.")
    with database.writing() as connection:
        row = _known(connection, mailbox_id)
        sealed = keyring.seal(password, secret_context(mailbox_id))
        values = {"secret": sealed, "secret_source": "", "refusals": 0, "next_try_at": None, "last_error": ""}
        state = "active" if row.state == "needs-credentials" else row.state
        mailboxes.change_mailbox(connection, mailbox_id, {**values, "state": state})
        _note(connection, by, ("password", mailbox_id, row.address))


def pause(database: Database, mailbox_id: int, by: By) -> None:
    """Read a mailbox no more; what was read stays. Raises NotFound."""
    with database.writing() as connection:
        row = _thawed(connection, mailbox_id)
        mailboxes.change_mailbox(connection, mailbox_id, {"state": "paused"})
        _note(connection, by, ("paused", mailbox_id, row.address))


def resume(database: Database, mailbox_id: int, by: By) -> None:
    """Read a mailbox again, at once; raises Refused for an archive that has no server, or NotFound."""
    with database.writing() as connection:
        row = _thawed(connection, mailbox_id)
        if not row.host:
            raise Refused(f"{row.address} was loaded from files: there is no server to read it from.")
        values = {"state": "active", "refusals": 0, "next_try_at": None, "last_error": ""}
        mailboxes.change_mailbox(connection, mailbox_id, values)
        _note(connection, by, ("resumed", mailbox_id, row.address))


_FRESH = {
    "state": "active",
    "refusals": 0,
    "last_error": "",
    "round_done": 0,
    "round_bytes": 0,
    "lease_owner": "",
}


def _values(connection: Connection, new: NewMailbox) -> dict[str, object]:
    owner = people.user_by_login(connection, new.owner) if new.owner else None
    if new.owner and owner is None:
        raise Refused(f"There is no user {new.owner}: run `mailcrm user add {new.owner}` first.")
    if new.visibility not in VISIBILITY:
        raise Refused(f"The visibility must be one of {', '.join(VISIBILITY)}, not {new.visibility}.")
    _check_tls(new.host, new.tls)
    values = {name: getattr(new, name) for name in ("host", "port", "tls", "ca_file", "login", "secret_source")}
    return {
        **values,
        "address": valid_email(new.address),
        "user_id": owner.id if owner else None,
        "visibility": new.visibility,
        "since": new.since,
        "origin": new.origin,
    }


def _check_tls(host: str, tls: str) -> None:
    if tls not in ("implicit", "starttls", "plain"):
        raise Refused("The encryption must be one of implicit, starttls, plain.")
    loopback = host in ("localhost", "::1") or host.startswith("127.")
    if tls == "plain" and not loopback:
        raise Refused(f"A password would go to {host} in clear: use implicit or starttls.")


def _thawed(connection: Connection, mailbox_id: int) -> MailboxRow:
    row = _known(connection, mailbox_id)
    if row.state == "frozen":
        raise Refused(f"{row.address} belongs to somebody who left: take the user back to read it again.")
    return row


def _widens(row: MailboxRow, changes: Mapping[str, object]) -> bool:
    return VISIBILITY[str(changes.get("visibility", row.visibility))] > VISIBILITY[row.visibility]


def _change(connection: Connection, row: MailboxRow, values: dict[str, object]) -> None:
    mailboxes.change_mailbox(connection, row.id, values)
    if values.get("visibility", row.visibility) != row.visibility:
        mailboxes.narrow_messages(connection, row.id)


def _note(connection: Connection, by: By, what: tuple[str, int, str]) -> None:
    act, mailbox_id, detail = what
    audit.note(connection, Act(by.actor_id, act, "mailbox", mailbox_id, detail=detail, ip=by.ip), by.at)


def _known(connection: Connection, mailbox_id: int) -> MailboxRow:
    found = mailboxes.mailbox(connection, mailbox_id)
    if found is None:
        raise NotFound("There is no such mailbox.")
    return found
