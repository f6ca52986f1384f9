"""Lineage: is this content a version of a document that we know? `decide` says so, `place` says what changes.

The state is a fold of `place` over all occurrences in time order under the rules of people. `place` only asks a Shelf
and returns changes: the Shelf in memory (`library`) and the one over the database answer and apply them alike, so a
rebuild equals what grew day by day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mailcrm.documents import answers
from mailcrm.documents.evidence import ENOUGH_WORDS, doubt, evidence, score, vetoed, weight
from mailcrm.documents.rules import Rules
from mailcrm.documents.values import Document, Evidence, Kind, Known, Relation, Version

DEPTH = 6
"""So many of the last versions of each document are compared with."""
_TEXT_OF_A_RENDITION = 6.1
"""Weight of the text similarity from which a PDF is the export of a version and not the next one: 0.85."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score on contents are joined, and from which on a person is asked."""

    join: float = 2.5
    ask: float = 1.5


@dataclass(frozen=True, slots=True)
class Same:
    """The content is known: nothing new but where it went."""

    sha: str


@dataclass(frozen=True, slots=True)
class Found:
    """A document that the content belongs to, or may belong to, and the version that is nearest to it."""

    document: str
    parent: str
    score: float
    evidence: tuple[Evidence, ...]
    by: Literal["auto", "proof", "user"] = "auto"


@dataclass(frozen=True, slots=True)
class Resave(Found):
    """The text of a known version in other bytes: it keeps the number of that version."""


@dataclass(frozen=True, slots=True)
class Rendition(Found):
    """A known version in another format: it keeps the number of that version."""


@dataclass(frozen=True, slots=True)
class Next(Found):
    """A new version of a known document."""

    relation: Relation = "edit"


@dataclass(frozen=True, slots=True)
class Suggest:
    """A document of its own, unless a person says that it is one of these; the likeliest first."""

    documents: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class New:
    """A document of its own."""


Decision = Same | Resave | Rendition | Next | Suggest | New


class Shelf(Protocol):
    """What deciding needs to know of everything that came before."""

    def known(self, sha: str) -> Known | None:
        """The content, if it was placed before."""

    def version(self, sha: str) -> Version:
        """The version that a placed content is."""

    def document(self, key: str) -> Document:
        """The document with this key."""

    def with_stamp(self, stamp: str) -> Sequence[Known]:
        """The contents that carry this stamp of ours, whoever has them."""

    def with_text(self, text_sha: str, new: Known) -> Sequence[Known]:
        """Contents with this text in documents that are open to the clients of `new`."""

    def near(self, new: Known) -> Iterable[Sequence[Known]]:
        """The last `DEPTH` contents of each document that is open to the clients of `new` and may be its document:
        by thread, name, marks and common hashes of the sketch; at most some twenty documents."""

    def broadcasts_near(self, new: Known) -> Iterable[Sequence[Known]]:
        """The same of the documents that go to many clients."""

    def seen_by(self, hashes: Iterable[int]) -> Mapping[int, int]:
        """How many scopes have each of the hashes; those that only one has may be left out."""

    def scopes(self) -> int:
        """How many scopes have documents: from a dozen on an exact number does not matter."""


def decide(new: Known, shelf: Shelf, rules: Rules, limits: Thresholds | None = None) -> Decision:
    """What a content is: people's rules first, then exact proofs, then evidence."""
    if shelf.known(new.sha) is not None:
        return Same(new.sha)
    allowed = limits or Thresholds()
    return _by_rule(new, shelf, rules) or _by_proof(new, shelf, rules) or _by_evidence(new, shelf, rules, allowed)


def _by_rule(new: Known, shelf: Shelf, rules: Rules) -> Decision | None:
    """A person joined it with something that is there already."""
    friends = [one for sha in rules.together(new.sha) - {new.sha} if (one := shelf.known(sha)) is not None]
    friends = [one for one in friends if not rules.apart(new.sha, [one.sha])]
    if not friends:
        return None
    first = min(friends, key=lambda one: (one.at, one.sha))
    members = [one for sha in shelf.document(first.document).versions if (one := shelf.known(sha)) is not None]
    return _joined(
        new, members[-DEPTH:], shelf, Found(first.document, first.sha, 0.0, (Evidence("user", 0.0),), "user")
    )


def _by_proof(new: Known, shelf: Shelf, rules: Rules) -> Decision | None:
    """It is certain from its bytes which version it was made from."""
    earlier = [*shelf.with_stamp(new.print.stamp)] if new.print.stamp else []
    signed = (shelf.known(sha) for sha in sorted(new.print.prefixes))
    earlier += [one for one in signed if one is not None and (one.clients & new.clients or not one.clients)]
    if new.print.tokens >= ENOUGH_WORDS and (new.print.original_sha or new.print.comments):
        earlier += shelf.with_text(new.print.original_sha or new.print.text_sha, new)
    base = answers.proof(new, earlier)
    parent = shelf.known(base.sha) if base else None
    if base is None or parent is None or rules.apart(new.sha, shelf.document(parent.document).versions):
        return None
    found = Found(parent.document, base.sha, 0.0, (Evidence(f"proof_{base.basis}", 0.0),), "proof")
    return _joined(new, [parent], shelf, found)


def _by_evidence(new: Known, shelf: Shelf, rules: Rules, limits: Thresholds) -> Decision:
    near = [members for members in shelf.near(new) if not rules.apart(new.sha, _all(shelf, members))]
    seen_by, scopes = shelf.seen_by(_hashes(new, near)), shelf.scopes()
    found = sorted(
        (_compared(new, members, seen_by, scopes) for members in near), key=lambda one: (-one.score, one.document)
    )
    for one in found:
        if one.score >= limits.join and not vetoed(one.evidence):
            members = next(members for members in near if members[0].document == one.document)
            return _joined(new, members, shelf, one)
    ask = [
        one
        for one in found
        if one.score >= limits.ask or one.score - weight(one.evidence, "few_clients") >= limits.join
    ]
    if not ask:
        ask = [one for one in like_a_broadcast(new, shelf, rules, limits) if _same_name(one)]
    return Suggest(tuple(ask[:3])) if ask else New()


def like_a_broadcast(new: Known, shelf: Shelf, rules: Rules, limits: Thresholds) -> list[Found]:
    """The documents for many clients that this content looks like a new edition of; the likeliest first."""
    near = [members for members in shelf.broadcasts_near(new) if not rules.apart(new.sha, _all(shelf, members))]
    seen_by, scopes = shelf.seen_by(_hashes(new, near)), shelf.scopes()
    found = (_compared(new, members, seen_by, scopes) for members in near)
    fitting = [one for one in found if one.score >= limits.join and not vetoed(one.evidence)]
    return sorted(fitting, key=lambda one: (-one.score, one.document))


def _same_name(found: Found) -> bool:
    return weight(found.evidence, "name_equal") > 0


def _all(shelf: Shelf, members: Sequence[Known]) -> tuple[str, ...]:
    return shelf.document(members[0].document).versions


def _hashes(new: Known, near: Iterable[Sequence[Known]]) -> set[int]:
    """Everything whose frequency the evidence will ask for."""
    from_sketches = (one.print.rare for members in near for one in members)
    return {*new.print.rare, *new.print.marks.values()}.union(*from_sketches)


def _compared(new: Known, members: Sequence[Known], seen_by: Mapping[int, int], scopes: int) -> Found:
    """The best evidence on any of the versions; a veto by message holds for the whole document."""
    scored = []
    for one in members:
        found = evidence(new, one, seen_by)
        scored.append((one, (*found, *doubt(new, one, found, scopes))))
    best, found = max(scored, key=lambda pair: (score(pair[1]), pair[0].at, pair[0].sha))
    together = next((e for _, es in scored for e in es if e.name == "same_message"), None)
    if together is not None and together not in found:
        found = (*found, together)
    return Found(best.document, best.sha, score(found), found)


def _joined(new: Known, members: Sequence[Known], shelf: Shelf, found: Found) -> Decision:
    """How the content joins the document that was found: as what, and made from which version."""
    seen_by = shelf.seen_by(_hashes(new, [members]))
    nearest = next((one for one in members if one.sha == found.parent), members[-1])
    if found.by != "proof":
        if twin := _same_text(new, members):
            return _as(Resave, found, twin)
        if version := _exported(new, members, shelf, seen_by):
            return _as(Rendition, found, version)
        base = answers.base_version(new, members, seen_by)
        nearest = next((one for one in members if base and one.sha == base.sha), nearest)
    return Next(found.document, nearest.sha, found.score, found.evidence, found.by, _relation(new, nearest))


def _as(make: type[Resave] | type[Rendition], found: Found, version: Known) -> Decision:
    return make(found.document, version.sha, found.score, found.evidence, found.by)


def _same_text(new: Known, members: Sequence[Known]) -> Known | None:
    """The latest version with the same text in the same kind, and nothing added that is not text."""
    a = new.print
    for one in reversed(members):
        b = one.print
        same = a.kind is b.kind and a.text_sha == b.text_sha and a.tokens >= ENOUGH_WORDS
        if same and a.comments <= b.comments and a.signatures <= b.signatures and a.changes <= b.changes:
            return one
    return None


def _exported(new: Known, members: Sequence[Known], shelf: Shelf, seen_by: Mapping[int, int]) -> Known | None:
    """The version that this is another format of, unless that format of it is there already with another text."""
    fitting = []
    for one in members:
        if (one.print.kind is Kind.PDF) == (new.print.kind is Kind.PDF):
            continue
        found = evidence(new, one, seen_by)
        text = weight(found, "text_equal", "text_alike", "text_differs")
        if vetoed(found) or not (text >= _TEXT_OF_A_RENDITION or (text >= 0 and weight(found, "sent_together") > 0)):
            continue
        if not _has_format(new, shelf.version(one.sha).number, members, shelf):
            fitting.append((weight(found, "sent_together"), text, one.at, one))
    return max(fitting, key=lambda pair: pair[:3])[3] if fitting else None


def _has_format(new: Known, number: int, members: Sequence[Known], shelf: Shelf) -> bool:
    same = (one for one in members if one.print.kind is new.print.kind and shelf.version(one.sha).number == number)
    return any(one.print.text_sha != new.print.text_sha for one in same)


def _relation(new: Known, parent: Known) -> Relation:
    """What the new version is to the one that it was made from."""
    if not new.inbound:
        return "edit"
    a, b = new.print, parent.print
    if a.signatures > b.signatures or ("signed" in new.flags and "signed" not in parent.flags):
        return "signed"
    if a.text_sha == b.text_sha and a.comments - b.comments:
        return "commented"
    if a.tokens < ENOUGH_WORDS <= b.tokens:
        return "scan"
    return "client_edit"
