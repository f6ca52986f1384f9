"""A version for reading: its text and page images; and two versions beside each other."""

from flask import Blueprint, Response, current_app, render_template, request

from mailcrm.documents.compare import folded
from mailcrm.errors import NotFound
from mailcrm.net.extract.values import Unreadable
from mailcrm.store import recipients, versions
from mailcrm.store.versions import VersionRow
from web.access import reading, tools, who
from web.extracts import Extracts
from web.pages.documents import known
from web.security import FILE_POLICY, disposition

pages = Blueprint("comparisons", __name__)
MOST_ROWS = 400
_WIDTH = 1100
"""Pixels of a page image."""
_PAGES = 6
"""Page images on one page."""
_TEXT = 60_000
"""Characters of text on a page."""


@pages.get("/documents/<int:document_id>/compare")
def compare(document_id: int) -> str:
    """What changed from the version `old` to `new`; without them, from what was sent last to what there is now."""
    row = known(document_id)
    found = versions.versions(reading(), who(), document_id)
    old, new = _pair(found, recipients.lately(reading(), who(), document_id))
    made = _reader().comparison((old.sha256, old.kind), (new.sha256, new.kind)) if old.id != new.id else None
    whole = "all" in request.args
    shown = (made.rows if whole else folded(made.rows)) if made else ()
    return render_template(
        "documents/compare.html",
        row=row,
        versions=found,
        old=old,
        new=new,
        made=made,
        shown=shown[:MOST_ROWS],
        cells=made.cells[:MOST_ROWS] if made else (),
        left_out=max(0, len(shown) - MOST_ROWS, len(made.cells) - MOST_ROWS if made else 0),
        whole=whole,
    )


@pages.get("/documents/<int:document_id>/versions/<int:version_id>")
def version(document_id: int, version_id: int) -> str:
    """A version for reading: the images of its pages, or its text."""
    row, one = known(document_id), _version(document_id, version_id)
    extract = _reader().extract(one.sha256, one.kind)
    count = extract.fingerprint.pages if one.kind == "pdf" and extract.state == "extracted" else 0
    first = min(_number("page", 1), max(count, 1))
    as_text = request.args.get("as") == "text" or not count
    return render_template(
        "documents/version.html",
        row=row,
        one=one,
        extract=extract,
        text=extract.text[:_TEXT],
        cut=len(extract.text) > _TEXT or extract.truncated,
        count=count,
        shown=range(first, min(first + _PAGES, count + 1)),
        step=_PAGES,
        as_text=as_text,
        most=200,
    )


@pages.get("/documents/<int:document_id>/versions/<int:version_id>/pages/<int:number>")
def page(document_id: int, version_id: int, number: int) -> Response:
    """The image of a page (from 1) of a PDF."""
    one = _version(document_id, version_id)
    if one.kind != "pdf" or not 1 <= number <= 10_000:
        raise NotFound("There is no such page.")
    try:
        image = _reader().page(one.sha256, number - 1, _WIDTH)
    except Unreadable:
        raise NotFound("There is no such page.") from None
    response = Response(image, mimetype="image/webp")
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return _confined(response)


@pages.get("/documents/<int:document_id>/versions/<int:version_id>/file")
def download(document_id: int, version_id: int) -> Response:
    """The bytes of a version under its own name, for saving."""
    one = _version(document_id, version_id)
    if not tools().blobs.has(one.sha256):
        raise NotFound("The bytes of this attachment are missing: run mailcrm fsck.")
    response = Response(tools().blobs.read(one.sha256), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = disposition(one.name, f"version-{one.number}")
    return _confined(response)


def _pair(found: list[VersionRow], sent: dict[int, list[recipients.Sent]]) -> tuple[VersionRow, VersionRow]:
    """The versions that are asked for, else what went out last and the newest one."""
    by_id = {one.id: one for one in found}
    new = by_id.get(_number("new")) or found[-1]
    asked = by_id.get(_number("old"))
    if asked:
        return asked, new
    went = [one for some in sent.values() for one in some if one.direction == "out" and one.version_id in by_id]
    other = [one for one in went if by_id[one.version_id].number != new.number]
    if other:
        return by_id[max(other, key=lambda one: one.at).version_id], new
    return by_id.get(new.parent_id or 0) or found[max(0, found.index(new) - 1)], new


def _version(document_id: int, version_id: int) -> VersionRow:
    """The version, where the user may see it; raises NotFound otherwise."""
    for one in versions.versions(reading(), who(), document_id):
        if one.id == version_id:
            return one
    raise NotFound("There is no such document, or it is private.")


def _reader() -> Extracts:
    found: Extracts = current_app.extensions["mailcrm_extracts"]
    return found


def _number(name: str, otherwise: int = 0) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 19 else otherwise


def _confined(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
