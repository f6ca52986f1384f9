# ruff: noqa: E501  (the letters are as long as people write them)
"""Documents of the invented company: an offer in three versions that a client answered, a sheet, a PDF, a hostile name.

The letters go through the code of the product; what became of their attachments is set down here, so that the pages
are tested on facts that are known and not on what lineage makes of them.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, text
from sqlmodel import col

from mailcrm.model import Answer, Blob, Document, Message, Occurrence, Sending, Suggestion, Version
from mailcrm.net.blobs import open_blobs
from mailcrm.store.rows import insert
from tests.net.extract.files import docx, pdf, xlsx
from tests.web.company import ANNA, BORIS, Company, letter

TESS, GREG = "Tess Marlow <tess@brightwater.example>", "Greg Hale <greg@brightwater.example>"
HOSTILE = '=cmd|" /C calc"!A0 <svg/onload=alert(1)> \u202eexe.docx'
_TERMS = [
    "Offer for Brightwater Utilities",
    "We offer pumps and valves for the station at Brightwater as discussed in our meeting.",
    "The total of this offer is 120 000 EUR without tax.",
    "Delivery takes 30 days from the date of the order.",
    *(f"Clause {n}: the supplier delivers the goods named in line {n} of the list to the site." for n in range(1, 13)),
    "Payment is due within 14 days of the invoice.",
]


def contents() -> dict[str, bytes]:
    """The files by name."""
    second = [line.replace("120 000", "114 500").replace("30 days", "45 days") for line in _TERMS]
    third = [line for line in second if not line.startswith("Clause 9")]
    returned = [line.replace("14 days", "30 days") for line in second]
    rows = [["Article", "Price"], ["Valve DN50", "84"], ["Valve DN80", "112.50"]]
    return {
        "Offer Brightwater.docx": docx(_TERMS),
        "Offer Brightwater v2.docx": docx(second),
        "Offer Brightwater v2 TM.docx": docx(returned, comments=[("Tess Marlow", "Can you do 30 days?")]),
        "Offer Brightwater v3.docx": docx(third),
        "Offer Brightwater v3.pdf": pdf(third),
        "Prices.xlsx": xlsx({"Valves": rows}),
        "Prices 2.xlsx": xlsx({"Valves": [*rows[:1], ["Valve DN50", "86"], *rows[2:], ["Valve DN100", "140"]]}),
        HOSTILE: b"PK\x03\x04 this is no Word file",
        "Secret plan.docx": docx(["Nobody but the partners may read this plan."]),
    }


def lay(company: Company) -> None:
    """Deliver the letters and set down what their attachments are."""
    files, days = contents(), iter(range(20, 0, -1))
    names = list(files)

    def send(who: str, sender: str, to: str, subject: str, words: str, *attached: str, **more: object) -> int:
        chosen = {name: files[name] for name in attached}
        at = timedelta(days=next(days))
        return company.number(company.deliver(who, letter(sender, to, subject, words, files=chosen, **more), at))

    both = f"{TESS}, {GREG}"
    sent = [
        send("anna", ANNA, both, "Offer for the station", "Our offer is attached.", names[0], names[5]),
        send("anna", ANNA, both, "Offer for the station, revised", "The revised offer.", names[1], names[6]),
        send("anna", ANNA, TESS, "Offer for the station, third", "The third.", names[3], names[4], Bcc="hidden@fontaine.example"),
        send("anna", TESS, ANNA, "Re: Offer for the station, revised", "My remarks are inside.", names[2]),
        send("anna", GREG, ANNA, "A strange file", "See the file.", names[7]),
        send("boris", BORIS, "Jan <jan@kowalski.example>", "Plan", "For you alone.", names[8]),
    ]  # fmt: skip
    _set_down(company, files, sent)


def _set_down(company: Company, files: dict[str, bytes], sent: list[int]) -> None:
    store = open_blobs(company.site().blobs)
    names = list(files)
    kinds = ["docx", "docx", "docx", "docx", "pdf", "xlsx", "xlsx", "other", "docx"]
    with company.db.writing() as connection:
        ids: list[int] = []
        for name, kind in zip(names, kinds, strict=True):
            data = files[name]
            sha = store.keep(data)
            state = {"state": "failed", "reason": "broken"} if name == HOSTILE else {"state": "extracted", "reason": ""}
            insert(connection, Blob, [{"sha256": sha, "kind": kind, "size": len(data), **state}])
            ids.append(connection.execute(text("SELECT max(id) FROM blob")).scalar_one())
        store.flush()
        why = json.dumps(
            [
                ["text_alike", 3.2, [["percent", "92"]], False],
                ["name_equal", 2.0, [], False],
                ["created", -1.0, [], False],
            ]
        )
        book = _Book(
            company, connection, {name: hashlib.sha256(files[name]).hexdigest() for name in names}, names, ids, why
        )
        offer, sheet = ids[0], ids[5]
        book.document(offer, "Offer Brightwater", "docx", 3)
        book.version(0, offer, 1, "first", None, sent[0], "2")
        book.version(1, offer, 2, "edit", 0, sent[1], "2", changes=2)
        book.version(3, offer, 3, "edit", 1, sent[2], "2", changes=1)
        book.version(4, offer, 3, "rendition", 3, sent[2], "3")
        book.version(2, offer, 4, "commented", 1, sent[3], "2", theirs=True, changes=1)
        book.document(sheet, "Prices", "xlsx", 2)
        book.version(5, sheet, 1, "first", None, sent[0], "3")
        book.version(6, sheet, 2, "edit", 5, sent[1], "3")
        book.document(ids[7], HOSTILE, "other", 1)
        book.version(7, ids[7], 1, "first", None, sent[4], "2", theirs=True)
        book.document(ids[8], "Secret plan", "docx", 1)
        book.version(8, ids[8], 1, "first", None, sent[5], "2")
        insert(
            connection,
            Answer,
            [
                {
                    "message_id": sent[3],
                    "version_id": ids[1],
                    "basis": "comments",
                    "confidence": 1.0,
                    "decided_by": "proof",
                    "newest": 3,
                    "stale": True,
                }
            ],
        )
        insert(
            connection,
            Suggestion,
            [
                {
                    "version_id": ids[7],
                    "position": 0,
                    "document_id": offer,
                    "parent_id": ids[3],
                    "score": 0.4,
                    "evidence": why,
                    "state": "open",
                }
            ],
        )
    wanted = (("offer", offer), ("sheet", sheet), ("hostile", ids[7]), ("secret", ids[8]), ("pdf", ids[4]))
    company.documents.update(wanted)


@dataclass
class _Book:
    """Sets down documents, versions, where they occurred and to whom they went."""

    company: Company
    connection: Connection
    shas: dict[str, str]
    names: list[str]
    ids: list[int]
    why: str
    position: int = 0

    def document(self, number: int, title: str, kind: str, last: int) -> None:
        client = self.company.clients["Brightwater Utilities"]
        row = {
            "id": number,
            "sha256": self.shas[self.names[self.ids.index(number)]],
            "scope": f"client:{client}",
            "title": title,
        }
        more = {"title_key": title.casefold(), "kind": kind, "last": last, "size": last, "pinned": False}
        insert(self.connection, Document, [{**row, **more}])

    def version(
        self,
        which: int,
        document: int,
        number: int,
        relation: str,
        parent: int | None,
        message: int,
        path: str,
        theirs: bool = False,
        changes: int | None = None,
    ) -> None:
        connection, blob = self.connection, self.ids[which]
        columns: Any = (Message.at, Message.thread_id)
        at, thread = connection.execute(select(*columns).where(col(Message.id) == message)).one()
        self.position += 1
        row = {
            "id": blob,
            "sha256": self.shas[self.names[which]],
            "document_id": document,
            "position": self.position,
            "number": number,
        }
        more = {
            "relation": relation,
            "parent_id": None if parent is None else self.ids[parent],
            "theirs": theirs,
            "at": at,
        }
        last = {
            "evidence": self.why if parent is not None else "",
            "score": 5.0,
            "decided_by": "auto",
            "changes": changes,
        }
        insert(connection, Version, [{**row, **more, **last}])
        seen = {"message_id": message, "path": path, "blob_id": blob, "name": self.names[which], "role": "document"}
        insert(
            connection, Occurrence, [{**seen, "thread_id": thread, "clients": "", "inbound": theirs, "placed": True}]
        )
        query = f"SELECT address_id, role, mailbox_id FROM message_address WHERE message_id = {message} AND role IN ('to', 'cc', 'bcc')"
        went = [
            {"message_id": message, "blob_id": blob, "address_id": address, "role": role, "mailbox_id": mailbox if role == "bcc" else None,
             "direction": "in" if theirs else "out", "at": at, "bounced": False}
            for address, role, mailbox in connection.execute(text(query))
        ]  # fmt: skip
        insert(connection, Sending, went)
