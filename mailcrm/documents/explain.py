"""Why a version is where it is: evidence as sentences that a page translates and fills in.

The sentences stand here in English, keyed by the name of the evidence; pages look them up in their catalogue.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailcrm.documents.values import Evidence

SENTENCES = {
    "user": "a colleague said so",
    "proof_stamp": "it carries our own mark of this document",
    "proof_prefix": "it begins with exactly the bytes that were sent, and was signed or annotated after that",
    "proof_original_text": "without its tracked changes it is exactly the text that was sent",
    "proof_comments": "its text is exactly the text that was sent, with comments added",
    "text_equal": "the text is the same",
    "text_alike": "%(percent)s %% of the text is the same",
    "text_differs": "only %(percent)s %% of the text is the same",
    "name_equal": "the name is the same but for version, date and copy",
    "name_alike": "the names are alike",
    "name_differs": "the names are quite different",
    "name_mute": "the file name says nothing",
    "name_language": "the names give different languages",
    "numbers_differ": "the numbers in the names differ: %(new)s, not %(old)s",
    "few_clients": "too few clients are known yet to tell a template from a document",
    "save_root": "both began as one Word document",
    "save_ids": "they share %(count)s save marks of Word",
    "no_save_ids": "they share no save mark of Word",
    "word_id": "Word gave both the same document id",
    "created": "both were created at the same second",
    "pdf_id": "both PDFs have the same id",
    "language": "they are in different languages: %(new)s, not %(old)s",
    "title": "the title inside is the same",
    "title_differs": "the titles inside differ",
    "sheets": "the names of the sheets were compared",
    "media": "they share %(count)s pictures",
    "pages_alike": "the pages look alike",
    "kind_differs": "one is %(new)s, the other %(old)s",
    "same_message": "both came in the same message",
    "sent_together": "both came in the same message under one name",
    "same_thread": "both are in one thread",
    "returned": "the client returned it in the thread in which it was sent",
    "scan_of_something": "its pages are pictures, and nothing says of what",
    "scan": "its pages are pictures, so the text cannot be compared",
}
"""Every name of evidence with its sentence; values in the style of gettext."""

SMALL = 0.3
"""Evidence that weighs less is not worth a word."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of the explanation."""

    sentence: str
    """The key of the catalogue: an English sentence with named values."""
    detail: dict[str, str]
    speaks_for: bool

    @property
    def english(self) -> str:
        """The sentence in English."""
        return self.sentence % self.detail


def reasons(found: Iterable[Evidence]) -> tuple[Reason, ...]:
    """What is worth saying, first what speaks for it and then what against, each with the heaviest first."""
    told = [one for one in found if abs(one.weight) >= SMALL or one.veto or one.name.startswith(("proof", "user"))]
    ordered = sorted(told, key=lambda one: (one.weight < 0 or one.veto, -abs(one.weight)))
    return tuple(Reason(SENTENCES[one.name], dict(one.detail), one.weight >= 0 and not one.veto) for one in ordered)
