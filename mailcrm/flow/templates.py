"""Templates of messages and documents, and the letterhead: add, change, archive. A template that cannot be used is
never saved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.mailing.render import BadTemplate, compiled
from mailcrm.net.blobs import BlobStore
from mailcrm.store import people, templates
from mailcrm.store.templates import TemplateRow

KINDS = ("message", "pdf", "docx")
LANGUAGES = ("", "en", "ru")
LARGEST_WORD = 10 << 20
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_HEAD = ("name", "address", "phone", "email", "website", "tax_id", "small_print")


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """What is asked of a template."""

    name: str
    kind: str = "message"
    language: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    source: str = ""
    builtin: str = ""


def add_template(office: Office, by: By, new: TemplateValues) -> int:
    """Add a template of a message or a PDF; returns its id. Raises Refused where it cannot be used."""
    row = _checked(new)
    with editing(office, by) as edit:
        return templates.add_template(
            edit.connection, row | {"sha256": "", "created_by": by.actor_id, "updated_at": by.at}
        )


def add_word_template(office: Office, by: By, blobs: BlobStore, new: TemplateValues, data: bytes) -> int:
    """Add a Word file as a template; returns its id. Raises Refused where it is none."""
    if not data.startswith(b"PK") or len(data) > LARGEST_WORD:
        raise Refused("A Word template is a .docx file of at most 10 MB.")
    sha = blobs.keep(data)
    blobs.settle()
    row = _checked(new) | {"sha256": sha, "created_by": by.actor_id, "updated_at": by.at}
    with editing(office, by) as edit:
        return templates.add_template(edit.connection, row)


def edit_template(office: Office, by: By, template_id: int, new: TemplateValues) -> None:
    """Change a template; what was prepared before stays as it is. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        found = known(edit, template_id)
        row = _checked(TemplateValues(**{**_values(new), "kind": found.kind}))
        templates.change_template(edit.connection, template_id, row | {"updated_at": by.at})


def archive(office: Office, by: By, template_id: int, archived: bool = True) -> None:
    """Take a template out of the lists, or back into them. Raises NotFound."""
    with editing(office, by) as edit:
        known(edit, template_id)
        templates.change_template(edit.connection, template_id, {"archived_at": by.at if archived else None})


def save_letterhead(office: Office, by: By, values: Mapping[str, str]) -> None:
    """Set how the company shows itself on documents. Raises Refused; for managers and admins."""
    row = {name: values.get(name, "").strip()[:500] for name in _HEAD}
    accent, language = values.get("accent", "").casefold(), values.get("language", "")
    if not row["name"]:
        raise Refused("The letterhead needs the name of the company.")
    if not _COLOUR.fullmatch(accent) or language not in LANGUAGES[1:]:
        raise Refused("The colour is written like #1f55ad.")
    with editing(office, by) as edit:
        user = people.user(edit.connection, by.actor_id) if by.actor_id is not None else None
        if user is not None and user.role == "staff":
            raise Refused("Only managers and admins may change the letterhead.")
        templates.save_letterhead(edit.connection, {**row, "accent": accent, "language": language, "updated_at": by.at})


def known(edit: Edit, template_id: int) -> TemplateRow:
    """The template; raises NotFound where there is none."""
    found = templates.template(edit.connection, template_id)
    if found is None:
        raise NotFound("There is no such template.")
    return found


def _checked(new: TemplateValues) -> dict[str, object]:
    name = " ".join(new.name.split())
    if not name or len(name) > 100:
        raise Refused("A template needs a name of at most 100 characters.")
    if new.kind not in KINDS or new.language not in LANGUAGES:
        raise Refused("There is no such kind or language of a template.")
    if new.kind == "message":
        _check_words(new)
    if new.kind == "pdf" and not new.builtin and not new.source.strip():
        raise Refused("A document needs a source, or one of the designs that come with mailcrm.")
    return {**_values(new), "name": name, "subject": " ".join(new.subject.split())}


def _check_words(new: TemplateValues) -> None:
    if not new.subject.strip() or not new.text.strip():
        raise Refused("A message needs a subject and a text.")
    parts = {"subject": (new.subject, "-", ""), "text": ("-", new.text, ""), "HTML": ("-", "-", new.html)}
    for part, texts in parts.items():
        try:
            compiled(*texts)
        except BadTemplate as error:
            where = f"line {error.line} of the {part}" if error.line else f"the {part}"
            raise Refused(f"The template cannot be used, {where}: {error.reason}") from None


def _values(new: TemplateValues) -> dict[str, str]:
    names = ("name", "kind", "language", "subject", "text", "html", "source", "builtin")
    return {name: getattr(new, name) for name in names}
