"""Delivering the queue of notifications through the company's own account, once each."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailcrm.errors import NotFound
from mailcrm.flow.tools import CompanyAccount, SendTools
from mailcrm.mail.address import Address
from mailcrm.mailing.answer import Answer
from mailcrm.mailing.outcome import Outcome, Tried, judge, rest
from mailcrm.mailing.token import public_token
from mailcrm.mailing.wire import Attached, Draft, Unwritable, dated, encoded, serialise, wire_address
from mailcrm.net.smtp.session import Session
from mailcrm.net.smtp.values import Envelope, SmtpFailed
from mailcrm.store import notifications
from mailcrm.store.notifications import Due

log = logging.getLogger("mailcrm.send")

PORTION = 20
_GIVE_UP = 8
_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "pdf": "application/pdf"}


@dataclass
class Notifier:
    """Sends what is queued, a portion at a time. Rests after a failure of the server, as accounts do."""

    tools: SendTools
    _failures: int = 0
    _rests_until: datetime | None = field(default=None)

    async def turn(self) -> int:
        """Send a portion; returns how many left. Raises StorageFailed."""
        company = self.tools.company
        due = await asyncio.to_thread(self._take) if company is not None else []
        if company is None or not due:
            return 0
        results: list[tuple[Due, Answer]] = []
        try:
            session = await Session.open(company.server, company.login)
        except SmtpFailed as failed:
            results = [(one, failed.answer) for one in due]
        else:
            results = await self._send_all(session, company, due)
            await session.quit()
        await asyncio.to_thread(self._settle, results)
        return sum(answer.phase == "dot" and answer.is_good for _, answer in results)

    async def _send_all(
        self, session: Session, company: CompanyAccount, due: Sequence[Due]
    ) -> list[tuple[Due, Answer]]:
        results = []
        for one in due:
            try:
                raw = await asyncio.to_thread(self._raw, company, one)
                to = Envelope(wire_address(company.address), wire_address(one.address), f"n.{one.id}", len(raw))
                answer = await session.offer(to) or await session.send(raw)
            except (Unwritable, NotFound) as error:
                answer = Answer("local", 554, str(error))
            except SmtpFailed as failed:
                answer = failed.answer
            results.append((one, answer))
        return results

    def _take(self) -> list[Due]:
        with self.tools.database.writing() as connection:
            now = self.tools.clock(connection)
            if self._rests_until is not None and now < self._rests_until:
                return []
            return notifications.take(connection, now, PORTION)

    def _raw(self, company: CompanyAccount, one: Due) -> bytes:
        """The same bytes at every try: the id comes from the row, the date from when it was queued."""
        domain = company.address.rpartition("@")[2]
        files: tuple[Attached, ...] = ()
        if one.attachment_sha256:
            kind = _TYPES.get(one.attachment_name.rpartition(".")[2].casefold(), "application/octet-stream")
            files = (Attached(one.attachment_name, kind, encoded(self.tools.blobs.read(one.attachment_sha256))),)
        draft = Draft(
            Address(company.name, company.address),
            Address("", one.address),
            one.subject,
            one.text,
            f"<n.{public_token(self.tools.tokens, 'notification', one.id)}@{domain}>",
            attachments=files,
            headers=(("Auto-Submitted", "auto-generated"),),
        )
        return dated(serialise(draft), one.created_at)

    def _settle(self, results: Sequence[tuple[Due, Answer]]) -> None:
        with self.tools.database.writing() as connection:
            now = self.tools.clock(connection)
            for one, answer in results:
                outcome = judge(answer, Tried(one.attempts), now, self.tools.chance())
                if outcome.account:
                    self._failures += 1
                    self._rests_until = rest(self._failures, now, self.tools.chance())
                elif outcome.state == "accepted":
                    self._failures = 0
                notifications.settle(connection, one.id, _values(one, answer, outcome, now))
        for one, answer in results:
            if not answer.is_good:
                log.warning("a notification did not leave", extra={"id_": one.id, "reason": answer.text})


def _values(one: Due, answer: Answer, outcome: Outcome, now: datetime) -> dict[str, object]:
    if outcome.state == "accepted":
        return {"state": "sent", "sent_at": now, "error": "", "attempts": one.attempts + 1}
    words = " ".join(filter(None, (str(answer.code or ""), answer.enhanced, answer.text)))
    counted = one.attempts + (outcome.charge == "recipient")
    if (outcome.state == "failed" or counted >= _GIVE_UP) and outcome.charge == "recipient":
        return {"state": "failed", "error": words, "attempts": counted}
    # Also after silence: a reminder that comes twice, as one message for who threads by id, is better than none.
    return {"state": "queued", "error": words, "attempts": counted, "not_before": outcome.not_before or now}
