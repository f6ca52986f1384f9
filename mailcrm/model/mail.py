"""Thread, ThreadReference, Message, MessageBody, MessageCopy, MailAddress, MessageAddress, Attachment."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class Thread(SQLModel, table=True):
    """Messages joined by their references."""

    __tablename__ = "thread"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    subject: str
    created_at: datetime = Field(sa_type=UtcTime)


class ThreadReference(SQLModel, table=True):
    """A Message-ID that was seen, on a message or only in references, and the thread it belongs to."""

    __tablename__ = "thread_reference"

    reference: str = Field(primary_key=True)
    thread_id: int = Field(foreign_key="thread.id", ondelete="CASCADE", sa_type=Id, index=True)
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="SET NULL", sa_type=Id, index=True)
    """The stored message that has this id (or alias), where there is one."""


class Message(SQLModel, table=True):
    """One RFC 5322 message, stored once however many placements it has.

    `id` is its time in seconds shifted by 30 bits plus a tail that makes it unique: ids, rows of the search index
    and time sort alike.
    """

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_thread", "thread_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    message_id: str = Field(index=True)
    digest: str = Field(index=True)
    header_sha256: str = Field(index=True)
    raw_sha256: str = Field(index=True)
    thread_id: int = Field(foreign_key="thread.id", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    """The Date where it can be believed, else the time of arrival."""
    header_date: datetime | None = Field(default=None, sa_type=UtcTime)
    subject: str
    direction: str
    """in, out or internal, by who wrote it."""
    author_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    kind: str
    preview: str
    """The first words of the new text."""
    has_html: bool
    size: int
    attachment_count: int
    """Of attachments that are neither inline nor hidden."""
    security: str = ""
    in_reply_to: str = ""
    """Ids separated by blanks, as are the references."""
    reference_ids: str = ""
    fallback_key: str | None = Field(default=None, index=True)
    """Hash of base subject and participants, for replies without references."""
    visibility: int = Field(default=2)
    """The least of what the mailboxes that hold a copy allow colleagues: 0 stub, 1 subject, 2 full."""
    conflict: bool = Field(default=False)
    """Another message with other content has the same Message-ID."""
    defects: str = ""
    """Separated by line feeds."""
    created_at: datetime = Field(sa_type=UtcTime)
    removed_from_server_at: datetime | None = Field(default=None, sa_type=UtcTime)


class MessageBody(SQLModel, table=True):
    """The text of a message, apart from its row so that lists stay quick."""

    __tablename__ = "message_body"

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    text: str
    reply_text: str | None = None
    """The new words; empty where they are the same as `text`."""


class MessageCopy(SQLModel, table=True):
    """A mailbox that holds or held a copy of a message: visibility is decided by copy."""

    __tablename__ = "message_copy"

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    mailbox_id: int = Field(foreign_key="mailbox.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)


class MailAddress(SQLModel, table=True):
    """An e-mail address that occurs in a stored message."""

    __tablename__ = "mail_address"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    email: str = Field(unique=True)
    domain: str = Field(index=True)
    name: str = ""
    """The display name it was last seen with."""


class MessageAddress(SQLModel, table=True):
    """Who took part in a message, and how."""

    __tablename__ = "message_address"
    __table_args__ = (Index("ix_message_address_address", "address_id", "message_id"),)

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    position: int = Field(primary_key=True)
    role: str
    """from, sender, reply-to, to, cc or bcc."""
    address_id: int = Field(foreign_key="mail_address.id", sa_type=Id)
    name: str = ""
    mailbox_id: int | None = Field(default=None, foreign_key="mailbox.id", ondelete="CASCADE", sa_type=Id)
    """Of a Bcc: the mailbox whose copy shows it; others must not see it."""


class Attachment(SQLModel, table=True):
    """A part of a stored message with its own bytes and name."""

    __tablename__ = "attachment"

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    position: int = Field(primary_key=True)
    path: str
    sha256: str = Field(index=True)
    filename: str
    content_type: str
    size: int
    content_id: str = ""
    inline: bool = False
    hidden: bool = False
