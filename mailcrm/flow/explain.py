"""Why is this message where it is, or not here at all? Answered for any Message-ID."""

from dataclasses import dataclass

from mailcrm.crm import match
from mailcrm.crm.explicit import Explicit
from mailcrm.flow.edit import Office
from mailcrm.flow.known import directory_for
from mailcrm.mail.thread import key
from mailcrm.store import directory, links, participants, tracing
from mailcrm.store.links import LinkRow
from mailcrm.store.tracing import Met, Stored, Unfinished

REASONS = {
    "never": "it concerns an address or a domain on a never-list",
    "internal": "everybody in it is one of us",
    "unmatched": "no rule finds a client for it",
    "triage": "no rule finds a client for it; it waits in the triage tray",
    "too old": "it is older than this mailbox is read",
    "copy": "it is a further copy of a stored message",
    "explicit": "somebody asked for it",
    "thread": "it answers a message of a client",
    "address": "it names an address of a client",
    "domain": "it names an address at a domain of a client",
    "forwarded": "a message of a client is forwarded in it",
    "report": "it is a report about a message to a client",
    "store-all": "everything is stored",
}
"""The rule on a placement, in words."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known of one Message-ID."""

    message_id: str
    stored: tuple[Stored, ...]
    links: tuple[LinkRow, ...]
    steps: tuple[tuple[int, match.Step], ...]
    """What each rule says today: (message, step)."""
    met: tuple[Met, ...]
    unfinished: tuple[Unfinished, ...]
    """Where it may still be, when it was not met anywhere."""


def explain(office: Office, message_id: str) -> Explanation:
    """What is known of a Message-ID (with or without angle brackets), stored or not."""
    name = key(message_id.strip().strip("<>").strip())
    with office.database.reading() as connection:
        stored = tracing.stored(connection, name)
        met = tracing.met(connection, name, office.fingerprint("m:" + name))
        ids = [one.id for one in stored]
        company = match.Company(
            office.own_domains,
            directory.staff(connection),
            office.free_mail,
            office.never | directory.never(connection, None),
        )
        headers = participants.headers(connection, ids)
        known = directory_for(connection, headers.values())
        steps = [
            (number, step)
            for number, one in headers.items()
            for step in match.decide(one, company, known, Explicit()).steps
        ]
        elsewhere = [] if met else tracing.unfinished(connection)
        return Explanation(
            name, tuple(stored), tuple(links.links(connection, ids)), tuple(steps), tuple(met), tuple(elsewhere)
        )


def verdict(met: Met) -> str:
    """What became of one placement, in one sentence."""
    why = REASONS.get(met.rule, met.rule)
    if met.state == "quarantine":
        return f"it is in quarantine after {met.attempts} attempts: {met.error}"
    if met.state == "todo":
        return "it waits for a decision"
    if met.state == "wanted":
        return f"it waits to be fetched, because {why}" + (
            f"; the last attempt failed: {met.error}" if met.error else ""
        )
    gone = "; it has left the server" if met.state == "gone" else ""
    if met.verdict == "keep":
        return f"it is stored, because {why}{gone}"
    return f"it is not stored, because {why}{gone}" if met.verdict else f"nothing was decided{gone}"
