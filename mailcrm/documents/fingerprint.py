"""Fingerprints: text made comparable, sketches of it, and how similar two sketches are.

A sketch is the smallest 512 hashes of the runs of four words (bottom-k; error of the Jaccard index 0.006 on average).
Runs that many clients have are weighted down, so that two offers made from one template are not one document.
"""

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from mailcrm.documents.values import hash63

SKETCH = 512
"""Hashes kept of each text."""
RARE = 128
"""Of these, the smallest so many are counted over clients, and found by."""
SHINGLE = 4

# Chinese and Japanese are written without spaces: each character counts as a word.
_WORD = re.compile(r"[぀-ヿ一-鿿]|[^\W_぀-ヿ一-鿿]+")
_SCRIPTS = (
    ("ru", re.compile(r"[а-яё]")),
    ("el", re.compile(r"[α-ω]")),
    ("he", re.compile(r"[א-ת]")),
    ("fa", re.compile(r"[پچژگک]")),
    ("ar", re.compile(r"[ء-ي]")),
    ("ja", re.compile(r"[ぁ-ヿ]")),
    ("ko", re.compile(r"[가-힣]")),
    ("zh", re.compile(r"[一-鿿]")),
    ("th", re.compile(r"[ก-๛]")),
    ("hi", re.compile(r"[ऀ-ॿ]")),
)
_STOP_WORDS = {
    "en": "the of and to in is that for with be are on as by this must shall not or from have",
    "de": "der die und das den von zu mit ist des auf für im dem nicht ein eine werden wird sich",
    "fr": "le la les des et du une est dans pour que par sur au avec qui ne pas aux être",
    "es": "el los las del una que en por con para es se al como más no su lo sus esta",
    "pt": "o os as da do das dos uma que em por com para é não ao se como mais são",
    "it": "il lo gli della di una che per con non sono è del nel alla le dei delle si da",
    "tr": "ve bir bu için ile olarak olan veya daha gibi en her kadar ne de da olması çok edilmelidir mi",
    "pl": "i w na z do się nie jest że oraz dla przez od po jak które lub być są za",
    "cs": "a v na se je že pro s z do nebo by být jsou které jako není musí aby při",
    "nl": "de het een van en in is dat op te voor met zijn niet aan door worden wordt bij",
    "sv": "och att det som en på är av för med till den inte har om ett de kan ska eller",
}
_WORDS_OF = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}
_UKRAINIAN = re.compile(r"[іїєґ]")


@dataclass(frozen=True, slots=True)
class TextPrint:
    """What a Fingerprint keeps of a text."""

    sha: str = ""
    tokens: int = 0
    shingles: int = 0
    sketch: tuple[int, ...] = ()
    language: str = ""


def normalised(text: str) -> list[str]:
    """The words of a text in NFKC, case-folded, with е for ё: what re-saving and exporting do not change."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е"))


def text_print(text: str) -> TextPrint:
    """What is kept of a text; the empty TextPrint for a text without words."""
    words = normalised(text)
    if not words:
        return TextPrint()
    hashes = shingles(words)
    sha = hashlib.sha256(" ".join(words).encode()).hexdigest()
    return TextPrint(sha, len(words), len(hashes), tuple(sorted(hashes)[:SKETCH]), language(words))


def shingles(words: list[str]) -> set[int]:
    """The hashes, 63 bits each, of all runs of four words; of the whole where it is shorter."""
    count = max(1, len(words) - SHINGLE + 1)
    runs = {" ".join(words[i : i + SHINGLE]) for i in range(count)}
    return {hash63(run) for run in runs}


def text_sha(text: str) -> str:
    """The SHA-256 of the normalised text; empty for a text without words."""
    words = normalised(text)
    return hashlib.sha256(" ".join(words).encode()).hexdigest() if words else ""


def language(words: list[str]) -> str:
    """The language of a text by its script and its stop words, or an empty string where it is not clear."""
    sample = " ".join(islice(words, 4000))
    letters = sum(character.isalpha() for character in sample) or 1
    for name, pattern in _SCRIPTS:
        if len(pattern.findall(sample)) > letters * (0.02 if name in ("fa", "ja") else 0.3):
            return "uk" if name == "ru" and len(_UKRAINIAN.findall(sample)) > letters * 0.03 else name
    first = words[:4000]
    if len(first) < 30:
        return ""
    shares = sorted(((sum(w in stop for w in first) / len(first), name) for name, stop in _WORDS_OF.items()))
    (second, _), (best, name) = shares[-2:]
    return name if best >= 0.06 and best > second * 1.3 else ""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How much of the words two texts share: both between 0 and 1."""

    jaccard: float
    containment: float
    """The shared part of the smaller one."""

    @property
    def blend(self) -> float:
        """The one number that evidence is made from."""
        return 0.6 * self.containment + 0.4 * self.jaccard


def similarity(a: tuple[int, ...], b: tuple[int, ...], seen_by: Mapping[int, int]) -> Similarity:
    """Similarity of two sketches. `seen_by` tells how many clients have a hash; a missing one counts as one.

    Where a hash of the common sample is known to several clients, each hash weighs one over their number.
    """
    common = frozenset(a).intersection(b)
    if not common:
        return Similarity(0.0, 0.0)
    if seen_by:
        few = _sample(a[:RARE], b[:RARE], RARE)
        weights = {hash_: 1 / n for hash_ in few if (n := seen_by.get(hash_, 1)) > 1}
        if weights:
            return _weighed(frozenset(a[:RARE]), frozenset(b[:RARE]), few, weights)
    end = _sample(a, b, SKETCH)[-1]
    in_a, in_b = bisect_right(a, end), bisect_right(b, end)
    both = sum(hash_ <= end for hash_ in common)
    return Similarity(both / (in_a + in_b - both), both / min(in_a, in_b) if both else 0.0)


def _sample(a: tuple[int, ...], b: tuple[int, ...], size: int) -> list[int]:
    """The smallest hashes of the union: of each it is known for certain who has it."""
    return list(dict.fromkeys(sorted(a + b)))[:size]


def _weighed(a: frozenset[int], b: frozenset[int], sample: list[int], weights: Mapping[int, float]) -> Similarity:
    total = sum(weights.get(hash_, 1.0) for hash_ in sample)
    in_a = sum(weights.get(hash_, 1.0) for hash_ in sample if hash_ in a)
    both = sum(weights.get(hash_, 1.0) for hash_ in sample if hash_ in a and hash_ in b)
    smaller = min(in_a, total - in_a + both)
    return Similarity(both / total if total else 0.0, both / smaller if smaller else 0.0)
