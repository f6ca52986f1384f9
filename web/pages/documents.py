"""Documents: who has which, those of a client, and one of them with its versions, recipients and answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from mailcrm.errors import NotFound
from mailcrm.store import answers, documents, recipients, sendings, versions
from mailcrm.store.documents import DocumentKeyset, DocumentRow
from mailcrm.store.recipients import Recipient, Reply
from mailcrm.store.sendings import Cell, Holder
from mailcrm.store.versions import VersionRow
from web import workbook
from web.access import now, reading, who
from web.audited import opened, taken
from web.pages.clients import known as known_client
from web.security import disposition
from web.strip import strip

pages = Blueprint("documents", __name__)
SIZE = 50
PEOPLE = 50
_COLUMNS = 10
"""Versions that have a column in the matrix, the newest ones."""
_EXPORTED = 5000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list "who has it"."""

    person: Recipient
    clients: Sequence[tuple[int, str]]
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Document × person: one row a person, one column a number."""

    numbers: tuple[int, ...]
    people: tuple[tuple[Holder, dict[int, Cell], int | None], ...]
    """Who, what reached him by number, and the message in which he answered last."""
    earlier: bool
    """There are older versions than have columns."""
    next_offset: int | None
    offset: int


@pages.get("/documents")
def overview() -> str:
    """The documents with the words `q` in their titles, and who has them in which version."""
    words = request.args.get("q", "").strip()[:200]
    keyset = _keyset()
    rows = documents.named(reading(), who(), words.split(), keyset, SIZE + 1)
    lines = _lines([row.id for row in rows[:SIZE]], 200) if words else []
    return render_template(
        "documents/overview.html",
        words=words,
        rows=rows[:SIZE],
        older=_written(rows),
        first=keyset is None,
        lines=lines,
        most=200,
    )


@pages.get("/documents/export.xlsx")
def export() -> Response:
    """The list "who has it" as a workbook."""
    words = request.args.get("q", "").strip()[:200]
    rows = documents.named(reading(), who(), words.split(), None, 200) if words else []
    head = [gettext("Document"), gettext("Client"), gettext("Person"), gettext("E-mail address"), gettext("Version")]
    head += [gettext("Sent last"), gettext("Not delivered"), gettext("Answered")]
    lines = [_cells(line) for line in _lines([row.id for row in rows], _EXPORTED)]
    taken("exported", "document", detail=words)
    return _file(workbook.sheet(gettext("Who has it"), head, lines), words or gettext("Documents"))


@pages.get("/clients/<int:client_id>/documents")
def of_client(client_id: int) -> str:
    """The documents that went to or came from a client, the last moved first."""
    keyset = _keyset()
    rows = documents.of_client(reading(), who(), client_id, keyset, SIZE + 1)
    return render_template(
        "documents/client.html",
        client=known_client(client_id),
        rows=rows[:SIZE],
        older=_written(rows),
        first=keyset is None,
    )


@pages.get("/documents/<int:document_id>")
def document(document_id: int) -> str:
    """One document: the strip, its versions with their reasons, and who got which."""
    row = known(document_id)
    opened("document", [document_id])
    found = versions.versions(reading(), who(), document_id)
    sent = recipients.lately(reading(), who(), document_id)
    replies = answers.of_document(reading(), who(), document_id)
    return render_template(
        "documents/document.html",
        row=row,
        versions=found[::-1],
        numbers={one.id: one.number for one in found},
        sent=sent,
        totals={one.id: sum({s.direction: s.total for s in sent.get(one.id, ())}.values()) for one in found},
        answers={one.id: [reply for reply in replies if reply.version_id == one.id] for one in found},
        strip=strip(found, sent, replies),
        matrix=_matrix(document_id, found, {reply.email: reply.message_id for reply in replies}),
        clients=recipients.named_clients(reading(), who(), document_id),
    )


def known(document_id: int) -> DocumentRow:
    """The document, where the user may see anything of it; raises NotFound otherwise, saying no more."""
    row = documents.document(reading(), who(), document_id)
    if row is None:
        raise NotFound("There is no such document, or it is private.")
    return row


def _matrix(document_id: int, found: Sequence[VersionRow], replied: dict[str, int]) -> Matrix:
    offset = _number("people")
    holders = sendings.holders(reading(), who(), document_id, offset, PEOPLE + 1)
    more, holders = len(holders) > PEOPLE, holders[:PEOPLE]
    cells = sendings.cells(reading(), who(), document_id, [one.address_id for one in holders]) if holders else {}
    number = {one.id: one.number for one in found}
    sent = sorted({number.get(cell.version_id, 0) for some in cells.values() for cell in some}, reverse=True)
    rows = []
    for one in holders:
        by_number = {number.get(cell.version_id, 0): cell for cell in cells.get(one.address_id, ())}
        rows.append((one, by_number, replied.get(one.email)))
    columns = tuple(sent[:_COLUMNS])
    return Matrix(columns, tuple(rows), len(sent) > _COLUMNS, offset + PEOPLE if more else None, offset)


def _lines(ids: Sequence[int], most: int) -> list[Line]:
    people = recipients.recipients(reading(), who(), ids, 0, most)
    clients = recipients.clients_of(reading(), who(), ids, [one.address_id for one in people])
    replies = recipients.replies(reading(), who(), ids)
    keys = [(one.document_id, one.address_id) for one in people]
    return [Line(one, clients.get(key, ()), replies.get(key)) for one, key in zip(people, keys, strict=True)]


def _cells(line: Line) -> list[workbook.Value]:
    one = line.person
    return [
        one.title,
        ", ".join(name for _, name in line.clients),
        one.name,
        one.email,
        f"v{one.number}",
        one.last_at,
        gettext("yes") if one.bounced else "",
        gettext("to v%(number)s", number=line.reply.number) if line.reply else "",
    ]


def _file(data: bytes, name: str) -> Response:
    response = Response(data, mimetype=_XLSX)
    response.headers["Content-Disposition"] = disposition(f"{name} {now():%Y-%m-%d}.xlsx", "documents.xlsx")
    return response


def _keyset() -> DocumentKeyset | None:
    at, _, number = request.args.get("before", "").rpartition("~")
    try:
        return DocumentKeyset(datetime.fromisoformat(at).astimezone(UTC), int(number))
    except (ValueError, OverflowError):
        return None


def _written(rows: Sequence[DocumentRow]) -> str:
    return f"{rows[SIZE - 1].last_at.isoformat()}~{rows[SIZE - 1].id}" if len(rows) > SIZE else ""


def _number(name: str) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0


def address(document_id: int, version_id: int) -> str:
    """The place of a version on the page of its document."""
    return url_for("documents.document", document_id=document_id) + f"#v{version_id}"
