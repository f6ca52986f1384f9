"""Taking mail out of mailcrm for good: what somebody's mailbox brought, and what is known of a person.

The server keeps its mail; the ledger remembers what must not be fetched again. It cannot be undone.
"""

from collections.abc import Sequence

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.placing import rewind
from mailcrm.flow.suppressions import hashed
from mailcrm.store import contacts, document_work, mine, purge, suppressions, triage
from mailcrm.store.mine import Selection
from mailcrm.store.purge import Purged


def purge_mine(office: Office, by: By, wanted: Selection, chosen: Sequence[int] = ()) -> Purged:
    """Take the user's copies of the messages that are meant, or of those chosen, out of mailcrm.

    Messages of which nobody else has a copy go altogether. Raises NotFound where there is none.
    """
    with editing(office, by) as edit:
        boxes = mine.mailbox_ids(edit.connection, by.actor_id or 0)
        meant = [row.id for page in mine.pages(edit.connection, boxes, wanted) for row in page]
        if chosen:
            meant = [number for number in meant if number in set(chosen)]
        if not meant:
            raise NotFound("Nothing of this is here from your mailboxes.")
        done = _take(edit, meant, boxes, purge.PURGED)
        edit.note("purged", "mailbox", boxes[0], wanted.client_id, f"{done.gone} + {done.kept}")
        return done


def erase_contact(office: Office, by: By, contact_id: int) -> Purged:
    """Erase a person: the contact with addresses and telephones, and every message that he took part in, from all
    mailboxes. That he must not be written to is remembered as a keyed hash. Raises NotFound, or Refused."""
    with editing(office, by) as edit:
        found = contacts.contact(edit.connection, contact_id)
        if found is None:
            raise NotFound("There is no such contact.")
        if not found.addresses:
            raise Refused("Without an address it is not known which mail is this person's: remove the contact instead.")
        messages = mine.of_people(edit.connection, found.addresses)
        done = _take(edit, messages, None, purge.ERASED)
        triage.forget(edit.connection, found.addresses)
        for email in found.addresses:
            contacts.remove_address(edit.connection, found.client_id, email)
            _suppress(edit, email)
        contacts.remove_contact(edit.connection, contact_id)
        edit.note("erased", "contact", contact_id, found.client_id, f"{done.gone}")
        return done


def _suppress(edit: Edit, email: str) -> None:
    new = suppressions.NewSuppression(email, "objection", suppressions.ALL, actor_id=edit.by.actor_id)
    suppressions.add(edit.connection, [new], edit.by.at)
    suppressions.erase(edit.connection, email, hashed(edit.office.fingerprint, email))


def _take(edit: Edit, messages: Sequence[int], mailboxes: Sequence[int] | None, rule: str) -> Purged:
    document_work.take_turns(edit.connection)
    since = purge.oldest_placed(edit.connection, messages)
    if since is not None:
        # Documents are what all messages make in the order of time: the later ones are placed anew by the daemon.
        rewind(edit.connection, since)
    done = purge.take_copies(edit.connection, messages, mailboxes, rule)
    purge.drop_left_over(edit.connection)
    return done
