"""Which version did they answer."""

from datetime import datetime, timedelta

import pytest

from mailcrm.documents.answers import Base, Delivered, Reply, answer, base_version, numbers, signed_digests
from mailcrm.documents.names import name_key
from mailcrm.documents.values import Fingerprint, Kind, Known
from tests.documents.test_lineage import other, text
from tests.documents.twins import START, fingerprint

SAVES = [f"00AA{n:04}" for n in range(200)]


def known(content: Fingerprint, hours: int = 0, inbound: bool = False) -> Known:
    """A content as it is known after it occurred once."""
    return Known(content, (name_key("Offer.docx"),), at(hours), inbound=inbound, sent=not inbound)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def saved(changed: tuple[int, ...], saves: int) -> Fingerprint:
    """A Word file with so many save ids."""
    return other(fingerprint(text(*changed)), rsids=frozenset(SAVES[:saves]), rsid_root=SAVES[0])


V1, V2, V3 = saved((), 20), saved((1,), 30), saved((1, 2), 40)
SENT = [known(V1, 1), known(V2, 2), known(V3, 3)]


@pytest.mark.parametrize(
    ("returned", "basis"),
    [
        (other(V1, stamp="s"), "stamp"),
        (Fingerprint("1" * 64, Kind.PDF, prefixes=frozenset({V1.sha256})), "prefix"),
        (other(saved((7,), 60), original_sha=V1.text_sha, changes=3), "original_text"),
        (other(V1, comments=frozenset({"a"}), rsids=frozenset(SAVES[:60])), "comments"),
    ],
)
def test_proofs_name_the_version_whatever_else_was_sent(returned: Fingerprint, basis: str) -> None:
    sent = [known(other(V1, stamp="s") if basis == "stamp" else V1, 1), *SENT[1:]]
    sent[0] = known(other(V1, stamp="s", title="sent"), 1) if basis == "stamp" else sent[0]
    found = base_version(known(returned, 9, inbound=True), sent, {})
    assert found == Base(sent[0].sha, basis, 1.0)  # type: ignore[arg-type]
    assert found is not None
    assert found.proved


def test_without_a_proof_save_ids_and_text_decide() -> None:
    silent_edit_of_v1 = other(saved((50,), 20), rsids=frozenset([*SAVES[:20], "FFFF0001"]))
    found = base_version(known(silent_edit_of_v1, 9, inbound=True), SENT, {})
    assert found is not None
    assert (found.sha, found.basis, found.proved) == (V1.sha256, "likeness", False)
    edit_of_v3 = other(saved((1, 2, 50), 40), rsids=frozenset([*SAVES[:40], "FFFF0001"]))
    assert base_version(known(edit_of_v3, 9, inbound=True), SENT, {}) == Base(V3.sha256, "likeness", 0.8)
    assert base_version(known(edit_of_v3, 9), [], {}) is None


def test_a_detached_signature_names_what_it_signed() -> None:
    attribute = bytes.fromhex("06092a864886f70d01090431220420") + bytes(range(32))
    assert signed_digests(b"\x30\x82" + attribute + b"rest") == {bytes(range(32)).hex()}
    assert signed_digests(attribute[:-1]) == frozenset()


def delivered(version: int, message: int, hours: int, document: str = "offer", **changes: object) -> Delivered:
    """A version that went to Vera."""
    values = {
        "sha": f"{document}{version}",
        "document": document,
        "number": version,
        "message": message,
        "at": at(hours),
        "to": frozenset({"vera@acme.example"}),
        "subject": "offer",
        "key": name_key(f"{document} acme.docx"),
    }
    return Delivered(**(values | changes))  # type: ignore[arg-type]


def reply(words: str = "ok", *ancestors: int, **changes: object) -> Reply:
    """A message of Vera a hundred hours later."""
    values = {"at": at(100), "author": "vera@acme.example", "subject": "offer", "text": words, "ancestors": ancestors}
    return Reply(**(values | changes))  # type: ignore[arg-type]


def test_a_reply_answers_what_the_message_carried_and_is_stale_after_a_later_version() -> None:
    sent = [delivered(1, 11, 1), delivered(2, 12, 2), delivered(3, 13, 3)]
    (found,) = answer(reply("agreed", 12, 11), sent)
    assert (found.sha, found.basis, found.confidence, found.stale, found.newest) == ("offer2", "thread", 0.95, True, 3)
    (last,) = answer(reply("agreed", 13), sent)
    assert not last.stale
    (through,) = answer(reply("agreed", 99, 12), sent)
    assert through.sha == "offer2"


def test_what_was_sent_after_the_reply_does_not_count() -> None:
    assert answer(reply("ok", 12, at=at(1)), [delivered(2, 12, 2)]) == ()


def test_a_returned_file_beats_the_thread() -> None:
    sent = [delivered(1, 11, 1), delivered(2, 12, 2)]
    (found,) = answer(reply("see mine", 12, returned=(Base("offer1", "original_text", 1.0),)), sent)
    assert (found.sha, found.basis, found.confidence, found.stale) == ("offer1", "original_text", 1.0, True)
    (signed,) = answer(reply("signed", 12, signed=frozenset({"offer1"})), sent)
    assert (signed.sha, signed.basis) == ("offer1", "digest")


def test_words_and_numbers_choose_among_documents_and_versions() -> None:
    both = [delivered(1, 11, 1, "offer"), delivered(1, 11, 1, "contract")]
    assert [one.document for one in answer(reply("The contract acme is fine", 11), both)] == ["contract"]
    assert {one.document for one in answer(reply("All is fine", 11), both)} == {"offer", "contract"}
    versions = [delivered(1, 11, 1, numbers=frozenset({"120000"})), delivered(2, 12, 2, numbers=frozenset({"114500"}))]
    assert [one.sha for one in answer(reply("We take v1 after all", 12), versions)] == ["offer1"]
    assert [one.sha for one in answer(reply("120 000 было лучше", 12), versions)] == ["offer1"]
    assert [one.basis for one in answer(reply("версия 1 подходит", 12), versions)] == ["named"]


def test_without_references_the_last_delivery_under_the_subject_counts_for_a_month() -> None:
    sent = [delivered(1, 11, 1), delivered(2, 12, 2)]
    (found,) = answer(reply("thanks"), sent)
    assert (found.sha, found.basis, found.confidence) == ("offer2", "recent", 0.6)
    assert answer(reply("thanks", at=at(24 * 40)), sent) == ()
    assert answer(reply("thanks", subject="other"), sent) == ()
    assert answer(reply("thanks", author="ivan@acme.example"), sent) == ()
    assert answer(reply("thanks", 77), sent) == ()


def test_automatic_messages_never_answer() -> None:
    assert answer(reply("I am away", 11, automatic=True), [delivered(1, 11, 1)]) == ()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("114 500,00 рублей", {"114500.00"}),
        ("1,250.50 EUR", {"1250.50"}),
        ("120 000", {"120000"}),
        ("1.250 €", {"1250"}),
        ("v2 of 3", set()),
        ("45", set()),
    ],
)
def test_numbers_are_told_apart_from_how_they_are_written(words: str, found: set[str]) -> None:
    assert numbers(words) == found
