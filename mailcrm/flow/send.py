"""Sending: the life of one connection, message by message.

For each recipient, in this order:

    claimed         by this process, for two minutes                 a kill: back into the queue, nothing was sent
    MAIL, RCPT      the server's no is about him, us, or itself      `mailing.outcome` says which
    marked          durably, if the mailing still runs and he is     the point of no return: one statement asks all
                    not suppressed
    message, dot    the following one's MAIL and RCPT go behind it   a kill or silence: uncertain, never repeated
    written down    with the next marks, in one transaction          what the server said, in its own words

Bytes, terms, document and hash were frozen when it was prepared; only the Date is put before them at the first mark.
"""

import logging
from typing import Protocol

from mailcrm.errors import NotFound
from mailcrm.flow.consequences import Note
from mailcrm.flow.journal import Journal
from mailcrm.flow.outbox import Outbox, Parcel
from mailcrm.mailing.answer import Answer
from mailcrm.mailing.wire import dated
from mailcrm.net.smtp.session import Session
from mailcrm.net.smtp.values import Envelope, SmtpFailed

log = logging.getLogger("mailcrm.send")


class Sessions(Protocol):
    """Where connections come from and go to."""

    async def take(self) -> tuple[Session, bool]:
        """A connection of the account, and whether it was used before. Raises SmtpFailed."""

    def put(self, session: Session) -> None:
        """Keep one that is not needed now."""


async def carry(outbox: Outbox, journal: Journal, sessions: Sessions) -> None:
    """Send from the outbox over one connection until nothing may be sent any more. Raises StorageFailed."""
    session: Session | None = None
    parcel = await outbox.next()
    while parcel is not None:
        following: Parcel | None = None
        used = session is not None
        try:
            if parcel.fault:
                raise NotFound(parcel.fault)
            raw = await outbox.read(parcel)
            if session is None:
                session, used = await sessions.take()
            answer = await session.offer(parcel.envelope)
            if answer is None:
                at = await journal.mark(parcel.claimed)
                if at is None:
                    session.abandon()
                    outbox.recheck(parcel.claimed.mailing_id)
                else:
                    following = outbox.follow()
                    answer = await session.send(dated(raw, at), _envelope(following))
            if answer is not None:
                await _note(outbox, journal, parcel, answer)
        except NotFound as error:
            if session is not None:
                session.abandon()  # its commands may be on the way already
            await _note(outbox, journal, parcel, Answer("local", 554, str(error)))
        except SmtpFailed as failed:
            if _was_idle(failed.answer, used):
                session = None
                continue
            await _note(outbox, journal, parcel, failed.answer)
            outbox.shut()
        if session is not None and not session.is_open:
            session = None
        parcel = following or await outbox.next()
    if session is not None:
        sessions.put(session)


async def _note(outbox: Outbox, journal: Journal, parcel: Parcel, answer: Answer) -> None:
    """Write an answer down; where the mailing was stopped meanwhile, its others at hand are offered no more."""
    if not await journal.note(Note(parcel.claimed, outbox.account, answer)):
        outbox.recheck(parcel.claimed.mailing_id)


def _envelope(following: Parcel | None) -> Envelope | None:
    return following.envelope if following and not following.fault else None


def _was_idle(answer: Answer, used: bool) -> bool:
    """Whether the server had closed a connection that we kept: that says nothing about anybody."""
    return used and answer.phase == "mail" and answer.code in (0, 421)
