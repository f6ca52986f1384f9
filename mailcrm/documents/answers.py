"""Which version did they answer: `base_version` for a returned file, `answer` for a message.

Exact proofs come first and are never wrong; then headers, words and time, each with its confidence.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from mailcrm.documents.evidence import ENOUGH_WORDS
from mailcrm.documents.fingerprint import similarity
from mailcrm.documents.names import NameKey
from mailcrm.documents.values import Known

Basis = Literal[
    "stamp", "prefix", "digest", "original_text", "comments", "same_file", "likeness", "thread", "named", "recent"
]
RECENT = timedelta(days=30)
"""A message without references may answer what was sent at most so long ago."""

_PROOFS: tuple[Basis, ...] = ("stamp", "prefix", "original_text", "comments")
_CONFIDENCE: dict[Basis, float] = {"same_file": 1.0, "likeness": 0.8, "named": 0.97, "thread": 0.95, "recent": 0.6}
_ANCESTOR = 0.25
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d01090431220420")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d\s\u00a0.,]*\d(?![\w])|(?<!\w)\d(?!\w)")
_VERSION = re.compile(r"(?<!\w)(?:v|ver|version|rev|верси[яию]|вер|ред|редакци[яию])[. ]?\s?(\d{1,3})(?!\w)", re.I)


@dataclass(frozen=True, slots=True)
class Base:
    """The version that a returned file was made from, how that is known and how sure it is (0 to 1)."""

    sha: str
    basis: Basis
    confidence: float

    @property
    def proved(self) -> bool:
        """True for exact proofs, which cannot be wrong."""
        return self.confidence == 1.0


def proof(returned: Known, delivered: Iterable[Known]) -> Base | None:
    """The version that is certain to be the base: by stamp, byte prefix, text before the changes, or comments."""
    earlier = [one for one in delivered if one.sha != returned.sha]
    for basis in _PROOFS:
        fitting = [one for one in earlier if _proves(basis, returned, one)]
        if fitting:
            return Base(max(fitting, key=partial(_nearness, basis, returned)).sha, basis, 1.0)
    return None


def _nearness(basis: Basis, returned: Known, old: Known) -> tuple[int, bool, int, bool, datetime]:
    """Of several that the proof fits: the longest prefix, the most of its comments, ours before theirs, the last."""
    kept = old.print.comments <= returned.print.comments
    size = old.print.size if basis == "prefix" else 0
    return (size, kept, len(old.print.comments) if kept else 0, old.sent, old.at)


def _proves(basis: str, returned: Known, old: Known) -> bool:
    new, base = returned.print, old.print
    if basis == "stamp":
        return bool(new.stamp) and new.stamp == base.stamp
    if basis == "prefix":
        return old.sha in new.prefixes
    if min(new.tokens, base.tokens) < ENOUGH_WORDS or new.kind is not base.kind:
        return False
    if basis == "original_text":
        return new.original_sha == base.text_sha and new.changes > base.changes
    return new.text_sha == base.text_sha and new.comments > base.comments


def base_version(returned: Known, delivered: Sequence[Known], seen_by: Mapping[int, int]) -> Base | None:
    """The version among those delivered before that a returned file was made from; None where none is like it.

    Without a proof it is the one with the most similar text, where one whose save ids the file still has counts for
    a quarter more; among equals the one with more common save ids, then the later one.
    """
    if certain := proof(returned, delivered):
        return certain
    others = [one for one in delivered if one.sha != returned.sha]
    if not others:
        return None
    nearest = max(others, key=lambda one: _closeness(returned, one, seen_by))
    return Base(nearest.sha, "likeness", _CONFIDENCE["likeness"])


def _has_its_saves(returned: Known, old: Known) -> bool:
    lost = len(old.print.rsids - returned.print.rsids)
    return bool(old.print.rsids) and lost <= max(1, 0.02 * len(old.print.rsids))


def _closeness(returned: Known, old: Known, seen_by: Mapping[int, int]) -> tuple[float, int, datetime]:
    equal = bool(old.print.text_sha) and old.print.text_sha == returned.print.text_sha
    alike = 1.0 if equal else similarity(returned.print.sketch, old.print.sketch, seen_by).jaccard
    bonus = _ANCESTOR if _has_its_saves(returned, old) else 0.0
    return (round(alike + bonus, 3), len(returned.print.rsids & old.print.rsids), old.at)


def signed_digests(cms: bytes) -> frozenset[str]:
    """The SHA-256 digests that a CMS signature (RFC 5652 §11.2) says it signed, in hexadecimal; DER only."""
    starts = (match.end() for match in re.finditer(re.escape(_MESSAGE_DIGEST), cms))
    return frozenset(cms[start : start + 32].hex() for start in starts if start + 32 <= len(cms))


@dataclass(frozen=True, slots=True)
class Delivered:
    """One version as it went to one client."""

    sha: str
    document: str
    number: int
    message: int
    """The message that carried it."""
    at: datetime
    to: frozenset[str]
    """E-mail addresses of everyone it went to."""
    subject: str
    """The base subject, without Re and Fwd."""
    key: NameKey
    numbers: frozenset[str] = frozenset()
    """Prices and dates that stand in this version and in no other of its document."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of a client, as far as it may answer something."""

    at: datetime
    author: str
    subject: str
    text: str
    """Its own words only, without what it quotes."""
    ancestors: tuple[int, ...] = ()
    """The stored messages that it refers to, the nearest first."""
    returned: tuple[Base, ...] = ()
    """The bases of the files that it returns."""
    signed: frozenset[str] = frozenset()
    """SHA-256 of contents that a detached signature in it covers."""
    automatic: bool = False
    """An auto-reply, a bounce or a receipt: these never answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply and the version that it answers."""

    sha: str
    document: str
    basis: Basis
    confidence: float
    newest: int
    """The number of the last version that had been sent when they wrote; more than `number`: they answer an old one."""
    number: int

    @property
    def stale(self) -> bool:
        """They answer a version although a later one had been sent."""
        return self.newest > self.number


def answer(reply: Reply, delivered: Sequence[Delivered]) -> tuple[Answer, ...]:
    """The versions that a message answers, of those delivered to the client before it; nothing where it is not clear.

    Proofs and returned files count first, then the nearest message in References that carried documents, then the
    last delivery to this person with the same subject within 30 days.
    """
    if reply.automatic:
        return ()
    before = sorted((one for one in delivered if one.at < reply.at), key=lambda one: one.at)
    exact = {base.sha: base for base in reply.returned}
    exact |= {sha: Base(sha, "digest", 1.0) for sha in reply.signed}
    found = [
        (one, exact[one.sha].basis, exact[one.sha].confidence) for one in _last_of_each(before) if one.sha in exact
    ]
    if not found:
        found = _by_thread(reply, before) or _recent(reply, before)
    newest = {one.document: max(o.number for o in before if o.document == one.document) for one, _, _ in found}
    return tuple(
        Answer(one.sha, one.document, basis, confidence, newest[one.document], one.number)
        for one, basis, confidence in found
    )


def _last_of_each(delivered: Iterable[Delivered]) -> list[Delivered]:
    return list({one.sha: one for one in delivered}.values())


def _by_thread(reply: Reply, before: Sequence[Delivered]) -> list[tuple[Delivered, Basis, float]]:
    for ancestor in reply.ancestors:
        carried = [one for one in before if one.message == ancestor]
        if carried:
            return _narrowed(reply, carried, before)
    return []


def _narrowed(
    reply: Reply, carried: Sequence[Delivered], before: Sequence[Delivered]
) -> list[tuple[Delivered, Basis, float]]:
    """Of several documents in one message those that the reply names; of one document the version it names."""
    documents = {one.document for one in carried}
    siblings = [one for one in _last_of_each(before) if one.document in documents]
    versions = {int(match) for match in _VERSION.findall(reply.text)}
    quoted = numbers(reply.text)
    if named := [one for one in siblings if one.number in versions or quoted & one.numbers]:
        return [(one, "named", _CONFIDENCE["named"]) for one in named]
    words = reply.text.casefold().replace("ё", "е")
    if len(documents) > 1 and (named := [one for one in carried if _mentions(words, one.key)]):
        return [(one, "named", _CONFIDENCE["named"]) for one in named]
    return [(one, "thread", _CONFIDENCE["thread"]) for one in carried]


def _mentions(words: str, key: NameKey) -> bool:
    return key.generic != "hard" and (key.stem in words or any(number in words for number in key.numbers))


def _recent(reply: Reply, before: Sequence[Delivered]) -> list[tuple[Delivered, Basis, float]]:
    """Without references: the last delivery to this person under the same subject."""
    if reply.ancestors:
        return []
    fitting = [
        one for one in before if reply.author in one.to and one.subject == reply.subject and reply.at - one.at <= RECENT
    ]
    last = fitting[-1].message if fitting else 0
    return [(one, "recent", _CONFIDENCE["recent"]) for one in fitting if one.message == last]


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text without spaces and with a point before the fraction: "114 500,00" is "114500.00"."""
    found = (re.sub(r"[\s\u00a0]", "", match).rstrip(".,") for match in _NUMBER.findall(text))
    return frozenset(_plain_number(number) for number in found if len(number) >= 3)


def _plain_number(number: str) -> str:
    whole, mark, fraction = number.rpartition("," if number.rfind(",") > number.rfind(".") else ".")
    if not mark or len(fraction) == 3:
        return re.sub(r"[.,]", "", number)
    return f"{re.sub(r'[.,]', '', whole)}.{fraction}"
