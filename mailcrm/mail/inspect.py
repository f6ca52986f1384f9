"""What mailcrm understands of one message, as the JSON object that `mailcrm inspect` prints."""

from typing import Any

from mailcrm.mail import parse
from mailcrm.mail.address import Address
from mailcrm.mail.message import Attachment


def inspect(raw: bytes) -> dict[str, Any]:
    """The message `raw` as a dict of plain values that any JSON encoder takes; times are ISO 8601 in UTC or None."""
    message = parse.message(raw)
    head = message.headers
    return {
        "message_id": head.message_id,
        "in_reply_to": list(head.in_reply_to),
        "references": list(head.references),
        "date": head.date.strftime("%Y-%m-%dT%H:%M:%SZ") if head.date else None,
        "from": [_address(one) for one in head.from_],
        "to": [_address(one) for one in head.to],
        "cc": [_address(one) for one in head.cc],
        "subject": head.subject,
        "kind": message.kind.value,
        "text": message.text,
        "reply_text": message.reply_text,
        "attachments": [_attachment(one) for one in message.attachments],
        "defects": list(message.defects),
    }


def _address(one: Address) -> dict[str, str]:
    """An address as a dict."""
    return {"name": one.name, "email": one.email}


def _attachment(one: Attachment) -> dict[str, Any]:
    """An attachment as a dict, without its bytes."""
    return {
        "path": one.path,
        "filename": one.filename,
        "content_type": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "inline": one.inline,
        "hidden": one.hidden,
    }
