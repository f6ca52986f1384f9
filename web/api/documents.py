"""The documents of a client, and one of them: its versions, who got which, who answered which."""

from datetime import datetime

from mailcrm.store import answers, documents, recipients, versions
from mailcrm.store.documents import DocumentKeyset, DocumentRow
from web.access import reading, who
from web.api.operations import Operation, Problem, operation
from web.api.values import PageAsked, Told, cursor, opened, time_of
from web.pages.clients import known as known_client
from web.pages.documents import known


class DocumentTold(Told):
    """A thing exchanged with clients."""

    id: int
    title: str
    kind: str
    versions: int
    """Contents: versions, re-saves and renditions."""
    number: int
    """Of the last version: v3 is 3."""
    first_at: datetime
    last_at: datetime


class DocumentPage(Told):
    """One page of documents, the last moved first."""

    items: list[DocumentTold]
    next: str | None


class VersionTold(Told):
    """One content of a document."""

    id: int
    number: int
    name: str
    sha256: str
    relation: str
    parent_id: int | None
    theirs: bool
    """The client made it."""
    at: datetime
    kind: str
    size: int
    message_id: int
    """The first message that carried it."""


class SendingTold(Told):
    """A version that went to or came from somebody; the last few of each version and direction."""

    version_id: int
    message_id: int
    at: datetime
    direction: str
    email: str
    name: str
    bounced: bool


class AnswerTold(Told):
    """A message of a client that answers a version."""

    version_id: int
    message_id: int
    at: datetime
    email: str
    name: str
    basis: str
    confidence: float
    stale: bool
    """A later version had been sent by then."""


class DocumentWhole(DocumentTold):
    """A document with its versions, sendings and answers."""

    all_versions: list[VersionTold]
    sendings: list[SendingTold]
    answers: list[AnswerTold]


@operation(
    Operation(
        "GET", "/clients/{client_id}/documents", "documents:read", "List documents", DocumentPage, query=PageAsked
    )
)
def list_documents(client_id: int, query: PageAsked) -> DocumentPage:
    """The documents that went to or came from a client."""
    known_client(client_id)
    rows = documents.of_client(reading(), who(), client_id, _before(query), query.limit + 1)
    shown = rows[: query.limit]
    more = cursor(shown[-1].last_at, shown[-1].id) if len(rows) > query.limit else None
    return DocumentPage(items=[DocumentTold.model_validate(row) for row in shown], next=more)


@operation(Operation("GET", "/documents/{document_id}", "documents:read", "Read a document", DocumentWhole))
def read_document(document_id: int) -> DocumentWhole:
    """One document, as far as the messages that carried it may be seen."""
    row = known(document_id)
    sent = recipients.lately(reading(), who(), document_id)
    return DocumentWhole(
        **_told(row),  # type: ignore[arg-type]
        all_versions=[VersionTold.model_validate(one) for one in versions.versions(reading(), who(), document_id)],
        sendings=[SendingTold.model_validate(one) for some in sent.values() for one in some],
        answers=[AnswerTold.model_validate(one) for one in answers.of_document(reading(), who(), document_id)],
    )


def _told(row: DocumentRow) -> dict[str, object]:
    return DocumentTold.model_validate(row).model_dump()


def _before(query: PageAsked) -> DocumentKeyset | None:
    if not query.after:
        return None
    at, number = opened(query.after, 2)
    found = time_of(at)
    if found is None:
        raise Problem(404, "This cursor is not one that this list gave.")
    return DocumentKeyset(found, number)
