"""What new messages mean for others of their threads, stored or not: the result must not depend on who came first."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm.explicit import Explicit
from mailcrm.crm.match import Found, decide
from mailcrm.flow.box import Box
from mailcrm.flow.known import directory_for
from mailcrm.store import ledger, links, messages, participants


def spread(connection: Connection, box: Box, threads: Collection[int], now: datetime) -> int:
    """Let the rule of the thread reach the other messages of threads that grew, stored and unstored.

    Stored ones are linked at once; unstored ones that refer to such a thread are asked about again. Returns how many
    placements wait now.
    """
    # A message that is linked brings its people into the thread, who may be those whom another one waited for.
    while new := _inherited(connection, box, threads):
        links.add_found(connection, new, now)
    known = messages.ids_of_threads(connection, threads)
    return ledger.reopen(connection, [box.fingerprint("m:" + one) for one in known])


def _inherited(connection: Connection, box: Box, threads: Collection[int]) -> list[tuple[int, Found]]:
    waiting = participants.headers(connection, links.unlinked_in_threads(connection, threads))
    if not waiting:
        return []
    directory = directory_for(connection, waiting.values())
    linked = {(one.message_id, one.client_id) for one in links.links(connection, waiting) if one.state != "suggested"}
    found = [(m, f) for m, one in waiting.items() for f in decide(one, box.company, directory, Explicit()).found]
    return [(m, f) for m, f in found if f.rule == "thread" and not f.suggested and (m, f.client) not in linked]
