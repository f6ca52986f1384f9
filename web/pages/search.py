"""Search over subjects, people, texts and names of attachments."""

from flask import Blueprint, render_template, request

from mailcrm.crm import query as language
from mailcrm.store import contents, results
from web.access import reading, who

pages = Blueprint("search", __name__)
SIZE = 30


@pages.get("/search")
def overview() -> str:
    """One page of what was found, newest first, and what of the query was not understood."""
    text = request.args.get("q", "")[:500]
    query = language.parse(text)
    before = request.args.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 20 else None
    rows = results.search(reading(), who(), query, before_id, SIZE + 1)
    shown = rows[:SIZE]
    return render_template(
        "search/overview.html",
        q=text,
        query=query,
        rows=shown,
        older=shown[-1].id if len(rows) > SIZE else None,
        people=contents.participants(reading(), who(), [row.id for row in shown]) if shown else {},
    )
