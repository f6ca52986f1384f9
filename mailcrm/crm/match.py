"""Which client does a message concern? The rules in their order, each answer with its evidence.

The order is that of docs/decisions.md "Matching": explicit, never, internal, thread, address, domain, forwarded,
and at last the triage tray. `decide` works on headers alone, before any body is fetched; `links` repeats it with
what only the body tells (forwarded originals).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mailcrm.crm.domains import is_within, lineage
from mailcrm.crm.explicit import Explicit
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders
from mailcrm.mail.thread import is_forward, referred_ids


class Verdict(StrEnum):
    """What is kept of a message."""

    KEEP = "keep"
    METADATA = "metadata"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Company:
    """What is known of ourselves: domains, staff, addresses that strangers share, what must never be stored."""

    domains: frozenset[str]
    staff: Mapping[str, int]
    """Address → user."""
    free_mail: frozenset[str]
    never: frozenset[str]
    """Addresses and domains, of the company and of the owner of the mailbox at hand."""
    store_all: bool = False
    tray: bool = True


@dataclass(frozen=True, slots=True)
class Directory:
    """The part of the client base that concerns the messages at hand."""

    addresses: Mapping[str, frozenset[int]] = field(default_factory=dict)
    domains: Mapping[str, frozenset[int]] = field(default_factory=dict)
    threads: Mapping[str, Mapping[int, frozenset[str]]] = field(default_factory=dict)
    """Key of a known message → clients of its thread, each with the addresses that took part there."""
    written_to: frozenset[str] = frozenset()
    """Unknown addresses that staff have written to."""


@dataclass(frozen=True, slots=True)
class Found:
    """One client that a rule found."""

    client: int
    rule: str
    evidence: str
    confidence: float
    role: str = ""
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the trace: a rule and what it said."""

    rule: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is kept, by which rule, for whom, and how it came to that."""

    verdict: Verdict
    rule: str
    direction: str
    found: tuple[Found, ...] = ()
    steps: tuple[Step, ...] = ()
    needs_body: bool = False
    """The headers do not settle it: a forwarded original inside may."""
    counterpart: Address | None = None


def author(headers: ParsedHeaders) -> Address:
    """Who wrote it: From, or Reply-To where a mailing list put its own address into From."""
    first = headers.from_[0] if headers.from_ else (headers.sender[0] if headers.sender else Address("", ""))
    if not headers.reply_to or headers.reply_to[0].email == first.email:
        return first
    listed = {a.email for a in (*headers.to, *headers.cc)}
    munged = first.email in listed or (headers.list_id and " via " in f" {first.name} ".lower())
    return next((a for a in headers.reply_to if a.email not in listed), first) if munged else first


def is_ours(email: str, company: Company) -> bool:
    """True for an address of the staff or of one of our own domains."""
    return email in company.staff or is_within(email.rpartition("@")[2], company.domains)


def is_report(headers: ParsedHeaders) -> bool:
    """True for what a mail server writes about another message (RFC 3464, RFC 8098), also our own server."""
    writer = author(headers).email.partition("@")[0]
    return headers.content_type.startswith("multipart/report") or writer in ("mailer-daemon", "postmaster")


def direction(headers: ParsedHeaders, company: Company) -> str:
    """in, out or internal: by who wrote it, never by the folder. A report comes in, whoever's server wrote it."""
    if is_report(headers) or not is_ours(author(headers).email, company):
        return "in"
    return "out" if any(not is_ours(a.email, company) for a in headers.participants) else "internal"


def counterpart(headers: ParsedHeaders, company: Company) -> Address | None:
    """The person outside the company whom the message came from, or the first whom it went to."""
    who = author(headers)
    if who.email and not is_ours(who.email, company):
        return who
    return next((a for a in headers.participants if a.email and not is_ours(a.email, company)), None)


def decide(
    headers: ParsedHeaders,
    company: Company,
    directory: Directory,
    explicit: Explicit,
    inside: Iterable[Address] = (),
) -> Decision:
    """The verdict on one message.

    `inside` are people whom only the body names: those of a forwarded original, and those whom a report is about;
    without them a forward or a report about unknown people asks for the body (`needs_body`).
    """
    way = direction(headers, company)
    steps: list[Step] = []

    def settled(verdict: Verdict, rule: str, found: tuple[Found, ...] = ()) -> Decision:
        return Decision(verdict, rule, way, found, tuple(steps), counterpart=counterpart(headers, company))

    named = tuple(Found(c, "explicit", explicit.evidence, 1.0) for c in explicit.clients)
    steps.append(Step("explicit", explicit.evidence or "no"))
    if not explicit.asked:
        reason = _never(headers, company)
        steps.append(Step("never", reason or "no"))
        if reason:
            return settled(Verdict.IGNORE, "never")
        steps.append(Step("internal", "yes" if way == "internal" else "no"))
        if way == "internal":
            return settled(Verdict.IGNORE, "internal")
    found = _strongest((*named, *_by_rules(headers, company, directory, steps)))
    if not any(not f.suggested for f in found):
        found = _strongest((*found, *_inside(headers, inside, company, directory, steps)))
    certain = tuple(f for f in found if not f.suggested)
    if certain:
        return settled(Verdict.KEEP, certain[0].rule, certain)
    if explicit.asked or company.store_all:
        return settled(Verdict.KEEP, "explicit" if explicit.asked else "store-all", found)
    return _unmatched(headers, company, directory, settled(Verdict.IGNORE, "unmatched", found))


def _by_rules(headers: ParsedHeaders, company: Company, directory: Directory, steps: list[Step]) -> tuple[Found, ...]:
    outside = [(r, a) for r, a in _roles(headers) if not is_ours(a.email, company)]
    address = tuple(
        Found(c, "address", a.email, 1.0, role)
        for role, a in outside
        for c in sorted(directory.addresses.get(a.email, ()))
    )
    strangers = [(r, a) for r, a in outside if a.email not in {f.evidence for f in address}]
    domain = _domain(strangers, company, directory)
    at_clients = {f.evidence.partition(" ")[0] for f in domain}
    thread = _thread(headers, [a for _, a in strangers if a.email not in at_clients], directory)
    for rule, found in (("thread", thread), ("address", address), ("domain", domain)):
        steps.append(Step(rule, _said(found)))
    # Of two reasons for one client the one that the message itself gives is kept: it does not depend on what else
    # has been read by then.
    return (*address, *domain, *thread)


def _roles(headers: ParsedHeaders) -> list[tuple[str, Address]]:
    fields = (
        ("from", headers.from_),
        ("to", headers.to),
        ("cc", headers.cc),
        ("reply-to", headers.reply_to),
        ("bcc", headers.bcc),
    )
    return [(role, address) for role, addresses in fields for address in addresses if address.email]


def _never(headers: ParsedHeaders, company: Company) -> str:
    who = author(headers).email
    if not is_ours(who, company):
        return who if _is_never(who, company) else ""
    outside = [a.email for a in headers.participants if not is_ours(a.email, company)]
    return outside[0] if outside and all(_is_never(e, company) for e in outside) else ""


def _is_never(email: str, company: Company) -> bool:
    return email in company.never or is_within(email.rpartition("@")[2], company.never)


def _thread(headers: ParsedHeaders, strangers: list[Address], directory: Directory) -> tuple[Found, ...]:
    # Only a stranger inherits from the thread: people of known clients speak for their own client, also in a
    # thread that other clients take part in.
    present = {a.email for a in strangers}
    found: list[Found] = []
    for reference in referred_ids(headers):
        for client, people in directory.threads.get(reference, {}).items():
            shared = sorted(present & people)
            evidence = f"{reference} with {shared[0]}" if shared else reference
            found.append(Found(client, "thread", evidence, 0.95 if shared else 0.4, suggested=not shared))
    return tuple(found)


def _domain(outside: list[tuple[str, Address]], company: Company, directory: Directory) -> tuple[Found, ...]:
    found: list[Found] = []
    for role, address in outside:
        for name in lineage(address.domain):
            clients = () if name in company.free_mail else directory.domains.get(name, ())
            found.extend(Found(c, "domain", f"{address.email} at {name}", 0.8, role) for c in sorted(clients))
            if clients:
                break
    return tuple(found)


def _inside(
    headers: ParsedHeaders, people: Iterable[Address], company: Company, directory: Directory, steps: list[Step]
) -> tuple[Found, ...]:
    rule = "report" if is_report(headers) else "forwarded"
    outside = [("", a) for a in people if a.email and not is_ours(a.email, company)]
    address = [Found(c, rule, a.email, 0.7) for _, a in outside for c in directory.addresses.get(a.email, ())]
    domain = [replace(f, rule=rule, confidence=0.6) for f in _domain(outside, company, directory)]
    steps.append(Step(rule, _said((*address, *domain))))
    return (*address, *domain)


def _unmatched(headers: ParsedHeaders, company: Company, directory: Directory, so_far: Decision) -> Decision:
    other, way = so_far.counterpart, so_far.direction
    if way == "out":
        reason = "written by staff"
    elif other is not None and other.email in directory.written_to:
        reason = "answered by staff"
    else:
        reason = "in a known thread" if so_far.found else ""
    robot = headers.is_bulk or headers.auto_submitted not in ("", "no")
    shown = bool(company.tray and other is not None and reason and not robot)
    verdict, rule = (Verdict.METADATA, "triage") if shown else (Verdict.IGNORE, "unmatched")
    steps = (*so_far.steps, Step("triage", reason if shown else "no"))
    return replace(
        so_far, verdict=verdict, rule=rule, steps=steps, needs_body=is_forward(headers.subject) or is_report(headers)
    )


def _strongest(found: Iterable[Found]) -> tuple[Found, ...]:
    best: dict[int, Found] = {}
    for one in found:
        kept = best.get(one.client)
        if kept is None or (kept.suggested and not one.suggested):
            best[one.client] = one
    return tuple(best.values())


def _said(found: Iterable[Found]) -> str:
    return "; ".join(dict.fromkeys(f"client {f.client} ({f.evidence})" for f in found)) or "no"
