"""Attachments: downloads that no browser opens by itself, and pictures that may be looked at."""

from flask import Blueprint, Response

from mailcrm.errors import NotFound
from mailcrm.mail import parse
from mailcrm.store import contents
from mailcrm.store.contents import AttachmentRow
from web.access import reading, tools, who
from web.audited import opened, taken
from web.frame import is_picture
from web.security import FILE_POLICY, disposition

pages = Blueprint("attachments", __name__)


@pages.get("/messages/<int:message_id>/attachments/<int:position>")
def download(message_id: int, position: int) -> Response:
    """The bytes of an attachment under its own name, for saving."""
    row, data = _content(message_id, position)
    taken("downloaded", "message", message_id, f"attachment {position + 1}")
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = disposition(row.filename, f"attachment-{position + 1}")
    return _confined(response)


@pages.get("/messages/<int:message_id>/attachments/<int:position>/view")
def view(message_id: int, position: int) -> Response:
    """A picture in the page; anything else is not found here."""
    row, data = _content(message_id, position)
    if not is_picture(row.content_type, data):
        raise NotFound("This attachment cannot be shown here; it can be downloaded.")
    opened("message", [message_id])
    response = Response(data, mimetype=row.content_type)
    response.headers["Content-Disposition"] = disposition(row.filename, "picture", inline=True)
    # A picture never changes under its address, but only this user's browser may keep it.
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return _confined(response)


def _content(message_id: int, position: int) -> tuple[AttachmentRow, bytes]:
    found = contents.attachment(reading(), who(), message_id, position)
    if found is None:
        raise NotFound("There is no such attachment, or it is private.")
    row, raw_sha256 = found
    if tools().blobs.has(row.sha256):
        return row, tools().blobs.read(row.sha256)
    data = parse.part(tools().blobs.read(raw_sha256), row.path)
    if data is None:
        raise NotFound("The bytes of this attachment are missing: run mailcrm fsck.")
    return row, data


def _confined(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
