"""Shelf: the rows of one transaction, collected message by message and then written in bulk."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailcrm.crm.filing import ROBOTS
from mailcrm.crm.match import Decision, Found
from mailcrm.crm.words import Words
from mailcrm.flow.intake import Intake
from mailcrm.mail.message import Attachment, Kind, ParsedMessage
from mailcrm.mail.thread import key
from mailcrm.model import Attachment as AttachmentRow
from mailcrm.model import (
    Entry,
    Link,
    Message,
    MessageAddress,
    MessageBody,
    MessageCopy,
    Thread,
    ThreadReference,
    Triage,
)
from mailcrm.store import document_work, ledger, links, messages, search, standing, triage
from mailcrm.store.rows import insert, insert_missing

Row = dict[str, Any]


@dataclass
class Shelf:
    """Rows by table, in the order in which they must be written."""

    threads: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    bodies: list[Row] = field(default_factory=list)
    copies: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    attachments: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    references: list[Row] = field(default_factory=list)
    owned: list[Row] = field(default_factory=list)
    wishes: list[tuple[int, Found]] = field(default_factory=list)
    """Links that somebody asked for outright on a further copy of a stored message."""
    placements: list[Row] = field(default_factory=list)
    traces: list[dict[str, int]] = field(default_factory=list)
    triage: list[Row] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    joins: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    seen_again: list[int] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    reports: list[Row] = field(default_factory=list)
    """Of bounces: which message nobody got."""
    fresh: list[tuple[Row, Intake]] = field(default_factory=list)
    """The messages that are new, with what was read of them."""

    def add_people(self, message: int, people: list[tuple[str, str, str]], mailbox: int, first: int = 0) -> None:
        """Who took part in a message, numbered from `first`; a Bcc belongs to the copy that shows it."""
        for position, (role, email, name) in enumerate(people, first):
            self.names.setdefault(email, name)
            self.people.append(
                {
                    "message_id": message,
                    "position": position,
                    "role": role,
                    "email": email,
                    "name": name,
                    "mailbox_id": mailbox if role == "bcc" else None,
                }
            )

    def add_attachments(self, message: int, attachments: tuple[Attachment, ...]) -> None:
        """The parts of a message that have bytes of their own."""
        self.attachments.extend(
            {
                "message_id": message,
                "position": position,
                "path": a.path,
                "sha256": a.sha256,
                "filename": a.filename,
                "content_type": a.content_type,
                "size": a.size,
                "content_id": a.content_id,
                "inline": a.inline,
                "hidden": a.hidden,
            }
            for position, a in enumerate(attachments)
        )

    def add_links(self, row: Row, decision: Decision, now: datetime) -> None:
        """The links of a message to its clients, and an entry on the timeline of each."""
        for found in decision.found:
            self.links.append(
                {
                    "message_id": row["id"],
                    "client_id": found.client,
                    "rule": found.rule,
                    "evidence": found.evidence,
                    "confidence": found.confidence,
                    "role": found.role,
                    "state": "suggested" if found.suggested else "active",
                    "created_at": now,
                }
            )
            if not found.suggested:
                self.entries.append(entry(found.client, row))

    def add_body(self, message: int, parsed: ParsedMessage) -> None:
        """The text, and the new words where they differ from it."""
        reply = None if parsed.reply_text == parsed.text else parsed.reply_text
        self.bodies.append({"message_id": message, "text": parsed.text, "reply_text": reply})

    def add_report(self, message: int, parsed: ParsedMessage) -> None:
        """What a bounce says for good of a message of ours."""
        report = parsed.bounce
        if parsed.kind is Kind.BOUNCE and report and report.hard and report.original_message_id:
            self.reports.append({"message_id": message, "original": key(report.original_message_id)})

    def add_references(self, message: int, thread: int, own: tuple[str, ...], referred: tuple[str, ...]) -> None:
        """The ids that lead to this message's thread: its own, and those it refers to."""
        self.owned.extend({"reference": one, "message_id": message} for one in own)
        owner: dict[str, int | None] = {**dict.fromkeys(referred), **dict.fromkeys(own, message)}
        self.references.extend({"reference": r, "thread_id": thread, "message_id": m} for r, m in owner.items())

    def rename_thread(self, old: tuple[int, ...], new: int) -> None:
        """Threads that were joined: change the rows that are still on the shelf."""
        self.joins.append((new, old))
        for rows in (self.messages, self.entries, self.references):
            for row in rows:
                if row["thread_id"] in old:
                    row["thread_id"] = new
        self.threads = [row for row in self.threads if row["id"] not in old]

    def write(self, connection: Connection, now: datetime) -> None:
        """Put everything into the database, parents first."""
        insert_missing(connection, Thread, self.threads)
        insert(connection, Message, self.messages)
        insert(connection, MessageBody, self.bodies)
        insert_missing(connection, MessageCopy, self.copies)
        self._write_people(connection)
        insert(connection, AttachmentRow, self.attachments)
        insert_missing(connection, Link, self.links)
        insert_missing(connection, Entry, self.entries)
        insert_missing(connection, ThreadReference, self.references)
        messages.own_references(connection, self.owned)
        for thread, others in self.joins:
            messages.join_threads(connection, thread, others)
        messages.count_for_clients(connection, roll_up(self.entries))
        ledger.update_placements(connection, self.placements)
        ledger.add_traces(connection, self.traces)
        insert_missing(connection, Triage, self.triage)
        triage.settle_stored(connection, [row["id"] for row in self.placements if row["message_id"]], now)
        links.add_found(connection, self.wishes, now)
        document_work.enqueue(connection, self._for_documents())
        self._write_standing(connection)
        search.index(connection, sorted(self.words, key=lambda w: w.message_id))

    def _write_standing(self, connection: Connection) -> None:
        fresh = [row["id"] for row in self.messages]
        standing.add_reports(connection, self.reports)
        standing.enqueue(connection, fresh)
        standing.enqueue_reported(connection, [row["original"] for row in self.reports])
        standing.enqueue_people(connection, [row["id"] for row in self.messages if not row["reference_ids"]])

    def _for_documents(self) -> list[int]:
        """What the documents step looks at: messages with files, and those that may answer or report something."""
        carrying = {row["message_id"] for row in self.attachments}
        return [row["id"] for row in self.messages if row["direction"] == "in" or row["id"] in carrying]

    def _write_people(self, connection: Connection) -> None:
        numbers = messages.address_numbers(connection, self.names)
        for row in self.people:
            row["address_id"] = numbers[row.pop("email")]
        insert_missing(connection, MessageAddress, self.people)


def entry(client: int, row: Row) -> Row:
    """The timeline entry of a message (its row) for one client."""
    return {
        "client_id": client,
        "at": row["at"],
        "kind": "message",
        "message_id": row["id"],
        "thread_id": row["thread_id"],
        "direction": row["direction"],
        "message_kind": row["kind"],
    }


def roll_up(entries: list[Row]) -> list[Row]:
    """Per client: how many entries more, the last in and the last out; robots' mail moves no date."""
    clients: dict[int, Row] = defaultdict(lambda: {"count": 0, "last_in": None, "last_out": None})
    for row in entries:
        client = clients[row["client_id"]]
        client["count"] += 1
        slot = {"in": "last_in", "out": "last_out"}.get(row["direction"])
        if slot and row["message_kind"] not in ROBOTS:
            client[slot] = max(filter(None, (client[slot], row["at"])))
    return [{"client": client, **values} for client, values in clients.items()]
