"""The tables as inert data: SQLModel classes with columns only, no Relationship, no methods.

Nothing in this folder does I/O, reads a clock or draws a random number. Importing it registers every table.
"""

from mailcrm.model.crm import (
    Client,
    ClientDomain,
    Contact,
    ContactAddress,
    ContactPhone,
    Entry,
    Link,
    NeverRule,
    Triage,
)
from mailcrm.model.mail import (
    Attachment,
    MailAddress,
    Message,
    MessageAddress,
    MessageBody,
    MessageCopy,
    Thread,
    ThreadReference,
)
from mailcrm.model.mailbox import Folder, Mailbox, Placement, PlacementTrace
from mailcrm.model.people import Heartbeat, SignInAttempt, TrustedSender, User, UserAddress, UserSession

__all__ = [
    "Attachment",
    "Client",
    "ClientDomain",
    "Contact",
    "ContactAddress",
    "ContactPhone",
    "Entry",
    "Folder",
    "Heartbeat",
    "Link",
    "MailAddress",
    "Mailbox",
    "Message",
    "MessageAddress",
    "MessageBody",
    "MessageCopy",
    "NeverRule",
    "Placement",
    "PlacementTrace",
    "SignInAttempt",
    "Thread",
    "ThreadReference",
    "Triage",
    "TrustedSender",
    "User",
    "UserAddress",
    "UserSession",
]
