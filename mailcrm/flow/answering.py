"""What a message of a client answers: its facts from the database, the decision from `documents.answers`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from sqlalchemy import Connection

from mailcrm.crm.filing import ROBOTS
from mailcrm.documents.answers import RECENT, Base, Basis, Delivered, Reply, answer, numbers, signed_digests
from mailcrm.errors import NotFound
from mailcrm.net.blobs import BlobStore
from mailcrm.store import answering, fingerprints
from mailcrm.store.answering import Letter, Returned
from mailcrm.store.versions import evidence_of

_BASES = {str(basis): basis for basis in get_args(Basis)}
_LIKENESS = 0.8
_STEPS = 10
"""So many files of a client are followed back to what we sent."""
_SIGNATURE = 1 << 20
"""Bytes of a detached signature that are read."""


def answer_message(connection: Connection, blobs: BlobStore, message_id: int) -> int:
    """Decide anew what a message answers; returns how many versions. Only clients' messages answer."""
    letter = answering.letter(connection, message_id)
    if letter is None:
        return 0
    found = _answers(connection, blobs, letter) if letter.direction == "in" and letter.clients else []
    answering.replace_answers(connection, message_id, found)
    return len(found)


def _answers(connection: Connection, blobs: BlobStore, letter: Letter) -> list[dict[str, Any]]:
    if letter.kind in ROBOTS:
        return []
    parts = answering.returned(connection, letter.id)
    signed = frozenset[str]().union(*(_signed(blobs, one.sha256) for one in parts if one.role == "signature"))
    bases = tuple(base for one in parts if one.role == "document" for base in _bases(connection, one))
    near = answering.documents_near(connection, letter, {*signed, *(base.sha for base in bases)}, RECENT)
    if not near:
        return []
    delivered = _with_numbers(connection, letter, answering.delivered(connection, letter, near))
    reply = Reply(letter.at, letter.author, letter.subject, letter.text, letter.ancestors, bases, signed)
    ids = {one.sha: number for number, some in delivered.items() for one in some}
    return [
        {
            "version_id": ids[one.sha],
            "basis": one.basis,
            "confidence": one.confidence,
            "decided_by": "proof" if one.confidence == 1.0 else "auto",
            "newest": one.newest,
            "stale": one.stale,
        }
        for one in answer(reply, [one for some in delivered.values() for one in some])
    ]


def _bases(connection: Connection, part: Returned) -> list[Base]:
    """The versions that a returned file is or was made from, perhaps by way of other files of the client.

    It is certain where every step is proved.
    """
    found = [Base(part.sha256, "same_file", 1.0)]
    step, basis = part, "same_file"
    for _ in range(_STEPS):
        if not (step.theirs and step.parent):
            break
        proofs = [one.name.removeprefix("proof_") for one in evidence_of(step.evidence) if "proof_" in one.name]
        certain = bool(proofs) and step.decided_by == "proof" and basis != "likeness"
        basis = (proofs[0] if step is part else basis) if certain else "likeness"
        found.append(Base(step.parent, _BASES[basis], 1.0 if certain else _LIKENESS))
        step = answering.made_from(connection, step.parent)
    return found


def _signed(blobs: BlobStore, sha: str) -> frozenset[str]:
    try:
        with blobs.open(sha) as stream:
            return signed_digests(stream.read(_SIGNATURE))
    except NotFound:
        return frozenset()


def _with_numbers(
    connection: Connection, letter: Letter, delivered: Mapping[int, Sequence[Delivered]]
) -> dict[int, list[Delivered]]:
    """The deliveries, each with the numbers that stand in its version and in no other of its document; where the reply
    quotes no number they do not matter."""
    if not numbers(letter.text):
        return {number: list(some) for number, some in delivered.items()}
    texts = fingerprints.texts(connection, delivered)
    said = {number: numbers(texts.get(number, "")) for number in delivered}
    found: dict[int, list[Delivered]] = {}
    for number, some in delivered.items():
        others = [
            said[other]
            for other, them in delivered.items()
            if them[0].document == some[0].document and them[0].number != some[0].number
        ]
        own = said[number].difference(*others)
        found[number] = [replace(one, numbers=own) for one in some]
    return found
