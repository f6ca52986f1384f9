"""The words for the codes of the database, in the language of the user. An unknown code is shown as it is."""

from typing import Protocol

from flask_babel import lazy_gettext as _l

from web.audit_labels import ACTS as ACTS
from web.audit_labels import AUDIT_KINDS as AUDIT_KINDS


class MessageKind(Protocol):
    """What is known of a message on every page that shows one."""

    @property
    def kind(self) -> str:
        """One of KINDS."""

    @property
    def direction(self) -> str:
        """in, out or internal."""


DIRECTIONS = {"in": _l("From"), "out": _l("To"), "internal": _l("Internal")}
DIRECTION_FILTERS = {"": _l("All"), "in": _l("From the client"), "out": _l("To the client")}
KINDS = {
    "human": _l("Written by people"),
    "auto-reply": _l("Automatic reply"),
    "bounce": _l("Not delivered"),
    "complaint": _l("Complaint"),
    "receipt": _l("Receipt"),
    "bulk": _l("Newsletter"),
    "calendar": _l("Invitation"),
}
PERIODS = {
    "": _l("Any time"),
    "week": _l("Last week"),
    "month": _l("Last month"),
    "quarter": _l("Last three months"),
    "year": _l("Last year"),
}
ROLES = {
    "from": _l("From"),
    "sender": _l("Sender"),
    "reply-to": _l("Reply to"),
    "to": _l("To"),
    "cc": _l("Copy"),
    "bcc": _l("Blind copy"),
}
RULES = {
    "explicit": _l("asked for outright: a folder, a keyword or an address of the client's dropbox"),
    "thread": _l("the thread it belongs to"),
    "address": _l("an address of the client"),
    "domain": _l("a domain of the client"),
    "forwarded": _l("the original that it forwards"),
    "report": _l("the message that it reports on"),
    "person": _l("by hand"),
    "store-all": _l("everything is stored here"),
    "never": _l("an address or domain on a never-list"),
    "internal": _l("mail among colleagues"),
    "triage": _l("nobody known takes part; it waits in the tray"),
    "unmatched": _l("nobody known takes part"),
    "too old": _l("it is older than this mailbox is read"),
    "copy": _l("a further copy of a stored message"),
    "purged": _l("its owner took it out of mailcrm"),
    "erased": _l("a person in it was erased"),
}
LINK_STATES = {"active": _l("on the timeline"), "suggested": _l("suggested"), "undone": _l("taken off")}
REASONS = {
    "written by staff": _l("You or a colleague wrote to this person."),
    "answered by staff": _l("A colleague has written to this person before."),
    "in a known thread": _l("It belongs to a thread of a client, but is from somebody else."),
}
HANDOVER_STATES = {
    "planned": _l("planned"),
    "done": _l("done"),
    "undone": _l("undone"),
    "cancelled": _l("cancelled"),
}
SECURITY = {"signed": _l("Signed"), "encrypted": _l("Encrypted")}
DEFECTS = {
    "absurd-date": _l("Its date cannot be true; the time of arrival is shown instead."),
    "bad-date": _l("Its date could not be read; the time of arrival is shown instead."),
    "nested-too-deep": _l("Parts inside parts too many times; the innermost were not opened."),
    "no-boundary": _l("The mark between its parts is missing."),
    "no-blank-line-after-part-headers": _l("A part has no line between its headers and its text."),
    "unreadable-headers": _l("Some of its header lines could not be read."),
    "wrong-charset": _l("Its text is not in the character set that it names; some letters may be wrong."),
    "unknown-charset": _l("It names a character set that nobody knows; some letters may be wrong."),
    "unknown-8bit": _l("Its headers hold letters without saying in which character set; they were guessed."),
    "unknown-transfer-encoding": _l("It names an encoding that nobody knows; it was taken as it came."),
    "broken-address": _l("An address in its headers is damaged."),
    "broken-base64": _l("An attachment or text is damaged in transfer; what could be read is shown."),
    "broken-tnef": _l("Its winmail.dat could not be opened."),
    "broken-uuencode": _l("A uuencoded file in it is damaged."),
    "no-blank-line-after-headers": _l("There is no line between its headers and its text."),
    "no-closing-boundary": _l("Its end is missing; it may have been cut off."),
    "no-date": _l("It has no date; the time of arrival is shown instead."),
    "no-message-id": _l("It has no Message-ID of its own."),
    "no-parts": _l("It says that it has parts, but has none."),
    "too-many-parts": _l("It has too many parts; the last ones were left out."),
}
FOLDER_ROLES = {
    "inbox": _l("Inbox"),
    "sent": _l("Sent"),
    "archive": _l("Archive"),
    "junk": _l("Spam"),
    "trash": _l("Trash"),
    "drafts": _l("Drafts"),
    "all": _l("All mail"),
    "other": _l("Folder"),
}
MAILBOX_STATES = {
    "active": _l("Being read"),
    "paused": _l("Paused"),
    "needs-credentials": _l("Waits for a new password"),
    "frozen": _l("Archive, no longer read"),
}
PLACEMENT_STATES = {
    "todo": _l("seen on the server, not yet decided on"),
    "wanted": _l("to be fetched"),
    "done": _l("decided"),
    "quarantine": _l("could not be read; it is tried again"),
    "gone": _l("no longer on the server"),
}
VERDICTS = {
    "keep": _l("stored"),
    "metadata": _l("only who, when and the subject are noted"),
    "ignore": _l("not stored"),
    "": _l("no verdict yet"),
}
VISIBILITIES = {
    "full": _l("everything"),
    "subject": _l("subject and people"),
    "stub": _l("only that there was a message"),
}
DECLINE = {
    "price": _l("The price"),
    "timing": _l("The time is not right"),
    "supplier": _l("We have a supplier"),
    "other": _l("Something else"),
}
USER_ROLES = {"staff": _l("Staff"), "manager": _l("Manager"), "admin": _l("Admin")}
THEMES = {"auto": _l("As the device"), "light": _l("Light"), "dark": _l("Dark")}
FIELD_KINDS = {
    "text": _l("Text"),
    "number": _l("Number"),
    "date": _l("Date"),
    "choice": _l("Choice"),
    "yesno": _l("Yes or no"),
}
CLIENT_KINDS = {"company": _l("Company"), "person": _l("Private person")}
ORDERS = {
    "name": _l("Name"),
    "last_in": _l("Last from client"),
    "last_out": _l("Last to client"),
    "follow_up": _l("Next follow-up"),
    "newest": _l("Newest"),
}
DEAL_ORDERS = {
    "moved": _l("Moved last"),
    "expected": _l("Expected first"),
    "value": _l("Value"),
    "title": _l("Title"),
    "client": _l("Client"),
}
DEAL_STATES = {"open": _l("Open"), "won": _l("Won deals"), "lost": _l("Lost deals")}
STAGE_KINDS = {"open": _l("open"), "won": _l("won"), "lost": _l("lost")}
HINTS = {
    "date": _l("This is not a date: %(text)s. Write 2026-01-31, 2026-01 or 31.01.2026."),
    "has": _l("After has: only “attachment” is understood, not “%(text)s”."),
    "in": _l("After in: write inbox or sent, not “%(text)s”."),
    "empty": _l("There is nothing after “%(text)s”."),
    "many": _l("Only the first words are looked for; left out: %(text)s."),
}
METHODS = {
    "password": _l("Password"),
    "mailbox": _l("Password of the mailbox"),
    "oidc": _l("Identity provider"),
    "password+app": _l("Password and app"),
    "mailbox+app": _l("Password of the mailbox and app"),
    "password+backup-code": _l("Password and backup code"),
    "mailbox+backup-code": _l("Password of the mailbox and backup code"),
}
IMPORT_STATES = {
    "open": _l("Not begun"),
    "checking": _l("The list is being looked through"),
    "checked": _l("Looked through"),
    "running": _l("Clients are being taken in"),
    "done": _l("Taken in"),
    "failed": _l("Stopped"),
    "undoing": _l("It is being taken back"),
    "undone": _l("Undone"),
}
IMPORT_TARGETS = {
    "company": _l("Company"),
    "person": _l("Name of a person"),
    "last": _l("Last name"),
    "first": _l("First name"),
    "middle": _l("Middle name"),
    "position": _l("Position"),
    "email": _l("E-mail address"),
    "phone": _l("Phone"),
    "tax_id": _l("Tax number"),
    "website": _l("Website"),
    "domain": _l("Domain"),
    "address": _l("Postal address"),
    "note": _l("Note"),
    "person_note": _l("Note on the contact"),
    "owner": _l("Owner"),
    "tags": _l("Tags"),
    "kind": _l("Kind of client"),
    "client": _l("Number of a known client"),
    "more": _l("Keep in the note, with its name"),
    "new": _l("Make a field of it"),
    "": _l("Leave it out"),
}
IMPORT_EXISTING = {
    "fill": _l("fill in what is missing"),
    "replace": _l("replace by what the list says"),
    "leave": _l("leave them alone"),
}
IMPORT_MATCHES = {
    "decision": _l("said so"),
    "tax_id": _l("same tax number"),
    "address": _l("same address"),
    "domain": _l("same domain"),
    "name": _l("same name"),
    "phone": _l("same phone"),
    "similar": _l("similar name"),
}
IMPORT_REASONS = {
    "email": _l("this is no e-mail address"),
    "phone": _l("this is no telephone number"),
    "domain": _l("this is no domain of a client"),
    "own": _l("this is an address of our own"),
    "tax_id": _l("the check digits of this tax number are wrong; it was taken all the same"),
    "owner": _l("there is no such user"),
    "number": _l("this is no number"),
    "date": _l("this is no date"),
    "choice": _l("this is not among the choices of the field"),
    "yesno": _l("write yes or no"),
    "long": _l("this is too long"),
    "nameless": _l("the row names nobody"),
    "decision": _l("there is no client of this number"),
    "similar": _l("there is a client like this: is it the same?"),
    "several": _l("several clients fit: which one is it?"),
    "joined": _l("belongs to a known client"),
}
ACCOUNT_STATES = {"active": _l("sends"), "paused": _l("paused"), "needs-credentials": _l("needs a password")}
SENT_COPIES = {
    "append": _l("mailcrm puts them there"),
    "server": _l("the server saves them"),
    "off": _l("none"),
}


def is_told(row: MessageKind) -> bool:
    """Whether the kind of a message says something: an offer of ours has the marks of a newsletter, and is none."""
    return row.kind != "human" and (row.kind, row.direction) != ("bulk", "out")
