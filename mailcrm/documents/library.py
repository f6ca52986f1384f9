"""The Shelf in memory, and the fold of all occurrences into documents: what a rebuild does."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mailcrm.documents.lineage import DEPTH
from mailcrm.documents.names import name_key
from mailcrm.documents.place import (
    Added,
    Asked,
    Change,
    Closed,
    Law,
    Moved,
    Opened,
    Rescoped,
    Retitled,
    Seen,
    take,
)
from mailcrm.documents.values import BROADCAST, INTERNAL, Document, Fingerprint, Known, Occurrence, Version, hash63

NEAR = 20
"""So many documents at most are looked at for one content."""
SEARCHED = 32
"""So many hashes of each sketch are searched by."""


class Library:
    """All documents in memory; grows by changes only. Two are equal where their documents and versions are."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.versions: dict[str, Version] = {}
        self.suggestions: dict[str, tuple[Asked, ...]] = {}
        self._known: dict[str, Known] = {}
        self._stamps: dict[str, list[str]] = defaultdict(list)
        self._texts: dict[str, list[str]] = defaultdict(list)
        self._of_client: dict[int, dict[str, None]] = defaultdict(dict)
        self._index: dict[str, dict[int, dict[str, None]]] = defaultdict(dict)
        self._scopes: dict[int, frozenset[str]] = {}
        self._all_scopes: set[str] = set()

    def __eq__(self, other: object) -> bool:
        """Whether the same occurrences gave the same documents, versions and suggestions."""
        if not isinstance(other, Library):
            return NotImplemented
        mine = (self.documents, self.versions, self.suggestions, self._known)
        return mine == (other.documents, other.versions, other.suggestions, other._known)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def take(self, occurrence: Occurrence, fingerprint: Fingerprint, law: Law) -> tuple[Change, ...]:
        """Place one occurrence and apply what it changes; returns the changes."""
        return take(occurrence, fingerprint, self, law, self.apply)

    def apply(self, change: Change) -> None:
        """Make one change."""
        match change:
            case Opened(document):
                self.documents[document.key] = document
            case Added(version, content):
                self._add(version, content)
            case Seen(occurrence):
                self._see(occurrence)
            case Moved(version, source):
                self._move(version, source)
            case Closed(document):
                del self.documents[document]
            case Rescoped(key, scope, pinned):
                self.documents[key] = replace(self.documents[key], scope=scope, pinned=pinned)
                for sha in self.documents[key].versions:
                    self._show(self._known[sha])
            case Retitled(key, title):
                self.documents[key] = replace(self.documents[key], title=title)
            case Asked(sha, _):
                self.suggestions[sha] = (*self.suggestions.get(sha, ()), change)

    def _add(self, version: Version, content: Known) -> None:
        sha = version.sha256
        self._known[sha] = replace(content, document=version.document)
        self._enter(version)
        if content.print.stamp:
            self._stamps[content.print.stamp].append(sha)
        self._texts[content.print.text_sha].append(sha)
        scope = self.documents[version.document].scope
        self._all_scopes.add(scope)
        for hash_ in (*content.print.rare, *content.print.marks.values()):
            if scope not in (scopes := self._scopes.get(hash_, frozenset())):
                self._scopes[hash_] = scopes | {scope}

    def _enter(self, version: Version) -> None:
        """Put a version into its document and the document where it can be found."""
        sha, key = version.sha256, version.document
        self.versions[sha] = version
        document = self.documents[key]
        last = max(document.last, version.number)
        self.documents[key] = replace(document, versions=(*document.versions, sha), last=last)
        self._show(self._known[sha])

    def _show(self, content: Known) -> None:
        """Let a content be found by its clients; in a document for many, by everybody."""
        shared = [BROADCAST] if self.documents[content.document].scope == BROADCAST else []
        for group in (*groups(content.clients), *shared):
            for hash_ in search_keys(content):
                self._index[group].setdefault(hash_, {})[content.sha] = None
        for client in content.clients:
            self._of_client[client][content.sha] = None

    def _see(self, occurrence: Occurrence) -> None:
        before = self._known[occurrence.sha256]
        after = before.again(occurrence, name_key(occurrence.name))
        self._known[occurrence.sha256] = after
        if (after.clients, after.keys, after.threads) != (before.clients, before.keys, before.threads):
            self._show(after)

    def _move(self, version: Version, source: str) -> None:
        old = self.documents[source]
        left = tuple(sha for sha in old.versions if sha != version.sha256)
        last = max((self.versions[sha].number for sha in left), default=0)
        self.documents[source] = replace(old, versions=left, last=last)
        self._known[version.sha256] = replace(self._known[version.sha256], document=version.document)
        self._enter(version)

    def known(self, sha: str) -> Known | None:
        """The content, if it was placed before."""
        return self._known.get(sha)

    def version(self, sha: str) -> Version:
        """The version that a placed content is."""
        return self.versions[sha]

    def document(self, key: str) -> Document:
        """The document with this key."""
        return self.documents[key]

    def with_stamp(self, stamp: str) -> Sequence[Known]:
        """The contents that carry this stamp of ours, whoever has them."""
        return [self._known[sha] for sha in self._stamps.get(stamp, ())]

    def with_text(self, text_sha: str, new: Known) -> Sequence[Known]:
        """Contents with this text in documents that are open to the clients of `new`."""
        found = [self._known[sha] for sha in self._texts.get(text_sha, ())]
        return [one for one in found if self._open(one.document, new)]

    def near(self, new: Known) -> Iterable[Sequence[Known]]:
        """The last contents of each document that is open to the clients of `new` and may be its document."""
        keys = {self._known[sha].document: None for client in new.clients for sha in self._of_client.get(client, ())}
        if len(keys) > NEAR or not new.clients:
            keys = self._searched(new, groups(new.clients))
        pinned = [
            key for key in self._searched(new, [BROADCAST]) if self._is(key, BROADCAST) and self.documents[key].pinned
        ]
        return [self._last(key) for key in (*dict.fromkeys((*keys, *pinned)),) if self._open(key, new)]

    def broadcasts_near(self, new: Known) -> Iterable[Sequence[Known]]:
        """The same of the documents that go to many clients."""
        keys = self._searched(new, [BROADCAST])
        return [self._last(key) for key in keys if self._is(key, BROADCAST)]

    def seen_by(self, hashes: Iterable[int]) -> Mapping[int, int]:
        """How many scopes have each of the hashes, where more than one has it."""
        counts = ((hash_, len(self._scopes.get(hash_, ()))) for hash_ in hashes)
        return {hash_: count for hash_, count in counts if count > 1}

    def scopes(self) -> int:
        """How many scopes have documents."""
        return len(self._all_scopes)

    def _is(self, key: str, scope: str) -> bool:
        return key in self.documents and self.documents[key].scope == scope

    def _searched(self, new: Known, parts: Iterable[str]) -> dict[str, None]:
        """The documents that share most with a content: hashes, marks, a name, a thread."""
        wanted = search_keys(new)
        met = {
            (hash_, self._known[sha].document)
            for group in parts
            for hash_ in wanted
            for sha in self._index.get(group, {}).get(hash_, ())
        }
        return dict.fromkeys(likeliest(met, wanted))

    def _last(self, key: str) -> Sequence[Known]:
        return [self._known[sha] for sha in self.documents[key].versions[-DEPTH:]]

    def _open(self, key: str, new: Known) -> bool:
        """Whether every version of a document has been at one of the clients: joining it tells nobody of others."""
        document = self.documents.get(key)
        if document is None or not document.versions:
            return False
        if document.scope == BROADCAST:
            return document.pinned
        if not new.clients:
            return document.scope == INTERNAL
        return all(self._known[sha].clients & new.clients for sha in document.versions)


def likeliest(met: Iterable[tuple[int, str]], worth: Mapping[int, int]) -> list[str]:
    """The documents that share most, given each hash that a document was met by."""
    hits: Counter[str] = Counter()
    for hash_, key in met:
        hits[key] += worth[hash_]
    return sorted(hits, key=lambda key: (-hits[key], key))[:NEAR]


def groups(clients: frozenset[int]) -> list[str]:
    """The parts of the index in which a content with these clients stands."""
    return [f"client:{client}" for client in sorted(clients)] or [INTERNAL]


def search_keys(content: Known) -> dict[int, int]:
    """The hashes by which a content is found, and what a hit on each is worth."""
    keys = dict.fromkeys(content.print.sketch[:SEARCHED], 1)
    keys |= dict.fromkeys(content.print.marks.values(), 4)
    keys |= {hash63(f"name:{key.compact}"): 16 for key in content.keys if key.generic != "hard"}
    return keys | {hash63(f"thread:{thread}"): 8 for thread in content.threads if thread}


def fold(occurrences: Iterable[Occurrence], prints: Mapping[str, Fingerprint], law: Law) -> Library:
    """The documents that all occurrences make, taken in time order."""
    library = Library()
    for occurrence in sorted(occurrences):
        library.take(occurrence, prints[occurrence.sha256], law)
    return library
