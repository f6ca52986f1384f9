"""What a rebuild would change: the stored versions against those that a fold of all occurrences makes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailcrm.documents.values import Version


@dataclass(frozen=True, slots=True)
class Difference:
    """A content whose place differs."""

    sha: str
    stored: Version | None
    """None where the content has no version yet."""
    rebuilt: Version | None
    """None where it is no document any more."""


def heirs(stored: Mapping[str, Version], rebuilt: Mapping[str, Version]) -> dict[str, str]:
    """For each rebuilt document the stored one that it goes on: the one with most of its contents, each used once, so
    that pages keep their addresses. Documents that are quite new are left out."""
    shared: Counter[tuple[str, str]] = Counter()
    for sha, version in rebuilt.items():
        if sha in stored:
            shared[version.document, stored[sha].document] += 1
    found: dict[str, str] = {}
    for (new, old), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if new not in found and old not in found.values():
            found[new] = old
    return found


def differences(stored: Mapping[str, Version], rebuilt: Mapping[str, Version]) -> tuple[Difference, ...]:
    """What differs, document keys translated by `heirs`; evidence and scores do not count. Empty is the proof that
    what is stored is what the occurrences and the rules make."""
    known_as = heirs(stored, rebuilt)
    found = []
    for sha in sorted({*stored, *rebuilt}):
        old, new = stored.get(sha), rebuilt.get(sha)
        if new is not None:
            new = replace(new, document=known_as.get(new.document, new.document))
        if _placed(old) != _placed(new):
            found.append(Difference(sha, old, new))
    return tuple(found)


def _placed(version: Version | None) -> Version | None:
    return replace(version, evidence=(), score=0.0, at=None) if version else None
