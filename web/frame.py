"""The document inside the frame that shows the HTML of a message: cleaned markup, a plain sheet, its pictures."""

import base64
from collections.abc import Iterable

from markupsafe import Markup

from mailcrm.mail.sanitise import safe_html
from mailcrm.net.blobs import BlobStore
from mailcrm.store.contents import AttachmentRow

PICTURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
"""What may be shown: the type and how its bytes begin. Never SVG, which can hold scripts."""
_MOST = 6_000_000
"""Bytes of pictures in one document; further ones can be downloaded."""
_PAGE = Markup(
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title><style>'
    ":root{{color-scheme:light}}body{{margin:12px;font:15px/1.5 system-ui,sans-serif;color:#1a1d21;background:#fff;"
    "overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}table{{max-width:100%}}td,th{{overflow-wrap:break-word}}"
    "blockquote{{margin:0 0 0 8px;padding-left:12px;border-left:3px solid #ccd}}</style>{body}</html>"
)


def is_picture(content_type: str, data: bytes) -> bool:
    """True for bytes that are the picture they claim to be, of a kind that is safe to show."""
    return data.startswith(PICTURES.get(content_type, (b"\x00no picture",)))


def pictures(blobs: BlobStore, attached: Iterable[AttachmentRow]) -> dict[str, str]:
    """Content-ID → data URL. The frame has no origin and so no cookie: it could not fetch them itself."""
    found: dict[str, str] = {}
    left = _MOST
    for one in attached:
        if not one.content_id or one.size > left or one.content_type not in PICTURES or not blobs.has(one.sha256):
            continue
        data = blobs.read(one.sha256)
        if is_picture(one.content_type, data):
            found[one.content_id] = f"data:{one.content_type};base64,{base64.b64encode(data).decode()}"
            left -= one.size
    return found


def document(html: str, cid: dict[str, str], remote_images: bool, title: str, language: str) -> str:
    """The whole document for the frame."""
    return _PAGE.format(language=language, title=title, body=Markup(safe_html(html, cid, remote_images)))  # noqa: S704
