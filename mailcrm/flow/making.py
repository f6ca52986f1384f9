"""Making one client's offer: its terms, its message, its document. Previews and mailings are made by the same code."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection

from mailcrm.errors import NotFound
from mailcrm.mailing import merge, phrases, render, stamp
from mailcrm.mailing.merge import Letterhead, Merge, OfferFacts, Person
from mailcrm.mailing.pricing import Item, priced
from mailcrm.mailing.render import Compiled, Words
from mailcrm.mailing.terms import Chosen, TermSpec, effective, of_groups, plain
from mailcrm.net.blobs import BlobStore
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store import offers, templates, terms
from mailcrm.store.merging import Facts, Target
from mailcrm.store.offers import OfferRow
from mailcrm.store.templates import TemplateRow

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Kit:
    """An offer with everything that is the same for all clients."""

    offer: OfferRow
    items: tuple[Item, ...]
    specs: tuple[TermSpec, ...]
    letterhead: Letterhead
    language: str
    """Of clients about whom nothing else is known."""
    defaults: Mapping[str, str]
    groups: Mapping[int, Mapping[str, str]]
    clients: Mapping[int, Mapping[str, str]]
    """Own terms of the clients that were asked for."""
    members: Mapping[int, tuple[int, ...]]
    """Those clients → the groups with terms that they are in, by name."""
    words: Mapping[str, TemplateRow]
    """Language → the template of the message."""
    papers: Mapping[str, TemplateRow]
    """Language → the template of the document; empty for an offer without one."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else decides what one client gets."""

    on: date
    group_id: int | None = None
    """The group through which a mailing reaches the client."""
    groups: tuple[int, ...] = ()
    """All groups with terms that it is in, by name."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Values of the client."""
    variant: Mapping[str, str] = field(default_factory=dict)
    sender: Person | None = None
    """Who writes; the owner of the client where it is not said."""
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document made for one client."""

    name: str
    content_type: str
    data: bytes
    stamp: str


def kit(connection: Connection, offer_id: int, client_ids: Collection[int] = ()) -> Kit:
    """The offer with its common parts, and the own terms of a few clients; raises NotFound."""
    found_offer = offers.with_letterhead(connection, offer_id)
    if found_offer is None:
        raise NotFound("There is no such offer.")
    offer, letterhead, language = found_offer
    layers = terms.layers(connection, offer_id, client_ids)
    chosen = [one for one in (offer.template_id, offer.document_template_id) if one is not None]
    found = templates.in_languages(connection, chosen)
    return Kit(
        offer=offer,
        items=tuple(offers.items(connection, offer_id)),
        specs=offers.specs(connection, offer_id),
        letterhead=letterhead,
        language=language,
        defaults=layers["default"].get(0, {}),
        groups=layers["group"],
        clients=layers["client"],
        members=terms.members(connection, layers["group"], client_ids),
        words=found.get(offer.template_id or 0, {}),
        papers=found.get(offer.document_template_id or 0, {}),
    )


def values(kit: Kit, now: Circumstances) -> dict[str, Chosen]:
    """Key → the value that counts for one client, and where it comes from."""
    group = of_groups(kit.groups, now.groups, now.group_id)
    return effective({"client": now.own, "variant": now.variant, "group": group, "default": kit.defaults})


def merged(kit: Kit, facts: Facts, target: Target | None, now: Circumstances) -> Merge:
    """Everything that the offer says to one client."""
    chosen = plain(values(kit, now))
    domain = target.email.rpartition("@")[2] if target else ""
    person = target.person if target else Person()
    language = phrases.client_language(
        facts.client.custom.get("language", ""), f"{facts.client.name} {person.name}", domain, kit.language
    )
    valid = chosen.get("valid_until", "")
    offer = OfferFacts(
        stamp.own_number(kit.offer.number, facts.client_id),
        kit.offer.title,
        kit.offer.currency,
        now.on,
        date.fromisoformat(valid) if valid else kit.offer.valid_until,
    )
    return Merge(
        letterhead=kit.letterhead,
        client=facts.client,
        contact=person,
        sender=now.sender or facts.owner,
        offer=offer,
        specs=kit.specs,
        values=chosen,
        priced=priced(kit.items, chosen),
        language=language,
        links=now.links,
    )


def compiled(kit: Kit) -> dict[str, Compiled]:
    """Language → the compiled templates of the message. Raises BadTemplate."""
    return {language: render.compiled(row.subject, row.text, row.html) for language, row in kit.words.items()}


def words(ready: Mapping[str, Compiled], offer: Merge) -> Words:
    """The message to one client. Raises RenderFailed."""
    chosen = _of_language(ready, offer.language)
    if chosen is None:
        raise render.RenderFailed("template", "")
    return render.rendered(chosen, merge.fields(offer))


def paper(kit: Kit, client_id: int, offer: Merge, setter: Typesetter, blobs: BlobStore) -> Paper | None:
    """The document for one client; None for an offer without one. Raises Refused where it cannot be made."""
    chosen = _of_language(kit.papers, offer.language)
    if chosen is None:
        return None
    mark, data = _marked(kit, client_id, offer)
    name = f"{'КП' if offer.language == 'ru' else 'Offer'} {offer.offer.number}"
    if chosen.kind == "docx":
        made = setter.word(blobs.read(chosen.sha256), data, mark)
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        return Paper(f"{name}.docx", kind, made, mark)
    return Paper(f"{name}.pdf", "application/pdf", setter.pages(chosen.builtin, chosen.source, "pdf", data)[0], mark)


def looks(kit: Kit, client_id: int, offer: Merge, setter: Typesetter) -> list[bytes]:
    """The pages of a PDF document as SVG; nothing for one in Word, or for none. Raises Refused."""
    chosen = _of_language(kit.papers, offer.language)
    if chosen is None or chosen.kind != "pdf":
        return []
    return setter.pages(chosen.builtin, chosen.source, "svg", _marked(kit, client_id, offer)[1])


def _marked(kit: Kit, client_id: int, offer: Merge) -> tuple[str, dict[str, object]]:
    """The stamp of the document, and its data with it."""
    data = merge.document(offer, "")
    mark = stamp.stamp(f"{kit.offer.id}|{kit.offer.created_at.isoformat()}", client_id, data)
    return mark, data | {"stamp": mark}


def _of_language(ready: Mapping[str, _T], language: str) -> _T | None:
    found = ready.get(language)
    if found is None:
        found = ready.get("")
    return found if found is not None else next(iter(ready.values()), None)
