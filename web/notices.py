"""Notices: what was just done, said on the next page, with a way to take it back where there is one."""

from dataclasses import asdict
from typing import Any, NamedTuple

from flask import current_app, request, session, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from mailcrm.documents.values import Rule
from mailcrm.errors import Refused
from mailcrm.flow import corrections
from mailcrm.flow.links import Undo
from web.access import me

_HOUR = 3600
_LONGEST = 2400
"""Characters of a token; the notice travels in a cookie, and cookies are short."""


class Notice(NamedTuple):
    """What is said; `token` or `address` say how it can be taken back, where it can."""

    category: str
    text: str
    token: str = ""
    address: str = ""


def say(text: str, undo: Undo | None = None) -> None:
    """Say `text` on the next page; with `undo`, offer to take it back."""
    token = _signer().dumps({"user": me().id, **asdict(undo)}) if undo else ""
    _add(Notice("done", text, token if len(token) < _LONGEST else ""))


def say_restorable(text: str, address: str) -> None:
    """Say `text` on the next page, with a button that posts to `address` to take it back."""
    _add(Notice("done", text, "", address))


def say_document(text: str, undo: corrections.Undo) -> None:
    """Say `text` on the next page, and offer to take back what was said of a document."""
    rules = [[rule.kind, rule.sha, rule.other, rule.value] for rule in undo.rules]
    token = _signer("documents").dumps({"user": me().id, "act": undo.act, "rules": rules})
    # One split can be many rules: too many for a cookie are taken back by joining.
    short = len(token) < _LONGEST
    _add(Notice("done", text, token if short else "", url_for("corrections.take_back") if short else ""))


def complain(text: str) -> None:
    """Say on the next page why something could not be done."""
    _add(Notice("wrong", text))


def taken() -> list[Notice]:
    """What is to be said on this page; it is said once."""
    return [Notice(*one) for one in session.pop("notices", [])]


def opened(token: str) -> Undo:
    """What a token of `say` takes back; raises Refused where it is too old or another user's."""
    found = _loaded(token, "undo")
    found["links"] = tuple((int(number), str(state)) for number, state in found["links"])
    found["triage"] = tuple(found["triage"])
    return Undo(**found)


def opened_document(token: str) -> corrections.Undo:
    """What a token of `say_document` takes back; raises Refused where it is too old or another user's."""
    found = _loaded(token, "documents")
    return corrections.Undo(str(found["act"]), tuple(Rule(*rule) for rule in found["rules"]))


def back(fallback: str) -> str:
    """The page a form was sent from, where it is one of ours; else `fallback`."""
    target = request.form.get("back", "")
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else fallback


def _add(notice: Notice) -> None:
    session["notices"] = [*session.get("notices", []), notice]


def _loaded(token: str, what: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = _signer(what).loads(token, max_age=_HOUR)
    except BadSignature:
        raise Refused("This can no longer be undone here.") from None
    if found.pop("user") != me().id:
        raise Refused("This can no longer be undone here.")
    return found


def _signer(what: str = "undo") -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=what)
