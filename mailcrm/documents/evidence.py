"""Evidence that two contents are versions of one document: what speaks for it, what against, and the vetoes.

Weights add up like log-odds. They were set on 403 labelled files of real projects (`tests/documents/test_lineage_gold`
prints what they reach). A veto counts more than any weight: with one nothing is joined, it is only suggested.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from rapidfuzz import fuzz

from mailcrm.documents.fingerprint import similarity
from mailcrm.documents.names import NameKey
from mailcrm.documents.values import Evidence, Fingerprint, Kind, Known

ENOUGH_WORDS = 30
"""Texts with fewer words say nothing."""
COMMON = 3
"""What so many clients have is the mark of a template or a program, not of a document."""

ENOUGH_SCOPES = 12
"""From so many clients on their common text tells what is a template."""
SOFT = 1.5
"""What an equal name weighs that says only what sort of thing it is."""

_CURVE = ((0.0, -4.0), (0.05, -3.0), (0.15, -1.0), (0.3, 1.0), (0.5, 3.0), (0.7, 5.0), (0.9, 6.5), (1.0, 7.0))
_OFFICE = {"sheet": ("excel", "calc"), "slides": ("powerpoint", "impress")}
_LOOKS_ALIKE = 8
"""Bits of 64 in which two page hashes may differ."""


def evidence(new: Known, old: Known, seen_by: Mapping[int, int]) -> tuple[Evidence, ...]:
    """All evidence on a new content and a known one. `seen_by`: how many clients have a hash of a sketch or a mark."""
    a, b = new.print, old.print
    text = tuple(text_evidence(a, b, seen_by))
    ancestry = _capped(tuple(_ancestry(a, b, seen_by)), _cap(a, b, score(text)))
    return (*text, *ancestry, *name_evidence(new.keys, old.keys), *_properties(a, b, seen_by), *_context(new, old))


def score(found: Iterable[Evidence]) -> float:
    """The sum of the weights."""
    return sum(one.weight for one in found)


def vetoed(found: Iterable[Evidence]) -> bool:
    """Whether anything forbids to join without asking."""
    return any(one.veto for one in found)


def weight(found: Iterable[Evidence], *names: str) -> float:
    """The sum of the weights of the named evidence."""
    return sum(one.weight for one in found if one.name in names)


def doubt(new: Known, old: Known, found: Iterable[Evidence], scopes: int) -> tuple[Evidence, ...]:
    """A doubt that fades as more clients become known: whoever has few clients has seen too little to tell a common
    template from a document, where the names do not tell it either."""
    named = not any(all(key.generic for key in one.keys) for one in (new, old))
    likeness = weight(found, "text_alike")
    if named or scopes >= ENOUGH_SCOPES or likeness <= 0:
        return ()
    share = 1 - scopes / ENOUGH_SCOPES
    return (Evidence("few_clients", -share * (4.0 + weight(found, "created"))),)


def text_evidence(a: Fingerprint, b: Fingerprint, seen_by: Mapping[int, int]) -> Iterator[Evidence]:
    """Equal or similar text."""
    if min(a.tokens, b.tokens) < ENOUGH_WORDS:
        return
    if a.text_sha and a.text_sha == b.text_sha:
        yield Evidence("text_equal", 8.0)
        return
    alike = similarity(a.sketch, b.sketch, seen_by)
    shown = (("percent", f"{alike.containment * 100:.0f}"),)
    yield Evidence("text_alike" if alike.blend >= 0.3 else "text_differs", _on_curve(alike.blend), shown)


def _on_curve(x: float) -> float:
    """The weight of a similarity, linear between the points of the curve."""
    for (x0, y0), (x1, y1) in pairwise(_CURVE):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return _CURVE[-1][1]


def _ancestry(a: Fingerprint, b: Fingerprint, seen_by: Mapping[int, int]) -> Iterator[Evidence]:
    """Word's save ids: they prove a common ancestor, not the same document."""
    common = {name for name, hash_ in a.marks.items() if seen_by.get(hash_, 1) >= COMMON}
    if "root" in common:
        return
    if a.rsid_root and a.rsid_root == b.rsid_root:
        yield Evidence("save_root", 2.0)
    shared = len(a.rsids & b.rsids)
    smaller = min(len(a.rsids), len(b.rsids))
    if shared >= 3:
        yield Evidence("save_ids", 4.0 * shared / smaller * min(1.0, shared / 8), (("count", str(shared)),))
    elif shared == 0 and smaller >= 8:
        yield Evidence("no_save_ids", -2.0)
    if a.word_id and a.word_id == b.word_id and "word" not in common:
        yield Evidence("word_id", 2.5)


def _cap(a: Fingerprint, b: Fingerprint, text: float) -> float:
    """What ancestry may add at most: it may confirm what the text says and never overrule it."""
    readable = (a.tokens >= ENOUGH_WORDS) + (b.tokens >= ENOUGH_WORDS)
    if readable == 0:
        return 7.0
    return 2.0 if readable == 2 and text >= 0 else 0.0


def _capped(found: tuple[Evidence, ...], cap: float) -> tuple[Evidence, ...]:
    for_it = sum(one.weight for one in found if one.weight > 0)
    if for_it <= cap:
        return found
    return tuple(Evidence(one.name, one.weight * cap / for_it, one.detail) if one.weight > 0 else one for one in found)


def name_evidence(new: tuple[NameKey, ...], old: tuple[NameKey, ...]) -> tuple[Evidence, ...]:
    """The best that any of the names of one content says about any of the other's."""
    if not new or not old:
        return ()
    found = (tuple(_names(a, b)) for a in new for b in old)
    return max(found, key=lambda one: (not vetoed(one), score(one)))


def _names(a: NameKey, b: NameKey) -> Iterator[Evidence]:
    if "hard" in (a.generic, b.generic):
        yield Evidence("name_mute", -1.5)
        return
    soft = "soft" in (a.generic, b.generic)
    if a.numbers and b.numbers and not a.numbers & b.numbers:
        shown = (("new", " ".join(sorted(a.numbers))), ("old", " ".join(sorted(b.numbers))))
        yield Evidence("numbers_differ", -4.0, shown, veto=True)
    if a.language != b.language:
        both = bool(a.language and b.language)
        yield Evidence("name_language", -3.0 if both else -0.5, (), veto=both)
    if a.stem == b.stem or a.compact == b.compact:
        yield Evidence("name_equal", SOFT if soft else 4.0)
        return
    alike = max(
        0.8 * fuzz.token_set_ratio(a.stem, b.stem) / 100,
        fuzz.ratio(a.compact, b.compact) / 100,
    )
    if alike < 0.45 and not soft:
        yield Evidence("name_differs", -3.0, (), veto=True)
    elif alike > 0.6:
        yield Evidence("name_alike", (1.0 if soft else 2.5) * (alike - 0.6) / 0.4)


def _properties(a: Fingerprint, b: Fingerprint, seen_by: Mapping[int, int]) -> Iterator[Evidence]:
    """What the programs wrote: time of creation, ids of PDFs, language, title, sheets, pictures."""
    hashes = a.marks
    if a.created and a.created == b.created and seen_by.get(hashes["created"], 1) < COMMON:
        yield Evidence("created", 3.0)
    if a.pdf_id and a.pdf_id == b.pdf_id and seen_by.get(hashes["pdf"], 1) < COMMON:
        yield Evidence("pdf_id", 6.0)
    if a.language and b.language and a.language != b.language:
        yield Evidence("language", -7.0, (("new", a.language), ("old", b.language)), veto=True)
    if min(len(a.title), len(b.title)) > 5:
        yield Evidence("title", 0.7) if a.title == b.title else Evidence("title_differs", -0.3)
    if a.sheets and b.sheets:
        share = len({*a.sheets} & {*b.sheets}) / len({*a.sheets, *b.sheets})
        yield Evidence("sheets", (share - 0.5) * 2)
    shared = [name for name in a.media & b.media if seen_by.get(hashes[f"media {name}"], 1) < COMMON]
    if shared:
        yield Evidence("media", min(2.5, 0.7 * len(shared)), (("count", str(len(shared))),))
    if a.page_hashes and b.page_hashes and _pages_alike(a, b):
        yield Evidence("pages_alike", 3.0)


def _pages_alike(a: Fingerprint, b: Fingerprint) -> bool:
    pairs = list(zip(a.page_hashes, b.page_hashes, strict=False))
    return abs(a.pages - b.pages) <= 1 and all((x ^ y).bit_count() <= _LOOKS_ALIKE for x, y in pairs)


def _context(new: Known, old: Known) -> Iterator[Evidence]:
    """Kinds, and where the two went."""
    a, b = new.print, old.print
    scan = is_scan(new)
    if a.kind != b.kind and not scan:
        yield Evidence("kind_differs", kind_weight(a, b), (("new", a.kind.value), ("old", b.kind.value)))
    if new.messages & old.messages:
        if a.kind == b.kind:
            yield Evidence("same_message", -6.0, (), veto=True)
        elif any(key.stem == other.stem for key in new.keys for other in old.keys):
            yield Evidence("sent_together", 1.5)
    elif (new.threads & old.threads) - {0}:
        returned = new.inbound and old.sent
        yield Evidence("returned" if returned else "same_thread", 2.5 if returned else 1.5)
    if scan:
        likely = _may_be_a_scan_of(new, old)
        yield Evidence("scan" if likely else "scan_of_something", 1.0 if likely else -3.0, (), veto=True)


def is_scan(one: Known) -> bool:
    """Pictures of pages that a client sent: what is on them cannot be read, so a person has to say."""
    readable = one.print.tokens >= ENOUGH_WORDS
    return one.inbound and not readable and (one.print.kind is Kind.IMAGE or one.print.pages > 0)


def _may_be_a_scan_of(new: Known, old: Known) -> bool:
    """Whether its name or its number of pages says so: most pictures that clients send are just pictures."""
    named = any(key.stem == other.stem and key.generic != "hard" for key in new.keys for other in old.keys)
    as_long = new.print.kind is Kind.PDF and old.print.pages > 0 and abs(new.print.pages - old.print.pages) <= 1
    return named or as_long or not new.flags.isdisjoint(("signed", "scan"))


def kind_weight(a: Fingerprint, b: Fingerprint) -> float:
    """What it means that the kinds differ: a PDF may be the export of anything."""
    families = {a.kind.family, b.kind.family}
    if len(families) == 1:
        return -0.5
    if "pdf" not in families:
        return -6.0
    other = next(family for family in families if family != "pdf")
    producer = (a if a.kind is Kind.PDF else b).producer.casefold()
    if other == "text":
        return -0.5
    if any(program in producer for program in _OFFICE.get(other, ())):
        return -1.0
    return {"sheet": -5.0, "slides": -4.0}.get(other, -6.0)
