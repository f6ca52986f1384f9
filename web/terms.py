"""The words for documents: kinds, relations, bases of answers, sentences of evidence, in the language of the user."""

from collections.abc import Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from mailcrm.documents.compare import CellChange
from mailcrm.documents.explain import reasons
from mailcrm.documents.summary import MOST, Summary
from mailcrm.documents.values import Evidence

KINDS = {
    **dict.fromkeys(("docx", "doc", "odt", "rtf", "text"), _l("Text document")),
    **dict.fromkeys(("xlsx", "xls", "ods", "csv"), _l("Spreadsheet")),
    **dict.fromkeys(("pptx", "odp"), _l("Slides")),
    "pdf": "PDF",
    "image": _l("Picture"),
    "other": _l("File"),
}
RELATIONS = {
    "first": _l("first version"),
    "edit": _l("edited by us"),
    "resave": _l("saved again, the text is the same"),
    "rendition": _l("the same text as another kind of file"),
    "client_edit": _l("edited by the client"),
    "commented": _l("with comments of the client"),
    "signed": _l("signed"),
    "scan": _l("scanned"),
}
BASES = {
    "stamp": _l("the file carries our own mark"),
    "prefix": _l("the file begins with exactly what was sent"),
    "digest": _l("the signature is of exactly this file"),
    "original_text": _l("without its tracked changes the file is exactly what was sent"),
    "comments": _l("the text is what was sent, with comments"),
    "same_file": _l("the same file came back"),
    "likeness": _l("the file that came back is most like this version"),
    "thread": _l("it replies to the message that carried it"),
    "named": _l("the text names it"),
    "recent": _l("it was sent last before the answer"),
}
UNREADABLE = {
    "": "",
    "protected": _l("it is protected by a password"),
    "entries": _l("it has too many parts"),
    "inflated": _l("it is too large when unpacked"),
    "ratio": _l("it is packed suspiciously tight"),
    "cells": _l("a sheet reaches over too many cells"),
    "dtd": _l("it contains XML that refers to other files"),
    "broken": _l("it is damaged"),
    "memory": _l("reading it takes too much memory"),
    "time": _l("reading it takes too long"),
    "died": _l("the program that read it broke down"),
    "output": _l("there is too much in it"),
    "large": _l("it is too large to be read"),
    "kind": _l("files of this kind are not read"),
    "pixels": _l("the picture is too large"),
    "missing": _l("its bytes are missing: run mailcrm fsck"),
    "text": _l("there is no text in it"),
}
CHANGES = {
    "cell": _l("changed"),
    "row_added": _l("new row"),
    "row_gone": _l("row is gone"),
    "sheet_added": _l("new sheet"),
    "sheet_gone": _l("sheet is gone"),
}


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


EVIDENCE = (
    _m("a colleague said so"),
    _m("it carries our own mark of this document"),
    _m("it begins with exactly the bytes that were sent, and was signed or annotated after that"),
    _m("without its tracked changes it is exactly the text that was sent"),
    _m("its text is exactly the text that was sent, with comments added"),
    _m("the text is the same"),
    _m("%(percent)s %% of the text is the same"),
    _m("only %(percent)s %% of the text is the same"),
    _m("the name is the same but for version, date and copy"),
    _m("the names are alike"),
    _m("the names are quite different"),
    _m("the file name says nothing"),
    _m("the names give different languages"),
    _m("the numbers in the names differ: %(new)s, not %(old)s"),
    _m("too few clients are known yet to tell a template from a document"),
    _m("both began as one Word document"),
    _m("they share %(count)s save marks of Word"),
    _m("they share no save mark of Word"),
    _m("Word gave both the same document id"),
    _m("both were created at the same second"),
    _m("both PDFs have the same id"),
    _m("they are in different languages: %(new)s, not %(old)s"),
    _m("the title inside is the same"),
    _m("the titles inside differ"),
    _m("the names of the sheets were compared"),
    _m("they share %(count)s pictures"),
    _m("the pages look alike"),
    _m("one is %(new)s, the other %(old)s"),
    _m("both came in the same message"),
    _m("both came in the same message under one name"),
    _m("both are in one thread"),
    _m("the client returned it in the thread in which it was sent"),
    _m("its pages are pictures, and nothing says of what"),
    _m("its pages are pictures, so the text cannot be compared"),
)
"""The sentences of `documents.explain`, which knows no languages."""


def because(found: tuple[Evidence, ...]) -> list[tuple[str, bool]]:
    """The evidence as sentences, each with whether it speaks for the decision."""
    return [(_filled(one.sentence, one.detail), one.speaks_for) for one in reasons(found)]


def _filled(sentence: str, detail: dict[str, str]) -> str:
    return str(gettext(sentence, **detail)) if detail else str(gettext(sentence))


def told(said: Summary, cells: Sequence[CellChange] = ()) -> str:
    """The one line above a comparison."""
    if said.nothing and not cells:
        return str(gettext("The text is the same."))
    count = ngettext("%(num)s paragraph changed", "%(num)s paragraphs changed", said.changed)
    if cells:
        count = ngettext("%(num)s cell changed", "%(num)s cells changed", said.changed)
    comments = ngettext("%(num)s new comment", "%(num)s new comments", said.comments)
    authors = f" ({', '.join(said.comment_authors)})" if said.comment_authors else ""
    parts = [
        (said.changed, count),
        *((1, f"{one.label} {one.old} → {one.new}".strip()) for one in said.values[:MOST]),
        (said.added, ngettext("%(num)s added", "%(num)s added", said.added)),
        (said.gone, ngettext("%(num)s gone", "%(num)s gone", said.gone)),
        (said.comments, comments + authors),
        (said.tracked, ngettext("%(num)s tracked change", "%(num)s tracked changes", said.tracked)),
    ]
    return " · ".join(str(text) for number, text in parts if number)
