"""What a row changes at a client: kept as a draft of the client, so that many rows of one become one change."""

from dataclasses import dataclass, field
from typing import Any

from mailcrm.crm.importing.values import Person, Record

_FILLED = ("website", "tax_id", "postal_address", "owner_id")
_LONGEST_NOTE = 20_000


@dataclass(slots=True)
class ContactDraft:
    """A contact as it will be; `id` is 0 for a new one."""

    id: int
    columns: dict[str, Any]
    """name, position and note."""
    before: dict[str, Any] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    new_phones: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ClientDraft:
    """A client as it will be; `id` is negative for a new one."""

    id: int
    columns: dict[str, Any]
    """name, kind, owner_id, note, website, tax_id and postal_address."""
    before: dict[str, Any] = field(default_factory=dict)
    contacts: list[ContactDraft] = field(default_factory=list)
    emails: dict[str, ContactDraft | None] = field(default_factory=dict)
    new_emails: dict[str, ContactDraft | None] = field(default_factory=dict)
    moved_emails: dict[str, ContactDraft] = field(default_factory=dict)
    """Addresses of the client itself that turn out to be somebody's."""
    domains: set[str] = field(default_factory=set)
    new_domains: list[str] = field(default_factory=list)
    fields: dict[int, tuple[str, str]] = field(default_factory=dict)
    new_fields: dict[int, tuple[str, str]] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    """Keys of their names."""
    tag_names: list[str] = field(default_factory=list)
    """The names as they are stored, by name."""
    new_tags: dict[str, str] = field(default_factory=dict)
    """Key → name."""

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be stored."""
        ours = (self.new_emails, self.moved_emails, self.new_domains, self.new_fields, self.new_tags)
        return (
            self.columns != self.before
            or any(ours)
            or any(one.columns != one.before or one.new_phones for one in self.contacts)
        )


def started(record: Record) -> ClientDraft:
    """A new client with what its first row says."""
    columns = {name: getattr(record, name) for name in ("name", "kind", "note", *_FILLED)}
    draft = ClientDraft(-record.row, columns)
    add(draft, record, "fill")
    return draft


def add(draft: ClientDraft, record: Record, existing: str) -> bool:
    """Put what a row says into the draft; returns whether that changes anything."""
    if existing == "leave" and draft.id > 0:
        return False
    replace = existing == "replace" and draft.id > 0
    marks = [_columns(draft.columns, {n: getattr(record, n) for n in _FILLED}, replace)]
    if replace and record.named and record.kind == "company" and record.name != draft.columns["name"]:
        draft.columns["name"] = record.name
        marks.append(True)
    marks += [_note(draft.columns, record.note), _add_domains(draft, record), _add_tags(draft, record)]
    marks.append(_add_fields(draft, record, replace))
    marks += [_email(draft, email, None) for email in record.emails]
    if record.person is not None:
        marks.append(_add_person(draft, record.person, replace))
    return any(marks)


def _columns(columns: dict[str, Any], new: dict[str, Any], replace: bool) -> bool:
    changed = {n: v for n, v in new.items() if v not in ("", None) and v != columns[n] and (replace or not columns[n])}
    columns |= changed
    return bool(changed)


def _note(columns: dict[str, Any], note: str) -> bool:
    """Every line of a note that is not there yet is added at its end."""
    have = {line.strip() for line in columns["note"].splitlines()}
    new = [line for line in note.splitlines() if line.strip() and line.strip() not in have]
    if not new or len(columns["note"]) > _LONGEST_NOTE:
        return False
    columns["note"] = "\n".join([*filter(None, [columns["note"]]), *new])
    return True


def _add_domains(draft: ClientDraft, record: Record) -> bool:
    new = [domain for domain in record.domains if domain not in draft.domains]
    draft.domains.update(new)
    draft.new_domains += new
    return bool(new)


def _add_tags(draft: ClientDraft, record: Record) -> bool:
    new = {" ".join(name.split()).casefold(): name for name in record.tags}
    new = {key: name for key, name in new.items() if key not in draft.tags}
    draft.tags.update(new)
    draft.new_tags |= new
    return bool(new)


def _add_fields(draft: ClientDraft, record: Record, replace: bool) -> bool:
    new = {
        n: (v, k) for n, v, k in record.fields if (replace or n not in draft.fields) and draft.fields.get(n) != (v, k)
    }
    draft.fields |= new
    draft.new_fields |= new
    return bool(new)


def _email(draft: ClientDraft, email: str, contact: ContactDraft | None) -> bool:
    if email not in draft.emails:
        draft.emails[email] = draft.new_emails[email] = contact
        return True
    if contact is None or draft.emails[email] is not None:
        return False
    draft.emails[email] = contact
    if email in draft.new_emails:
        draft.new_emails[email] = contact
    else:
        draft.moved_emails[email] = contact
    return True


def _add_person(draft: ClientDraft, person: Person, replace: bool) -> bool:
    contact = _known(draft, person)
    marks = [contact is None]
    if contact is None:
        contact = ContactDraft(0, {"name": person.name, "position": person.position, "note": person.note})
        draft.contacts.append(contact)
    else:
        marks.append(_columns(contact.columns, {"name": person.name, "position": person.position}, replace))
        marks.append(_note(contact.columns, person.note))
    new = {number: raw for number, raw in person.phones if number not in contact.phones}
    contact.phones |= new
    contact.new_phones |= new
    return any([*marks, bool(new), *(_email(draft, email, contact) for email in person.emails)])


def _known(draft: ClientDraft, person: Person) -> ContactDraft | None:
    """The contact by an address, by its name, or one without a name by a telephone number."""
    for email in person.emails:
        owner = draft.emails.get(email)
        if owner is not None and _may_be(owner, person):
            return owner
    key = " ".join(person.name.split()).casefold()
    for contact in draft.contacts:
        if key and " ".join(contact.columns["name"].split()).casefold() == key:
            return contact
    for contact in draft.contacts:
        if any(number in contact.phones for number, _ in person.phones) and not (key and contact.columns["name"]):
            return contact
    return None


def _may_be(contact: ContactDraft, person: Person) -> bool:
    """An address that several share (info@) never makes two people one."""
    ours, theirs = contact.columns["name"].casefold().split(), person.name.casefold().split()
    return not ours or not theirs or bool(set(ours) & set(theirs))
