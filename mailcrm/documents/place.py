"""What one occurrence changes: `place` for the content itself, then `spread` once that is applied.

Nothing is changed here: the changes are values, applied in their order by a Shelf in memory or in the database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mailcrm.documents import lineage
from mailcrm.documents.lineage import Found, New, Next, Rendition, Resave, Same, Shelf, Suggest, Thresholds
from mailcrm.documents.names import name_key
from mailcrm.documents.rules import Rules
from mailcrm.documents.values import (
    BROADCAST,
    INTERNAL,
    Document,
    Fingerprint,
    Known,
    Occurrence,
    Relation,
    Version,
    client_scope,
    known,
)

MANY = 3
"""A content that so many clients have makes its document one for many clients."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A content went once more from somebody to somebody."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Opened:
    """A new document, still without versions."""

    document: Document


@dataclass(frozen=True, slots=True)
class Added:
    """A new version; its content is new, too."""

    version: Version
    content: Known


@dataclass(frozen=True, slots=True)
class Moved:
    """A version that belongs to another document from now on: `version` says to which and as what."""

    version: Version
    source: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A document whose versions all moved away."""

    document: str


@dataclass(frozen=True, slots=True)
class Rescoped:
    """A document that has another scope, set by a person or by where it went."""

    document: str
    scope: str
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Retitled:
    """A document that a person gave a title."""

    document: str
    title: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A line for the tray: may this content be a version of that document?"""

    sha: str
    found: Found


Change = Seen | Opened | Added | Moved | Closed | Rescoped | Retitled | Asked


@dataclass(frozen=True, slots=True)
class Law:
    """What people said, and how sure evidence must be."""

    rules: Rules = field(default_factory=Rules)
    limits: Thresholds = field(default_factory=Thresholds)


def place(occurrence: Occurrence, fingerprint: Fingerprint, shelf: Shelf, law: Law) -> tuple[Change, ...]:
    """What a document part of a message changes; nothing where a person said that it is no document."""
    if occurrence.sha256 in law.rules.excluded:
        return ()
    new = known(occurrence, fingerprint, name_key(occurrence.name))
    decision = lineage.decide(new, shelf, law.rules, law.limits)
    if isinstance(decision, Same):
        return (Seen(occurrence),)
    return (*_recorded(new, occurrence, decision, shelf), Seen(occurrence), *_said(new.sha, decision, shelf, law.rules))


def _recorded(
    new: Known, occurrence: Occurrence, decision: Resave | Rendition | Next | Suggest | New, shelf: Shelf
) -> tuple[Change, ...]:
    """The new version, in the document that was found or in one of its own."""
    if isinstance(decision, Suggest | New):
        scope = client_scope(new.clients)
        document = Document(new.sha, scope, occurrence.name, new.print.kind)
        first = Version(new.sha, new.sha, 1, "first", theirs=new.inbound, at=new.at)
        asked = decision.documents if isinstance(decision, Suggest) else ()
        return (Opened(document), Added(first, new), *(Asked(new.sha, found) for found in asked))
    if isinstance(decision, Next):
        number, relation = shelf.document(decision.document).last + 1, decision.relation
    else:
        number = shelf.version(decision.parent).number
        relation = "resave" if isinstance(decision, Resave) else "rendition"
    return (Added(_version(new, decision, number, relation), new),)


def _version(new: Known, found: Found, number: int, relation: Relation) -> Version:
    return Version(
        new.sha,
        found.document,
        number,
        relation,
        found.parent,
        new.inbound,
        new.at,
        found.evidence,
        found.score,
        found.by,
    )


def _said(sha: str, decision: Resave | Rendition | Next | Suggest | New, shelf: Shelf, rules: Rules) -> list[Change]:
    """Scope and title that a person gave, by way of this content."""
    own = isinstance(decision, Suggest | New)
    document = sha if own else decision.document  # type: ignore[union-attr]
    changes: list[Change] = []
    if sha in rules.scopes:
        changes.append(Rescoped(document, rules.scopes[sha], pinned=True))
    if sha in rules.titles and (own or not any(o in rules.titles for o in shelf.document(document).versions)):
        changes.append(Retitled(document, rules.titles[sha]))
    return changes


def take(
    occurrence: Occurrence, fingerprint: Fingerprint, shelf: Shelf, law: Law, apply: Callable[[Change], None]
) -> tuple[Change, ...]:
    """Place one occurrence on a shelf of any kind and `apply` each change to it; returns the changes.

    The one order in which a fold goes, in memory and over the database alike: what spreads is asked only once the
    placing itself has been applied.
    """
    changes = place(occurrence, fingerprint, shelf, law)
    for change in changes:
        apply(change)
    wider = spread(occurrence.sha256, shelf, law)
    for change in wider:
        apply(change)
    return (*changes, *wider)


def spread(sha: str, shelf: Shelf, law: Law) -> tuple[Change, ...]:
    """What it changes that a content has reached one more client: to be asked after each `place` was applied.

    A document becomes one for many clients when one of its contents has reached three. What was then made of that
    content for one client leaves it, and it joins the document for many that it is a new edition of.
    """
    content = shelf.known(sha)
    if content is None:
        return ()
    document = shelf.document(content.document)
    if document.scope == BROADCAST or document.pinned:
        return ()
    if len(content.clients) < MANY:
        inside = document.scope == INTERNAL and content.clients
        return (Rescoped(document.key, client_scope(content.clients)),) if inside else ()
    leaving = _made_for_one(content, document, shelf, law.rules)
    staying = [other for other in document.versions if other not in leaving]
    found = lineage.like_a_broadcast(content, shelf, law.rules, law.limits)
    away = _own_document(leaving, shelf) if leaving else ()
    if not found:
        return (*away, Rescoped(document.key, BROADCAST))
    return (*away, *_moved(staying, found[0], shelf), Closed(document.key))


def _made_for_one(content: Known, document: Document, shelf: Shelf, rules: Rules) -> tuple[str, ...]:
    """The later versions that only one client has, but for those that a person put there."""
    number = shelf.version(content.sha).number
    after = document.versions[document.versions.index(content.sha) + 1 :]
    return tuple(
        sha
        for sha in after
        if (one := shelf.known(sha)) is not None
        and len(one.clients) < MANY - 1
        and shelf.version(sha).number != number
        and rules.together(sha) == {sha}
    )


def _own_document(leaving: Sequence[str], shelf: Shelf) -> tuple[Change, ...]:
    """A document for the versions that leave, numbered from one."""
    versions = [shelf.version(sha) for sha in leaving]
    contents = [one for sha in leaving if (one := shelf.known(sha)) is not None]
    key, first = leaving[0], contents[0]
    source = shelf.document(first.document)
    document = Document(key, client_scope(first.clients), source.title, first.print.kind)
    return (Opened(document), *_renumbered(versions, key, 0, ""))


def _moved(staying: Sequence[str], found: Found, shelf: Shelf) -> tuple[Change, ...]:
    """The versions as the newest editions of the document that was found."""
    versions = [shelf.version(sha) for sha in staying]
    first = replace(versions[0], evidence=found.evidence, score=found.score)
    return _renumbered([first, *versions[1:]], found.document, shelf.document(found.document).last, found.parent)


def _renumbered(versions: Sequence[Version], document: str, last: int, parent: str) -> tuple[Change, ...]:
    numbers = {old: last + new for new, old in enumerate(dict.fromkeys(one.number for one in versions), 1)}
    inside = {one.sha256 for one in versions}
    return tuple(
        Moved(
            replace(
                one,
                document=document,
                number=numbers[one.number],
                parent=one.parent if one.parent in inside else parent,
                relation=_relation(one, position == 0, parent),
            ),
            one.document,
        )
        for position, one in enumerate(versions)
    )


def _relation(version: Version, first: bool, parent: str) -> Relation:
    if not first:
        return "edit" if version.relation == "first" else version.relation
    return "edit" if parent else "first"
