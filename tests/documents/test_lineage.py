"""Lineage: one story a test, told in occurrences; and the fold, which is the same however it was reached."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.documents import rules
from mailcrm.documents.explain import SENTENCES, reasons
from mailcrm.documents.library import Library, fold
from mailcrm.documents.place import Asked, Change, Law
from mailcrm.documents.rules import in_force
from mailcrm.documents.values import BROADCAST, INTERNAL, Fingerprint, Kind, Occurrence, Rule
from tests.documents.twins import START, fingerprint

WORDS = [f"word{number}" for number in range(200)]


def text(*changed: int, start: int = 0, length: int = 120) -> str:
    """A text of numbered words in which some are other words."""
    return " ".join(f"other{n}" if n in changed else f"word{start + n}" for n in range(length))


class Mail:
    """Messages one after another, each an hour after the last."""

    def __init__(self, *said: Rule) -> None:
        self.library = Library()
        self.law = Law(in_force(said))
        self.prints: dict[str, Fingerprint] = {}
        self.occurrences: list[Occurrence] = []
        self.number = 0

    def send(
        self, name: str, content: Fingerprint | str, *clients: int, inbound: bool = False, message: int = 0
    ) -> tuple[Change, ...]:
        """One attachment to, or from, the clients; a `message` of its own unless told."""
        self.number += 1
        made = fingerprint(content) if isinstance(content, str) else content
        self.prints[made.sha256] = made
        at = START + timedelta(hours=self.number)
        people = frozenset(clients or (1,))
        thread = 1000 + min(people)
        one = Occurrence(at, f"{self.number:05}", made.sha256, name, message or self.number, thread, people, inbound)
        self.occurrences.append(one)
        changes = self.library.take(one, made, self.law)
        assert fold(self.occurrences, self.prints, self.law) == self.library
        return changes

    def shown(self) -> list[list[str]]:
        """For each document its versions, as number and relation."""
        versions = self.library.versions
        return [
            [f"v{versions[sha].number} {versions[sha].relation}" for sha in document.versions]
            for document in self.library.documents.values()
        ]


def other(content: Fingerprint, **changes: object) -> Fingerprint:
    """The same content with other bytes and some differences."""
    sha = hashlib.sha256(f"{content.sha256} {sorted(changes.items(), key=str)}".encode()).hexdigest()
    return replace(content, sha256=sha, **changes)  # type: ignore[arg-type]


def test_the_same_bytes_are_the_same_version_however_often() -> None:
    mail = Mail()
    mail.send("Offer ACME.docx", text())
    mail.send("Offer ACME final.docx", text())
    mail.send("scan.docx", text(), 2)
    assert mail.shown() == [["v1 first"]]


def test_edits_are_numbered_and_have_the_nearest_version_as_parent() -> None:
    mail = Mail()
    for changed in ((), (1,), (1, 60), (1, 60, 90)):
        mail.send("Offer ACME.docx", text(*changed))
    assert mail.shown() == [["v1 first", "v2 edit", "v3 edit", "v4 edit"]]
    shas = [one.sha256 for one in mail.occurrences]
    assert [mail.library.versions[sha].parent for sha in shas] == ["", *shas[:3]]


def test_a_resave_keeps_the_number() -> None:
    mail = Mail()
    mail.send("Offer ACME.docx", text())
    mail.send("Offer ACME.docx", text(5))
    mail.send("Offer ACME v1.docx", other(fingerprint(text()), title="x"))
    assert mail.shown() == [["v1 first", "v2 edit", "v1 resave"]]


def test_a_pdf_is_a_rendition_of_its_version_together_or_alone() -> None:
    mail = Mail()
    mail.send("Offer ACME.docx", text(), message=900)
    mail.send("Offer ACME.pdf", other(fingerprint(text()), kind=Kind.PDF), message=900)
    mail.send("Offer ACME v2.docx", text(3))
    mail.send("Offer ACME v2.pdf", other(fingerprint(text(3)), kind=Kind.PDF))
    assert mail.shown() == [["v1 first", "v1 rendition", "v2 edit", "v2 rendition"]]


def test_a_newer_pdf_is_not_the_rendition_of_an_old_version() -> None:
    mail = Mail()
    mail.send("Offer ACME.docx", text(), message=900)
    mail.send("Offer ACME.pdf", other(fingerprint(text()), kind=Kind.PDF), message=900)
    mail.send("Offer ACME v2.pdf", other(fingerprint(text(3)), kind=Kind.PDF))
    assert mail.shown() == [["v1 first", "v1 rendition", "v2 edit"]]


def test_two_files_of_one_message_are_two_documents() -> None:
    mail = Mail()
    mail.send("Offer ACME chairs.docx", text(), message=900)
    changes = mail.send("Offer ACME tables.docx", text(7), message=900)
    assert mail.shown() == [["v1 first"], ["v1 first"]]
    asked = [change for change in changes if isinstance(change, Asked)]
    assert [one.found.document for one in asked] == [mail.occurrences[0].sha256]


def test_other_numbers_and_other_languages_are_never_joined_without_asking() -> None:
    mail = Mail()
    mail.send("Счет 1043.pdf", text())
    mail.send("Счет 1044.pdf", text(4))
    german = other(fingerprint(text(8)), language="de")
    mail.send("Счет 1043.docx", german)
    assert mail.shown() == [["v1 first"]] * 3


def test_what_a_client_returns_is_a_version_on_their_side() -> None:
    mail = Mail()
    sent = fingerprint(text())
    mail.send("Offer ACME.docx", sent)
    mail.send("Offer ACME v2.docx", text(9))
    commented = other(sent, comments=frozenset({"a", "b"}))
    mail.send("Offer ACME.docx", commented, inbound=True)
    edited = other(fingerprint(text(1, 2)), original_sha=sent.text_sha, changes=2)
    mail.send("Offer ACME.docx", edited, inbound=True)
    signed = other(fingerprint("short"), kind=Kind.PDF, prefixes=frozenset({sent.sha256}), signatures=1)
    mail.send("document.pdf", signed, inbound=True)
    assert mail.shown() == [["v1 first", "v2 edit", "v3 commented", "v4 client_edit", "v5 signed"]]
    for made in (commented, edited, signed):
        version = mail.library.versions[made.sha256]
        assert (version.parent, version.theirs, version.decided_by) == (sent.sha256, True, "proof")


def test_a_scan_is_suggested_as_the_signed_copy_of_what_was_sent() -> None:
    mail = Mail()
    mail.send("Offer ACME.docx", text())
    scan, photo = Fingerprint("5" * 64, Kind.PDF, 1000, pages=2), Fingerprint("7" * 64, Kind.IMAGE, 1000, pages=1)
    for name, content in (("scan0001.pdf", scan), ("Offer ACME signed.pdf", replace(scan, sha256="6" * 64))):
        changes = mail.send(name, content, inbound=True)
        asked = [change for change in changes if isinstance(change, Asked)]
        assert [one.found.document for one in asked][:1] == [mail.occurrences[0].sha256]
        assert "its pages are pictures, so the text cannot be compared" in [
            reason.english for reason in reasons(asked[0].found.evidence)
        ]
    for name, content in (("IMG_1234.jpg", photo), ("our garden.jpg", replace(photo, sha256="8" * 64))):
        assert not [change for change in mail.send(name, content, inbound=True) if isinstance(change, Asked)]
    assert all(versions == ["v1 first"] for versions in mail.shown())


def test_clients_are_never_joined_but_by_equal_bytes_or_our_stamp() -> None:
    mail = Mail()
    mail.send("Offer.docx", text(), 1)
    mail.send("Offer.docx", text(3), 2)
    assert len(mail.library.documents) == 2
    stamped = other(fingerprint(text(4)), stamp="01ARZ")
    mail.send("Stamped.docx", stamped, 1)
    mail.send("Stamped.docx", other(stamped, title="returned"), 2)
    documents = {mail.library.versions[one.sha256].document for one in mail.occurrences[2:]}
    assert len(documents) == 1


def test_what_two_clients_have_is_open_only_while_both_have_all_of_it() -> None:
    mail = Mail()
    mail.send("Offer standard.docx", text(), 1)
    mail.send("Offer standard.docx", text(), 2)
    mail.send("Offer standard.docx", text(5), 1)
    mail.send("Offer standard.docx", text(6), 2)
    assert mail.shown() == [["v1 first", "v2 edit"], ["v1 first"]]


def test_a_price_list_is_one_document_with_editions() -> None:
    mail = Mail()
    for edition in ((), (1, 2), (1, 2, 50)):
        for client in range(1, 6):
            mail.send("Price list.xlsx", other(fingerprint(text(*edition), Kind.XLSX)), client)
    assert mail.shown() == [["v1 first", "v2 edit", "v3 edit"]]
    assert {document.scope for document in mail.library.documents.values()} == {BROADCAST}


def test_what_is_made_of_a_broadcast_for_one_client_is_that_clients() -> None:
    mail = Mail()
    mail.send("Offer standard.docx", text(), 1)
    mail.send("Offer standard ACME.docx", text(5), 1)
    assert mail.shown() == [["v1 first", "v2 edit"]]
    mail.send("Offer standard.docx", text(), 2)
    mail.send("Offer standard.docx", text(), 3)
    assert mail.shown() == [["v1 first"], ["v1 first"]]
    assert [document.scope for document in mail.library.documents.values()] == [BROADCAST, "client:1"]
    mail.send("Offer standard ACME v2.docx", text(5, 6), 1)
    assert mail.shown() == [["v1 first"], ["v1 first", "v2 edit"]]


def test_an_internal_draft_becomes_the_clients_when_it_is_sent() -> None:
    mail = Mail()
    draft = fingerprint(text())
    mail.prints[draft.sha256] = draft
    inside = Occurrence(START, "0", draft.sha256, "Offer.docx", 1)
    mail.library.take(inside, draft, mail.law)
    assert mail.library.documents[draft.sha256].scope == INTERNAL
    mail.occurrences.append(inside)
    mail.send("Offer.docx", draft, 7)
    assert mail.library.documents[draft.sha256].scope == "client:7"


def test_a_person_who_splits_and_joins_always_wins() -> None:
    shas = [fingerprint(text(*changed)).sha256 for changed in ((), (1,), (1, 2), (1, 2, 3))]
    apart = rules.split(shas[:2], shas[2:], in_force([]))
    together = rules.join(shas[:2], shas[2:], in_force(apart))

    def documents(*said: Rule) -> list[tuple[str, ...]]:
        mail = Mail(*said)
        for changed in ((), (1,), (1, 2), (1, 2, 3)):
            mail.send("Offer ACME.docx", text(*changed))
        return [document.versions for document in mail.library.documents.values()]

    assert documents() == [tuple(shas)]
    assert documents(*apart) == [tuple(shas[:2]), tuple(shas[2:])]
    assert documents(*apart, *together) == [tuple(shas)]
    again = rules.split(shas[:1], shas[1:], in_force([*apart, *together]))
    assert documents(*apart, *together, *again) == [tuple(shas[:1]), tuple(shas[1:])]


def test_a_person_can_join_what_nothing_else_joins_and_name_it() -> None:
    first, second = fingerprint(text()), fingerprint(text(start=5000))
    said = (Rule("must", first.sha256, second.sha256), Rule("title", first.sha256, value="The big offer"))
    mail = Mail(*said)
    mail.send("Offer ACME.docx", first, 1)
    mail.send("Quite another.xlsx", other(second, kind=Kind.XLSX), 2)
    mail.send("Unlike.docx", second, 2)
    assert mail.shown() == [["v1 first", "v2 edit"], ["v1 first"]]
    assert mail.library.documents[first.sha256].title == "The big offer"
    assert mail.library.versions[second.sha256].decided_by == "user"


def test_a_person_says_what_is_no_document_and_what_goes_to_everybody() -> None:
    first = fingerprint(text())
    assert not Mail(Rule("not_a_document", first.sha256)).send("logo.docx", first)
    assert Mail(Rule("not_a_document", first.sha256), Rule("document", first.sha256)).send("logo.docx", first)
    mail = Mail(Rule("scope", first.sha256, value=BROADCAST))
    mail.send("Price list.docx", first, 1)
    mail.send("Price list.docx", text(5), 2)
    assert mail.shown() == [["v1 first", "v2 edit"]]
    assert mail.library.documents[first.sha256].scope == BROADCAST


def test_every_reason_can_be_said() -> None:
    mail = Mail()
    mail.send("Offer ACME.docx", text())
    mail.send("Offer ACME v2.docx", text(3))
    said = reasons(mail.library.versions[mail.occurrences[1].sha256].evidence)
    assert [reason.english for reason in said][:2] == [
        "97 % of the text is the same",
        "the name is the same but for version, date and copy",
    ]
    assert all("%(" in sentence or "%" not in sentence for sentence in SENTENCES.values())


NAMES = st.sampled_from(
    ["Offer ACME.docx", "Offer ACME v2.docx", "КП.docx", "scan.pdf", "Price list.xlsx", "Счет 1043.pdf"]
)
CONTENTS = [
    *(fingerprint(text(*changed)) for changed in ((), (1,), (1, 2), (60,), (60, 61, 62))),
    *(fingerprint(text(*changed, start=1000), Kind.XLSX) for changed in ((), (4,))),
    *(other(fingerprint(text(*changed)), kind=Kind.PDF) for changed in ((), (1,))),
    other(fingerprint(text()), comments=frozenset({"a"})),
    Fingerprint("9" * 64, Kind.PDF, 10, pages=1),
]
EVENTS = st.lists(
    st.tuples(NAMES, st.integers(0, len(CONTENTS) - 1), st.frozensets(st.integers(1, 5), max_size=3), st.booleans()),
    max_size=14,
)
SAID = st.lists(
    st.tuples(
        st.sampled_from(["must", "cannot", "not_a_document", "document", "scope"]),
        st.integers(0, len(CONTENTS) - 1),
        st.integers(0, len(CONTENTS) - 1),
    ),
    max_size=5,
)


def _occurrences(events: Sequence[tuple[str, int, frozenset[int], bool]]) -> list[Occurrence]:
    return [
        Occurrence(
            START + timedelta(hours=n // 2), f"{n:03}", CONTENTS[at].sha256, name, n // 3, n % 4, clients, inbound
        )
        for n, (name, at, clients, inbound) in enumerate(events)
    ]


@settings(max_examples=150, deadline=None)
@given(EVENTS, SAID, st.randoms(use_true_random=False), st.integers(0, 14))
def test_a_rebuild_is_what_grew_day_by_day(
    events: list[tuple[str, int, frozenset[int], bool]],
    said: list[tuple[str, int, int]],
    chance: object,
    cut: int,
) -> None:
    made = [
        Rule(kind, CONTENTS[a].sha256, CONTENTS[b].sha256, BROADCAST if kind == "scope" else "")  # type: ignore[arg-type]
        for kind, a, b in said
    ]
    law, prints = Law(in_force(made)), {one.sha256: one for one in CONTENTS}
    occurrences = _occurrences(events)
    shuffled = list(occurrences)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    rebuilt = fold(shuffled, prints, law)
    grown = fold(occurrences[:cut], prints, law)
    for occurrence in occurrences[cut:]:
        grown.take(occurrence, prints[occurrence.sha256], law)
    assert grown == rebuilt
    _consistent(rebuilt, law)


def _consistent(library: Library, law: Law) -> None:
    """Every version is in the one document it names, after its parent; and nobody's word is broken."""
    placed = [sha for document in library.documents.values() for sha in document.versions]
    assert sorted(placed) == sorted(library.versions)
    for key, document in library.documents.items():
        assert document.versions
        assert {library.versions[sha].document for sha in document.versions} == {key}
        assert document.last == max(library.versions[sha].number for sha in document.versions)
        assert not any(law.rules.apart(sha, [o for o in document.versions if o != sha]) for sha in document.versions)
    assert law.rules.excluded.isdisjoint(library.versions)
    for version in library.versions.values():
        if version.parent and version.parent in library.versions:
            assert library.versions[version.parent].document == version.document
