"""Blob, Fingerprint, Occurrence, Document, Version, Sending, Answer, Suggestion, DocumentRule, and what finds them.

A version has the number of its blob, and a document that of the blob that founded it: both stay through every rebuild.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class Blob(SQLModel, table=True):
    """The bytes of an attachment or of a member of a container, and what became of reading them."""

    __tablename__ = "blob"
    __table_args__ = (Index("ix_blob_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    sha256: str = Field(unique=True)
    kind: str
    """The Kind of `documents.values`, told by its first bytes and its name."""
    size: int
    state: str = Field(default="stored")
    """stored (not read yet), extracted, refused (before it was tried) or failed."""
    reason: str = ""
    """A key of `net.extract.values.REASONS`: why it was not read."""
    attempts: int = Field(default=0)
    width: int = Field(default=0)
    """Pixels of a picture, as is the height."""
    height: int = Field(default=0)


class BlobText(SQLModel, table=True):
    """The beginning of the text of a blob, as it is indexed for search; apart, so that lists stay quick."""

    __tablename__ = "blob_text"

    blob_id: int = Field(foreign_key="blob.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    text: str


class Fingerprint(SQLModel, table=True):
    """What comparing contents needs of a blob.

    Only what is searched by has a column: the rest is always read whole, so it is one text, and the sketch is packed,
    for reading back 512 numbers from text costs ten times more than the comparison they are for.
    """

    __tablename__ = "fingerprint"

    blob_id: int = Field(foreign_key="blob.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    recipe: int
    """The version of the code that made it; an older one is made anew."""
    text_sha: str = Field(index=True)
    stamp: str = Field(index=True)
    sketch: bytes
    """512 signed 64-bit numbers, little-endian."""
    rest: str
    """JSON of the other fields."""


class DocumentWork(SQLModel, table=True):
    """A message and how far the documents step has come with it. Messages without documents leave no row."""

    __tablename__ = "document_work"
    __table_args__ = (Index("ix_document_work_state", "state", "message_id"),)

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    state: str = Field(default="new")
    """new (its parts are to be looked at), ready (to be placed), placed, again (placed, but to be looked at), redo
    (to be placed anew with all that is newer) or reply (nothing to place; what it answers is to be decided)."""
    undo: str = ""
    """JSON that takes back what placing it changed, so that an older message can be placed before it."""


class Occurrence(SQLModel, table=True):
    """One part of one message with bytes of its own, and the role that it has there."""

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("message_id", "path"), Index("ix_occurrence_blob", "blob_id", "message_id"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", sa_type=Id)
    path: str
    """Of the part: "2"; of a member of a container: "2/1"."""
    blob_id: int = Field(foreign_key="blob.id", sa_type=Id)
    name: str
    role: str
    """The Role of `documents.roles`; only documents have versions."""
    thread_id: int = Field(sa_type=Id)
    """As it was when the message was looked at."""
    clients: str = ""
    """Ids of the clients that the message was linked to then, separated by blanks, ascending."""
    inbound: bool = False
    """A client sent it to us."""
    placed: bool = False
    """Documents and versions take it into account."""


class Document(SQLModel, table=True):
    """A thing exchanged with clients; its id is that of the blob that founded it."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_scope", "scope", "id"),)

    id: int = Field(primary_key=True, foreign_key="blob.id", sa_type=Id, sa_column_kwargs={"autoincrement": False})
    sha256: str = Field(unique=True)
    scope: str
    """"client:12", "broadcast" or "internal"."""
    title: str
    title_key: str
    """The title case-folded, for search."""
    kind: str
    last: int
    """The highest number of a version."""
    size: int
    """How many contents it has: its versions, re-saves and renditions."""
    pinned: bool = False
    """A person set the scope."""


class Version(SQLModel, table=True):
    """One content of a document; its id is that of the blob."""

    __tablename__ = "version"
    __table_args__ = (Index("ix_version_document", "document_id", "position"),)

    id: int = Field(primary_key=True, foreign_key="blob.id", sa_type=Id, sa_column_kwargs={"autoincrement": False})
    sha256: str = Field(unique=True)
    document_id: int = Field(foreign_key="document.id", sa_type=Id)
    position: int
    """Its place in the order in which the contents of the document came."""
    number: int
    """v1, v2, …; a re-save and a rendition have the number of the version that they repeat."""
    relation: str
    """first, edit, resave, rendition, client_edit, commented, signed or scan."""
    parent_id: int | None = Field(default=None, sa_type=Id)
    """The version that it was made from."""
    theirs: bool
    """Made by the client."""
    at: datetime = Field(sa_type=UtcTime)
    """When it was first seen."""
    evidence: str
    """JSON: [[name, weight, [[key, value], …], veto], …]; `documents.explain.reasons` makes sentences of it."""
    score: float
    decided_by: str
    """auto, proof or user."""
    changes: int | None = None
    """In how many places the text differs from that of its parent; empty where one of them cannot be read."""


class VersionClient(SQLModel, table=True):
    """A client whom a version reached, or who sent it."""

    __tablename__ = "version_client"
    __table_args__ = ({"sqlite_with_rowid": False},)

    client_id: int = Field(primary_key=True, sa_type=Id)
    version_id: int = Field(primary_key=True, foreign_key="version.id", ondelete="CASCADE", sa_type=Id, index=True)


class SketchHash(SQLModel, table=True):
    """The sketch index: by which hashes of text, marks, names and threads the contents of a client are found."""

    __tablename__ = "sketch_hash"
    __table_args__ = ({"sqlite_with_rowid": False},)

    group_id: int = Field(primary_key=True, sa_type=Id)
    """A client, 0 for contents that no client has, -1 for those of documents for many."""
    hash: int = Field(primary_key=True, sa_type=BigInteger)
    version_id: int = Field(primary_key=True, foreign_key="version.id", ondelete="CASCADE", sa_type=Id, index=True)


class SeenHash(SQLModel, table=True):
    """Which scopes have a hash: what many have is the mark of a template. Hash -1 counts the scopes themselves."""

    __tablename__ = "seen_hash"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: int = Field(primary_key=True, sa_type=BigInteger)
    scope_id: int = Field(primary_key=True, sa_type=Id)
    """A client, 0 for internal documents, -1 for those for many."""
    version_id: int = Field(sa_type=Id)
    """The version that brought it."""


class Sending(SQLModel, table=True):
    """One content going out, coming in or passing inside, in one message to one address."""

    __tablename__ = "sending"
    __table_args__ = (
        Index("ix_sending_blob", "blob_id", "at"),
        Index("ix_sending_address", "address_id", "at"),
        {"sqlite_with_rowid": False},
    )

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    blob_id: int = Field(foreign_key="blob.id", primary_key=True, sa_type=Id)
    address_id: int = Field(foreign_key="mail_address.id", primary_key=True, sa_type=Id)
    role: str = Field(primary_key=True)
    """to, cc or bcc."""
    mailbox_id: int | None = Field(default=None, foreign_key="mailbox.id", ondelete="CASCADE", sa_type=Id)
    """Of a Bcc: the mailbox whose copy shows it; others must not see it."""
    direction: str
    """in, out or internal."""
    at: datetime = Field(sa_type=UtcTime)
    bounced: bool = False


class Answer(SQLModel, table=True):
    """A client's message and a version that it answers."""

    __tablename__ = "answer"
    __table_args__ = ({"sqlite_with_rowid": False},)

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    version_id: int = Field(primary_key=True, foreign_key="blob.id", sa_type=Id, index=True)
    basis: str
    """stamp, prefix, digest, original_text, comments, same_file, likeness, thread, named or recent."""
    confidence: float
    decided_by: str
    """proof where it cannot be wrong, else auto."""
    newest: int
    """The number of the last version that had been sent when they wrote."""
    stale: bool = False
    """They answer a version although a later one had been sent."""


class Suggestion(SQLModel, table=True):
    """A line in the tray: may this version belong to that document? What a person decides is a DocumentRule."""

    __tablename__ = "suggestion"

    version_id: int = Field(primary_key=True, foreign_key="version.id", ondelete="CASCADE", sa_type=Id)
    position: int = Field(primary_key=True)
    """The likeliest first, from 0."""
    document_id: int = Field(sa_type=Id, index=True)
    parent_id: int = Field(sa_type=Id)
    """The version of that document that is nearest."""
    score: float
    evidence: str
    state: str = Field(default="open")
    """open, or decided until the documents have been placed anew under the rule that was made of it."""


class DocumentRule(SQLModel, table=True):
    """What a person said of contents. Rules are only ever added; of two on the same contents the later counts."""

    __tablename__ = "document_rule"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    act: str
    """join, split, rename, move, role or suggestion: what the person did; several rules may follow from one act."""
    kind: str
    """must, cannot, title, scope, not_a_document or document."""
    sha: str = Field(index=True)
    other: str = ""
    value: str = ""
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
