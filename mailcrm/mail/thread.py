"""Which thread a message belongs to (JWZ and RFC 5256 by references), and the tree of a thread for display."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mailcrm.mail.message import ParsedHeaders

MAX_KEY = 400
"""PostgreSQL cannot index much longer strings; no honest Message-ID comes near it."""

_PREFIX = re.compile(
    r"^\s*(?:(?:re|fwd?|fw|aw|wg|antw|sv|vs|vl|rv|res|enc|tr|ref|rif|odp|pd|r|i|doorst|ynt|"
    r"отв|ответ|пересл|переслать|перес|відп|відпов|пер|回复|转发|答复)"
    r"(?:\s*[\[(]\d{1,3}[\])])?(?:\^\d+)?\s*[:：]|\[[^\]\n]{0,60}\](?=\s*\S))\s*",
    re.IGNORECASE,
)
_TRAILER = re.compile(r"\s*\((?:fwd?|пересл)\)\s*$", re.IGNORECASE)
_FORWARD = re.compile(
    r"^\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|fw|wg|rv|enc|tr|i|pd|doorst|пересл|пер)\s*(?:\[\d+\])?\s*:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ThreadPlacement:
    """Where a message goes: an existing thread or none yet, and the other threads that it joins to it."""

    thread: int | None
    joins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One message in the tree of its thread; `depth` 0 is a root."""

    message: int
    depth: int


def key(message_id: str) -> str:
    """The id as it is stored and looked up: itself, or a hash of it where it is absurdly long."""
    if len(message_id) <= MAX_KEY:
        return message_id
    return "sha256:" + hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()


def own_ids(headers: ParsedHeaders) -> tuple[str, ...]:
    """The keys under which others may refer to this message: its Message-ID and its aliases."""
    return _keys((headers.message_id, *headers.aliases))


def referred_ids(headers: ParsedHeaders) -> tuple[str, ...]:
    """The keys that this message refers to, newest first: In-Reply-To, then References from its end."""
    return _keys((*headers.in_reply_to, *reversed(headers.references)))


def place(ids: Iterable[str], known: Mapping[str, int], fallback: Iterable[int] = ()) -> ThreadPlacement:
    """Which thread a message with these keys (its own and the referred ones) belongs to.

    The oldest thread (the smallest number) wins, so that the result does not depend on the order of arrival;
    a late parent joins the threads of its children. `fallback` are the threads of the same subject and people.
    """
    found = sorted({*(known[i] for i in ids if i in known), *fallback})
    return ThreadPlacement(found[0], tuple(found[1:])) if found else ThreadPlacement(None, ())


def base_subject(subject: str) -> str:
    """The subject without reply and forward marks and list tags, in one case (RFC 5256 §2.1, more languages)."""
    text = " ".join(subject.split())
    while True:
        shorter = _TRAILER.sub("", _PREFIX.sub("", text, count=1))
        if shorter == text:
            return text.casefold()
        text = shorter


def is_reply(subject: str) -> bool:
    """True where the subject has a reply or forward mark, whatever the language."""
    stripped = re.sub(r"^\s*(?:\[[^\]\n]{0,60}\]\s*)+", "", subject)
    match = _PREFIX.match(stripped)
    return bool(match) and not stripped.lstrip().startswith("[")


def is_forward(subject: str) -> bool:
    """True where the subject says that the message was forwarded."""
    return bool(_FORWARD.match(subject))


def fallback_key(headers: ParsedHeaders) -> str | None:
    """A key shared by messages of the same base subject among the same people, or None without a subject.

    Only messages without any reference are looked up by it, and only replies ask.
    """
    subject = base_subject(headers.subject)
    people = sorted({a.email for a in (*headers.from_, *headers.to, *headers.cc)})
    if len(subject) < 3 or not people:
        return None
    return hashlib.sha256("\n".join((subject, *people)).encode("utf-8", "replace")).hexdigest()[:32]


def tree(messages: Iterable[tuple[int, str, tuple[str, ...]]]) -> list[Node]:
    """The messages of one thread as a flat tree, roots and siblings in the given order.

    Each message is (number, key of its id, referred keys newest first); a message hangs under the newest
    reference that is present. Loops are cut where they would close.
    """
    rows = list(messages)
    number_of = {own: number for number, own, _ in reversed(rows) if own}
    parent = {number: _parent(number, refs, number_of) for number, _, refs in rows}
    for number in parent:
        _cut_loop(number, parent)
    children: dict[int | None, list[int]] = {}
    for number, _, _ in rows:
        children.setdefault(parent[number], []).append(number)
    nodes: list[Node] = []
    waiting = [(number, 0) for number in reversed(children.get(None, []))]
    while waiting:
        number, depth = waiting.pop()
        nodes.append(Node(number, depth))
        waiting.extend((child, depth + 1) for child in reversed(children.get(number, [])))
    return nodes


@lru_cache(maxsize=4096)
def _keys(ids: tuple[str, ...]) -> tuple[str, ...]:
    # Asked for again and again while a message is decided on and recorded.
    return tuple(dict.fromkeys(key(i) for i in ids if i))


def _parent(number: int, refs: tuple[str, ...], number_of: Mapping[str, int]) -> int | None:
    return next((number_of[r] for r in refs if r in number_of and number_of[r] != number), None)


def _cut_loop(number: int, parent: dict[int, int | None]) -> None:
    seen = {number}
    at = parent[number]
    while at is not None:
        if at in seen:
            parent[number] = None
            return
        seen.add(at)
        at = parent[at]
