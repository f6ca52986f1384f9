"""Notifications: mail of mailcrm itself, put into a queue in the transaction that gives the reason for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.flow.addresses import valid_email
from mailcrm.mailing.wire import is_one_line
from mailcrm.store import notifications


@dataclass(frozen=True, slots=True)
class NotificationFile:
    """A file that goes along: a blob that is kept already, and the name it gets."""

    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class NewNotification:
    """One mail to one address. `key` says what it is about: the same key is never sent twice."""

    key: str
    address: str
    subject: str
    text: str
    attachment: NotificationFile | None = None


def queue(connection: Connection, new: NewNotification, at: datetime) -> bool:
    """Queue a mail once a key; False where it is there already. Whoever calls it has checked what the reader may see.

    Raises Refused where the address is none. Line breaks in the subject become blanks.
    """
    subject = new.subject if is_one_line(new.subject) else " ".join(new.subject.split())
    file = new.attachment or NotificationFile("", "")
    values = {"key": new.key, "address": valid_email(new.address), "subject": subject, "text": new.text}
    return notifications.add(connection, {**values, "attachment_sha256": file.sha256, "attachment_name": file.name}, at)
