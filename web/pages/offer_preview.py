"""An offer as one client would get it: message, document, terms with where they come from, and what he got last."""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.documents.values import Kind
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import making
from mailcrm.flow.making import Circumstances, Kit
from mailcrm.flow.prepare import leaving_by
from mailcrm.mailing.merge import Merge, Person
from mailcrm.mailing.pricing import below_floor
from mailcrm.mailing.render import BadTemplate, RenderFailed, Words
from mailcrm.mailing.terms import Chosen, missing
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store import clients, merging, recipients_last, send_accounts
from mailcrm.store import terms as terms_store
from mailcrm.store.merging import Facts, Target
from web import frame, offer_forms, offering
from web.access import me, now, reading, tools, who
from web.extracts import Comparison, Extracts
from web.pages.offers import known
from web.security import FILE_POLICY, disposition, frame_policy
from web.sentences import translated

pages = Blueprint("offer_preview", __name__)


@dataclass(frozen=True, slots=True)
class Case:
    """One offer for one client."""

    kit: Kit
    facts: Facts
    target: Target | None
    chosen: dict[str, Chosen]
    merge: Merge


@pages.get("/offers/<int:offer_id>/preview")
def preview(offer_id: int) -> str | AnyResponse:
    """The offer as `client` (a name, or the id as `as`) would get it; as the first client where none is named."""
    number = _client(offer_id)
    if number is None:
        asked = request.args.get("client", "")
        return render_template("offers/preview.html", offer=known(offer_id), case=None, asked=asked)
    if not request.args:
        return redirect(f"{url_for('offer_preview.preview', offer_id=offer_id)}?as={number}")
    case = _case(offer_id, number)
    kit = case.kit
    words, wrong = _words(case)
    pages_, trouble = _looks(case)
    last = recipients_last.last(reading(), number)
    return render_template(
        "offers/preview.html",
        offer=kit.offer,
        case=case,
        asked=case.facts.client.name,
        words=words,
        wrong=wrong or trouble,
        count=pages_,
        missing=missing(kit.specs, case.merge.values),
        low=below_floor(case.merge.priced, kit.offer.margin_floor),
        last=last,
        compared=_compared(case, last),
    )


@pages.get("/offers/<int:offer_id>/preview/<int:client_id>/html")
def html(offer_id: int, client_id: int) -> Response:
    """The HTML of the message in its frame."""
    case = _case(offer_id, client_id)
    words, _ = _words(case)
    shown = frame.document(words.html if words else "", {}, False, kit_title(case), me().language)
    answer = Response(shown, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = frame_policy(False)
    return answer


@pages.get("/offers/<int:offer_id>/preview/<int:client_id>/pages/<int:number>")
def page(offer_id: int, client_id: int, number: int) -> Response:
    """A page of the document, as an image."""
    case = _case(offer_id, client_id)
    found = making.looks(case.kit, client_id, case.merge, _setter())
    if not 1 <= number <= len(found):
        raise NotFound("There is no such page.")
    answer = Response(found[number - 1], mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer


@pages.get("/offers/<int:offer_id>/preview/<int:client_id>/document")
def document(offer_id: int, client_id: int) -> Response:
    """The document exactly as the client would get it."""
    case = _case(offer_id, client_id)
    made = making.paper(case.kit, client_id, case.merge, _setter(), tools().blobs)
    if made is None:
        raise NotFound("This offer has no document of its own.")
    answer = Response(made.data, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = disposition(made.name, "offer")
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer


def kit_title(case: Case) -> str:
    """The title of the offer, for the frame."""
    return case.kit.offer.title


def _client(offer_id: int) -> int | None:
    """The client that was asked for; without one, the first that has terms of its own, else the first of all."""
    if number := offer_forms.page_number("as"):
        return number
    name = request.args.get("client", "").strip()
    if name:
        row = clients.client_by_name(reading(), who(), name)
        return row.id if row else None
    for only_set in (True, False):
        rows = terms_store.grid(reading(), who(), offer_id, terms_store.GridFilter("", only_set), 1)
        if rows:
            return rows[0].client_id
    return None


def _case(offer_id: int, client_id: int) -> Case:
    kit = making.kit(reading(), offer_id, [client_id])
    found = merging.facts(reading(), who(), [client_id]).get(client_id)
    if found is None:
        raise NotFound("There is no such client.")
    circumstances = Circumstances(
        now().date(),
        groups=kit.members.get(client_id, ()),
        own=kit.clients.get(client_id, {}),
        sender=_sender(found),
    )
    target = found.targets[0] if found.targets else None
    merged = making.merged(kit, found, target, circumstances)
    return Case(kit, found, target, making.values(kit, circumstances), merged)


def _sender(facts: Facts) -> Person:
    """From whom a mailing that this user makes would leave: as `prepare.accounts` has it. Nobody where it would leave
    the client out, or by the account that the mailing names for such clients."""
    rows = send_accounts.accounts(reading())
    leaves = leaving_by(rows, me().id if me().role == "staff" else None)
    number = leaves.get(facts.owner_id, leaves.get(None))
    account = next((row for row in rows if row.id == number), None)
    return Person(account.name or account.user_name or "", account.address) if account else Person(facts.owner.name)


def _words(case: Case) -> tuple[Words | None, str]:
    """The message, or why it cannot be made."""
    try:
        return making.words(making.compiled(case.kit), case.merge), ""
    except RenderFailed as error:
        return None, offering.failure(error.reason, error.detail)
    except BadTemplate as error:
        return None, offering.failure("failed", error.reason)


def _looks(case: Case) -> tuple[int, str]:
    """How many pages the document has, or why it cannot be made."""
    try:
        return len(making.looks(case.kit, case.facts.client_id, case.merge, _setter())), ""
    except Refused as error:
        return 0, translated(str(error))


def _compared(case: Case, last: recipients_last.Last | None) -> Comparison | None:
    """The document beside the one that the client got last."""
    if last is None or not last.document_sha256 or not case.kit.papers:
        return None
    try:
        made = making.paper(case.kit, case.facts.client_id, case.merge, _setter(), tools().blobs)
    except Refused:
        return None
    if made is None or not made.name.endswith(".pdf") or not tools().blobs.has(last.document_sha256):
        return None
    extracts: Extracts = current_app.extensions["mailcrm_extracts"]
    return extracts.against(last.document_sha256, made.data, Kind.PDF)


def _setter() -> Typesetter:
    found: Typesetter = current_app.extensions["mailcrm_typesetter"]
    return found
