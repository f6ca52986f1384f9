"""Notes, calls and meetings on the timeline of a client; who is named with @ finds it on his board and in his mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailcrm.crm.mentions import Nameable, mentioned
from mailcrm.crm.wording import mention_mail
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.notifications import NewNotification, queue
from mailcrm.store import clients, entries, notes, people
from mailcrm.store.entries import NewEntry
from mailcrm.store.notes import NoteRow
from mailcrm.store.visibility import Policy, viewer

KINDS = ("note", "call", "meeting")
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class NewNote:
    """What a person writes down; `at` is when it was or will be, now where it is empty."""

    text: str
    kind: str = "note"
    at: datetime | None = None
    minutes: int | None = None
    place: str = ""
    direction: str = ""


def add_note(office: Office, by: By, client_id: int, new: NewNote, policy: Policy | None = None) -> int:
    """Put a note on a client's timeline; returns its number. Raises NotFound, or Refused for one without words."""
    with editing(office, by) as edit:
        client = flow_clients.known(edit, client_id)
        values = _checked(new, by.at)
        row = {**values, "client_id": client_id, "author_id": by.actor_id, "created_at": by.at}
        number = notes.add(edit.connection, row)
        entry = NewEntry(client_id, values["at"], values["kind"], number, by.actor_id, values["direction"])
        entries.add(edit.connection, entry)
        _mention(edit, number, client, values["text"], policy)
        return number


def edit_note(office: Office, by: By, note_id: int, new: NewNote, policy: Policy | None = None) -> None:
    """Change a note; only those are told who were not named before. Raises as `add_note`."""
    with editing(office, by) as edit:
        before = known(edit, note_id)
        values = _checked(new, before.at if new.at is None else new.at)
        notes.change(edit.connection, note_id, {**values, "changed_at": by.at})
        entries.remove(edit.connection, before.kind, note_id)
        _enter(edit, before, values)
        client = flow_clients.known(edit, before.client_id)
        _mention(edit, note_id, client, values["text"], policy)


def delete_note(office: Office, by: By, note_id: int) -> None:
    """Take a note off the timeline; `restore_note` brings it back. Raises NotFound."""
    with editing(office, by) as edit:
        row = known(edit, note_id)
        notes.change(edit.connection, note_id, {"deleted_at": by.at})
        entries.remove(edit.connection, row.kind, note_id)
        edit.note("delete", row.kind, note_id, row.client_id)


def restore_note(office: Office, by: By, note_id: int) -> None:
    """Bring a deleted note back. Raises NotFound."""
    with editing(office, by) as edit:
        row = known(edit, note_id)
        notes.change(edit.connection, note_id, {"deleted_at": None})
        _enter(edit, row, {"at": row.at, "kind": row.kind, "direction": row.direction})


def pin_note(office: Office, by: By, note_id: int, on: bool = True) -> None:
    """Keep a note at the top of its client's page, or let it go from there. Raises NotFound."""
    with editing(office, by) as edit:
        known(edit, note_id)
        notes.change(edit.connection, note_id, {"pinned_at": by.at if on else None})


def mark_seen(office: Office, by: By, note_id: int, on: bool = True) -> None:
    """Take a note that names the user off his board, or put it back. Raises NotFound."""
    with editing(office, by) as edit:
        if by.actor_id is None or not notes.seen(edit.connection, by.actor_id, note_id, by.at if on else None):
            raise NotFound("There is no such note.")


def known(edit: Edit, note_id: int) -> NoteRow:
    """The note, where its editor may see its client; raises NotFound."""
    found = notes.note(edit.connection, edit.by.who, note_id)
    if found is None:
        raise NotFound("There is no such note.")
    return found


def _checked(new: NewNote, now: datetime) -> dict[str, Any]:
    text = new.text.strip()[:LONGEST]
    if not text:
        raise Refused("A note needs words.")
    if new.kind not in KINDS:
        raise Refused("This is a note, a call or a meeting.")
    return {
        "text": text,
        "kind": new.kind,
        "at": new.at or now,
        "minutes": new.minutes if new.minutes and 0 < new.minutes <= 1440 else None,
        "place": new.place.strip()[:300] if new.kind == "meeting" else "",
        "direction": new.direction if new.kind == "call" and new.direction in ("in", "out") else "",
    }


def _enter(edit: Edit, row: NoteRow, values: dict[str, Any]) -> None:
    entry = NewEntry(row.client_id, values["at"], values["kind"], row.id, row.author_id, values["direction"])
    entries.add(edit.connection, entry)


def _mention(edit: Edit, note_id: int, client: clients.ClientRow, text: str, policy: Policy | None) -> None:
    users = {user.id: user for user in people.users(edit.connection, active_only=True)}
    named = mentioned(text, [Nameable(user.id, user.login, user.name) for user in users.values()])
    allowed = {one for one in named if one != edit.by.actor_id and _sees(edit, users[one], client.id, policy)}
    author = users.get(edit.by.actor_id or 0)
    link = f"{edit.office.base_url}/clients/{client.id}#n{note_id}"
    for one in notes.mention(edit.connection, note_id, allowed, edit.by.at):
        name = author.name if author else "mailcrm"
        subject, words = mention_mail(users[one].language, name, client.name, text, link)
        queue(
            edit.connection,
            NewNotification(f"note-{note_id}-names-{one}", users[one].login, subject, words),
            edit.by.at,
        )


def _sees(edit: Edit, user: people.UserRow, client_id: int, policy: Policy | None) -> bool:
    """Whoever may not see the client is told nothing of it."""
    who = viewer(edit.connection, user.id, user.role, edit.by.at, policy or Policy())
    return clients.client(edit.connection, who, client_id) is not None
