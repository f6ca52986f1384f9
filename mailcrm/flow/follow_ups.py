"""The story of following up: propose to the owner, stop at any answer, send only what a person sends."""

from dataclasses import dataclass
from datetime import date, datetime

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.mail.address import Address
from mailcrm.mailing import followup
from mailcrm.mailing.followup import About, Words
from mailcrm.mailing.phrases import client_language
from mailcrm.mailing.replies import OFFER
from mailcrm.mailing.token import TokenKeys, message_id, public_token
from mailcrm.mailing.wire import Draft, serialise
from mailcrm.net.blobs import BlobStore
from mailcrm.store import audit, follow_ups, send_accounts
from mailcrm.store.audit import Act
from mailcrm.store.follow_ups import FollowUpRow, Silent, Source
from mailcrm.store.visibility import Viewer

MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Post:
    """What sending one message needs besides the database: where bytes are kept, who signs names, the words."""

    blobs: BlobStore
    keys: TokenKeys
    words: Words


def propose(office: Office, calendar: WorkCalendar, base_url: str, now: datetime) -> int:
    """Propose follow-ups for those who became silent, let those wait who are away, and stop those who answered.

    Returns how many are new. Nothing is sent.
    """
    with office.database.writing() as connection:
        follow_ups.stop_answered(connection, now)
        quiet = follow_ups.silent(connection, now)
        waiting = follow_ups.proposed(connection)
        back = follow_ups.returns(connection, [*(one.recipient_id for one in quiet), *waiting])
        rows = [_proposal(one, calendar, back.get(one.recipient_id), _words(one, base_url)) for one in quiet]
        follow_ups.add(connection, [{**row, "created_at": now} for row in rows])
        for recipient in waiting:
            if recipient in back:
                day = followup.due(calendar, back[recipient], 0, back[recipient])
                follow_ups.postpone(connection, recipient, day)
        return len(rows)


def _proposal(one: Silent, calendar: WorkCalendar, back: date | None, draft: Words) -> dict[str, object]:
    day = followup.due(calendar, one.sent_at.astimezone(calendar.zone).date(), one.days, back)
    return {"recipient_id": one.recipient_id, "mailing_id": one.mailing_id, "client_id": one.client_id,
            "owner_id": one.owner_id, "state": "proposed", "due": day, "subject": draft.subject, "text": draft.text,
            "reason": ""}  # fmt: skip


def _words(one: Silent, base_url: str) -> Words:
    language = client_language("", one.client + one.name, one.address.rpartition("@")[2], "en")
    link = f"{base_url.rstrip('/')}/o/{one.token}" if base_url and one.token else ""
    return followup.words(language, About(one.offer_number, one.offer_title, one.name, link, one.sender))


def send(office: Office, by: By, who: Viewer, follow_up_id: int, post: Post) -> FollowUpRow:
    """Send a follow-up as the user left it, in reply to the offer, from the account that sent the offer.

    Raises Refused where the client has answered meanwhile, or there is no account; NotFound.
    """
    words = post.words
    if not words.subject.strip() or not words.text.strip():
        raise Refused("A follow-up needs a subject and a text.")
    with editing(office, by) as edit:
        row = _open(edit, who, follow_up_id)
        if not follow_ups.is_silent(edit.connection, row.recipient_id):
            raise Refused("The client has answered or must not be written to: nothing was sent.")
        one = follow_ups.source(edit.connection, row.recipient_id)
        mailing = _queue(edit, one, post)
        _settle(edit, row, "sent", words)
        act = Act(by.actor_id, "sent", "mailing", mailing, row.client_id, f"follow-up to {row.address}")
        audit.note(edit.connection, act, by.at)
        return row


def _queue(edit: Edit, one: Source, post: Post) -> int:
    """Put the message into the queue, frozen like any other; returns its mailing."""
    account = send_accounts.account(edit.connection, one.account_id) if one.account_id is not None else None
    if account is None:
        raise Refused("There is no account to send it from.")
    mailing = follow_ups.mailing_for(edit.connection, one, edit.by.actor_id, edit.by.at)
    number = follow_ups.add_recipient(edit.connection, mailing, one, edit.by.at)
    name = message_id(post.keys, number, account.address.rpartition("@")[2])
    before = f"<{one.message_id.strip('<>')}>" if one.message_id else ""
    draft = Draft(
        Address(account.name, account.address), Address(one.person, one.address), " ".join(post.words.subject.split()),
        post.words.text, name, in_reply_to=before, references=(before,) if before else (),
    )  # fmt: skip
    raw = serialise(draft)
    sha = post.blobs.keep(raw)
    post.blobs.settle()
    token = public_token(post.keys, OFFER, number)
    values = {"message_id": name, "token": token, "raw_sha256": sha, "raw_size": len(raw)}
    follow_ups.queue(edit.connection, number, values)
    return mailing


def drop(office: Office, by: By, who: Viewer, follow_up_id: int) -> FollowUpRow:
    """Not this one; it can be taken back. Raises NotFound."""
    with editing(office, by) as edit:
        row = _open(edit, who, follow_up_id)
        _settle(edit, row, "dropped", Words(row.subject, row.text))
        return row


def take_back(office: Office, by: By, who: Viewer, follow_up_id: int) -> None:
    """Propose it again after all. Raises NotFound."""
    with editing(office, by) as edit:
        row = follow_ups.find(edit.connection, who, follow_up_id)
        if row is None or row.state != "dropped":
            raise NotFound("There is no such follow-up.")
        _settle(edit, row, "proposed", Words(row.subject, row.text))


def set_days(office: Office, by: By, mailing_id: int, days: int) -> None:
    """After how many days of silence a mailing's follow-ups are proposed; 0 for never. Raises Refused."""
    if not 0 <= days <= MOST_DAYS:
        raise Refused("Follow-ups come after 1 to 90 days, or never.")
    with editing(office, by) as edit:
        follow_ups.set_days(edit.connection, mailing_id, days)


def _open(edit: Edit, who: Viewer, follow_up_id: int) -> FollowUpRow:
    row = follow_ups.find(edit.connection, who, follow_up_id)
    if row is None or row.state != "proposed":
        raise NotFound("There is no such follow-up.")
    return row


def _settle(edit: Edit, row: FollowUpRow, state: str, words: Words) -> None:
    values = {"state": state, "subject": words.subject, "text": words.text, "changed_at": edit.by.at,
              "actor_id": edit.by.actor_id}  # fmt: skip
    follow_ups.change(edit.connection, row.id, values)
