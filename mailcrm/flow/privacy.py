"""What the owner of mail decides: who sees a thread of his, and which mail is never stored."""

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Office, editing
from mailcrm.store import ledger, mine, never, privacy

CHOICES = ("", "full", "subject", "stub")


def decide_thread(office: Office, by: By, thread_id: int, choice: str) -> str:
    """Decide what colleagues see of the user's copies in a thread, now and later; "" leaves it to his mailboxes.

    Returns what held before. Raises NotFound where he has no copy of it: nobody decides on a colleague's mail.
    """
    if choice not in CHOICES:
        raise Refused(f"The visibility must be one of {', '.join(CHOICES[1:])}, not {choice}.")
    user_id = by.actor_id or 0
    with editing(office, by) as edit:
        if not privacy.has_copy(edit.connection, thread_id, user_id):
            raise NotFound("There is no such thread.")
        before = privacy.named(privacy.override(edit.connection, thread_id, user_id))
        level = privacy.LEVELS[choice] if choice else None
        privacy.set_override(edit.connection, thread_id, user_id, level, by.at)
        edit.note("changed", "thread", thread_id, detail=f"{before or 'mailbox'} → {choice or 'mailbox'}")
        return before


def forget_never(office: Office, by: By, rule_id: int, company: bool) -> str:
    """Take an address or domain off the user's never-list, or with `company` off that of all; returns it.

    What was left out because of it is decided on again. Raises NotFound.
    """
    with editing(office, by) as edit:
        owner = None if company else by.actor_id
        found = [row for row in never.rules(edit.connection, by.actor_id or 0) if row.id == rule_id]
        if not found or found[0].user_id != owner:
            raise NotFound("There is no such rule.")
        never.remove(edit.connection, rule_id)
        boxes = None if company else mine.mailbox_ids(edit.connection, by.actor_id or 0)
        ledger.reopen_never(edit.connection, boxes)
        edit.note("removed", "never-list", rule_id, detail=found[0].value if company else "")
        return found[0].value
