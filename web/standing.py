"""How far a recipient has come, in one word, and the evidence that says so."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from mailcrm.mailing.statistics import QUIET
from mailcrm.store.board import BoardRow, Evidence, Said

STANDINGS = {
    "accepted": _l("Accepted"),
    "declined": _l("Declined"),
    "complained": _l("Complained"),
    "unsubscribed": _l("Unsubscribed"),
    "bounced": _l("Bounced"),
    "replied": _l("Replied"),
    "away": _l("Away"),
    "delivered": _l("Delivered"),
    "handed": _l("Handed over"),
    "uncertain": _l("Uncertain"),
    "failed": _l("Failed"),
    "skipped": _l("Skipped"),
    "waiting": _l("Waiting"),
}
TONES = {"accepted": "good", "complained": "bad", "bounced": "bad", "failed": "bad", "uncertain": "bad"}
EVENTS = {
    "reply": _l("replied"),
    "auto-reply": _l("automatic reply"),
    "bounce": _l("bounced"),
    "soft-bounce": _l("returned, may arrive later"),
    "delayed": _l("delayed"),
    "delivered": _l("delivered"),
    "complaint": _l("complained"),
    "receipt": _l("read receipt"),
    "unsubscribe": _l("unsubscribed"),
    "view": _l("looked at the offer"),
    "click": _l("followed a link"),
    "open": _l("loaded a picture (estimate)"),
    "accept": _l("accepted"),
    "decline": _l("declined"),
    "note": _l("noted"),
}
METHODS = {
    "message-id": _l("our Message-ID is in its references"),
    "alias": _l("it refers to our message under the id that a server gave it"),
    "address": _l("it was sent to an address with our token"),
    "thread-index": _l("Outlook kept our thread index"),
    "offer-link": _l("it quotes the link to the offer"),
    "document": _l("it returns the document of this recipient"),
    "attachment": _l("it returns a file with the name of the document"),
    "reported": _l("the report names the address"),
    "sender": _l("sender and subject fit"),
    "token": _l("by the link of this recipient"),
    "person": _l("a colleague says so"),
}
LOOKS = {
    "yes": _l("looks like a yes"),
    "no": _l("looks like a no"),
    "price": _l("looks like a word on the price"),
    "question": _l("looks like a question"),
}
_BY_EVENT = (
    ("complaint", "complained"), ("unsubscribe", "unsubscribed"), ("bounce", "bounced"), ("reply", "replied"),
    ("auto-reply", "away"), ("delivered", "delivered"), ("receipt", "delivered"),
)  # fmt: skip
_BY_STATE = {
    "accepted": "handed", "uncertain": "uncertain", "failed": "failed", "skipped": "skipped",
    "render_error": "skipped", "cancelled": "skipped",
}  # fmt: skip


def standing(row: BoardRow, events: Sequence[Evidence], now: datetime) -> str:
    """One of STANDINGS: what the client decided goes before what was noticed, and that before what the server said."""
    if row.decision:
        return row.decision
    kinds = {one.kind for one in events if one.certain}
    found = next((word for kind, word in _BY_EVENT if kind in kinds), _BY_STATE.get(row.state, "waiting"))
    quiet = row.accepted_at is not None and row.accepted_at <= now - QUIET
    return "delivered" if found == "handed" and quiet else found


def suggestion(row: BoardRow, events: Sequence[Evidence]) -> Evidence | None:
    """The newest reply that a person should look at: doubtful, or with words that look like a decision or a wish to
    leave; None once a person has decided."""
    if row.decision or any(one.source == "staff" and one.kind == "note" for one in events):
        return None
    confirmed = {one.message_id for one in events if one.source == "staff"}
    return next(
        (
            one
            for one in events
            if one.kind == "reply"
            and (
                (not one.certain and one.message_id not in confirmed)
                or one.detail.get("looks_like")
                or one.detail.get("wants_out")
            )
        ),
        None,
    )


def servers_words(row: BoardRow, events: Sequence[Evidence], said: Said | None) -> str:
    """The very words of a server: of the report where one came back, else of the last attempt."""
    told = next((one.detail["words"] for one in events if one.detail.get("words") and "bounce" in one.kind), "")
    if told:
        return told
    if said is not None and (row.state != "accepted" or said.text):
        return " ".join(str(one) for one in (said.code or "", said.enhanced, said.text) if one)
    return row.reason


def why(one: Evidence) -> str:
    """How an event is known, in words."""
    method = METHODS.get(one.method)
    return str(method) if method else gettext("as reported")
