"""The only pages for people who do not sign in: an offer and its answer, unsubscribing, followed links, pictures.

Tokens are signed; one that is unknown, too old or made up gets the same page as any other. No GET changes anything.
"""

import base64
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import consents
from mailcrm.flow import respond as flow
from mailcrm.flow.respond import Answer, Confirmation, Visitor
from mailcrm.mailing import tracking
from mailcrm.mailing.replies import CLICK, OFFER, OPEN, UNSUBSCRIBE
from mailcrm.mailing.token import TokenKeys, public_number
from mailcrm.store import public_offers
from mailcrm.store import tracking as store
from mailcrm.store.public_offers import OfferSeen
from web import offered
from web.access import now, reading, tools
from web.offering import CONSENTS
from web.security import FILE_POLICY, disposition
from web.sentences import translated
from web.signin import PUBLIC

pages = Blueprint(PUBLIC, __name__)
_FORM_HOURS = 24
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
View = Callable[..., Any]


def _public(view: View) -> View:
    """Limits requests and turns everything that is not there into the one neutral page."""

    @wraps(view)
    def answered(**values: str) -> Any:
        if not flow.allowed(tools().database, _visitor().network, now()):
            return _neutral(429)
        try:
            return view(**values)
        except NotFound:
            return _neutral(404)

    return answered


@pages.after_request
def strict(response: Response) -> Response:
    """No cache, no index, no referrer, no script, whatever was answered."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    return response


@pages.get("/o/<offer_token>")
@_public
def offer(offer_token: str) -> str:
    """The offer with its terms, its document, and the two buttons; a look is noted as a look."""
    seen = _seen(OFFER, offer_token)
    flow.note_hit(tools().database, seen, "view", _visitor())
    return _page(seen)


@pages.get("/o/<offer_token>/document")
@_public
def document(offer_token: str) -> Response:
    """The document that was made for this recipient: exactly the bytes that were sent to him."""
    seen = _seen(OFFER, offer_token)
    if not seen.document_sha256 or not tools().blobs.has(seen.document_sha256):
        raise NotFound("There is no such page.")
    response = Response(tools().blobs.read(seen.document_sha256), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = disposition(seen.document_name, "offer")
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


@pages.post("/o/<offer_token>")
@_public
def answer(offer_token: str) -> AnyResponse | tuple[str, int]:
    """Accept or decline; sent twice it is one answer."""
    seen = _seen(OFFER, offer_token)
    form = request.form
    try:
        nonce = str(_signer().loads(form.get("form", ""), max_age=_FORM_HOURS * 3600, salt=offer_token))
        given = Answer(form.get("decision", ""), form.get("name", ""), nonce, form.get("document", ""),
                       form.get("reason", ""), form.get("words", ""))  # fmt: skip
        flow.respond(tools().database, seen.recipient_id, given, _visitor(), _confirmation(seen, given))
    except BadSignature:
        return _page(seen, gettext("This form is too old. Look at the offer again, then decide.")), 400
    except Refused as error:
        return _page(seen, translated(str(error))), 409
    return redirect(url_for("public.offer", offer_token=offer_token), 303)


@pages.get("/u/<leave_token>")
@_public
def leave(leave_token: str) -> str:
    """The page on which one says whether, and from what, one wants to be taken out."""
    return _leaving(_seen(UNSUBSCRIBE, leave_token), leave_token)


@pages.post("/u/<leave_token>")
@_public
def unsubscribe(leave_token: str) -> str:
    """Unsubscribe: by the mail program (RFC 8058, without cookie or page) or by the button of the page."""
    everything = request.form.get("what") == "all"
    seen = flow.unsubscribe(tools().database, _seen(UNSUBSCRIBE, leave_token).recipient_id, everything, now())
    return _leaving(seen, leave_token)


@pages.post("/u/<leave_token>/back")
@_public
def come_back(leave_token: str) -> AnyResponse:
    """Undo what was asked for on this page."""
    flow.come_back(tools().database, _seen(UNSUBSCRIBE, leave_token).recipient_id, now())
    return redirect(url_for("public.leave", leave_token=leave_token), 303)


@pages.post("/u/<leave_token>/count-no-more")
@_public
def count_no_more(leave_token: str) -> AnyResponse:
    """Withdraw the consent to have clicks and opens counted."""
    consents.refuse_counting(tools().database, _seen(UNSUBSCRIBE, leave_token).recipient_id, now())
    return redirect(url_for("public.leave", leave_token=leave_token), 303)


@pages.get("/c/<click_token>")
@_public
def follow(click_token: str) -> AnyResponse:
    """On to where a link of a mailing leads: an address out of our own table, never out of the request."""
    seen, position = _linked(CLICK, click_token)
    found = public_offers.link_target(reading(), seen.mailing_id, position)
    if found is None or not found[1].startswith(("https://", "http://")):
        raise NotFound("There is no such page.")
    link_id, target, trap = found
    flow.note_counted(tools().database, seen, "trap" if trap else "click", _visitor(), link_id)
    return redirect(target, 302)


@pages.get("/p/<open_token>.gif")
@_public
def picture(open_token: str) -> Response:
    """A picture of one dot; that it was loaded is an estimate of nothing much, and is called so."""
    seen, _ = _linked(OPEN, open_token)
    flow.note_counted(tools().database, seen, "open", _visitor())
    return Response(_PIXEL, mimetype="image/gif")


def _seen(purpose: str, token: str) -> OfferSeen:
    number = public_number(TokenKeys.derived(tools().keyring.derive), purpose, token)
    found = public_offers.offer(reading(), number) if number is not None else None
    if found is None:
        raise NotFound("There is no such page.")
    return found


def _linked(purpose: str, token: str) -> tuple[OfferSeen, int]:
    number = public_number(TokenKeys.derived(tools().keyring.derive), purpose, token)
    recipient_id, position = tracking.unpacked(number) if number is not None else (0, 0)
    found = public_offers.offer(reading(), recipient_id)
    if found is None:
        raise NotFound("There is no such page.")
    return found, position


def _visitor() -> Visitor:
    agent = request.user_agent.string
    family = "tool" if tracking.is_tool(agent) else tracking.family(agent)
    language = bool(request.headers.get("Accept-Language"))
    return Visitor(now(), tracking.network(request.remote_addr or ""), family, request.method, language)


def _page(seen: OfferSeen, complaint: str = "") -> str:
    shown = offered.shown(seen, public_offers.term_labels(reading(), seen.offer_id))
    form = _signer().dumps(secrets.token_hex(8), salt=seen.token)
    return render_template(
        "public/offer.html", o=seen, shown=shown, form=form, complaint=complaint, open=flow.is_open(seen, now()),
        company=_company(seen), history=[(k, at) for k, at, _ in public_offers.history(reading(), seen.recipient_id)],
    )  # fmt: skip


def _leaving(seen: OfferSeen, token: str) -> str:
    with tools().database.reading() as connection:
        scopes = public_offers.suppressed_by(connection, seen.recipient_id, seen.address)
        agreed = [one for one in store.of_client(connection, seen.client_id or 0) if not one.withdrawn_at]
    return render_template(
        "public/leave.html", o=seen, token=token, scopes=scopes, company=_company(seen),
        counting=[CONSENTS[one.kind] for one in agreed],
    )  # fmt: skip


def _company(seen: OfferSeen) -> str:
    return seen.sender_name or seen.sender_address or (tools().site.domains or ("",))[0]


def _neutral(status: int) -> tuple[str, int]:
    words = (
        gettext("Too many requests. Wait a minute and try again.")
        if status == 429
        else gettext("There is nothing at this address, or it is no longer there.")
    )
    return render_template("public/neutral.html", words=words), status


def _confirmation(seen: OfferSeen, given: Answer) -> Confirmation:
    accepted = given.decision == "accepted"
    subject = gettext("Offer %(number)s is accepted", number=seen.number) if accepted else gettext(
        "Offer %(number)s is declined", number=seen.number)  # fmt: skip
    lines = [
        gettext("%(name)s, %(client)s", name=" ".join(given.name.split())[:120], client=seen.client or seen.address),
        f"{seen.number} · {seen.title}",
        gettext("Document: %(name)s, SHA-256 %(hash)s", name=seen.document_name, hash=seen.document_sha256)
        if seen.document_sha256
        else "",
        given.words.strip()[:1000],
        gettext("Time: %(time)s UTC", time=now().strftime("%Y-%m-%d %H:%M")),
        gettext("The offer: %(address)s", address=url_for("public.offer", offer_token=seen.token, _external=True)),
    ]
    return Confirmation(subject, "\n".join(line for line in lines if line) + "\n")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(tools().keyring.derive("offer form"))
