"""A database with as many messages as wanted, written straight into the tables: for the pages, not for receiving.

Rows are made by the driver's executemany, 10,000 at a time; a million messages take a few minutes once and are then
kept in the cache folder of the benchmarks. Texts are short and come from a pool; words follow Zipf's law.
"""

import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from sqlalchemy import Connection

from bench import company, letters, maildir
from bench.company import Company
from mailcrm.crm.filing import number_from
from mailcrm.crm.words import Words, made_of
from mailcrm.store import search
from mailcrm.store.database import Database

OWN = Company(
    frozenset({letters.OWN_DOMAIN}),
    letters.STAFF,
    tuple(letters.client_domain(number) for number in range(1, letters.CLIENTS + 1)),
)
RARE = "quetzalcoatl"
"""A word that stands in ten messages, however many there are."""
_VERSION = 2
_BATCH = 10_000
_TEXTS = 3_000
_NEWEST = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_SPAN = timedelta(days=7 * 365)
_COLUMNS = {
    "thread": "id, subject, created_at",
    "message": "id, message_id, digest, header_sha256, raw_sha256, thread_id, at, header_date, subject, direction,"
    " author_id, kind, preview, has_html, size, attachment_count, security, in_reply_to, reference_ids, visibility,"
    " conflict, defects, created_at",
    "message_body": "message_id, text, reply_text",
    "message_copy": "message_id, mailbox_id",
    "message_address": "message_id, position, role, address_id, name, mailbox_id",
    "attachment": "message_id, position, path, sha256, filename, content_type, size, content_id, inline, hidden",
    "link": "message_id, client_id, rule, evidence, confidence, role, state, created_at",
    "entry": "client_id, at, kind, message_id, thread_id, direction, message_kind",
}


def loaded(count: int) -> Path:
    """The folder of a mailcrm with `count` messages; made where it is not there yet."""
    folder = maildir.CACHE / f"pages-{_VERSION}-{count}"
    if folder.exists():
        return folder
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    database = company.found(making, OWN)
    (making / "blobs").mkdir()
    _fill(database, count)
    database.close()
    making.rename(folder)
    return folder


def _fill(database: Database, count: int) -> None:
    draw = random.Random(11)
    texts = list(_texts(draw))
    with database.writing() as connection:
        _addresses(connection)
        search.bulk(connection, on=True)
    rollup: Counter[int] = Counter()
    for first in range(0, count, _BATCH):
        with database.writing() as connection:
            _batch(connection, draw, texts, range(first, min(count, first + _BATCH)), count, rollup)
    with database.writing() as connection:
        _roll_up(connection, rollup)
        search.bulk(connection, on=False)
        while search.merge(connection):
            pass
        connection.exec_driver_sql("ANALYZE")


def _texts(draw: random.Random) -> Iterator[tuple[str, str, Words]]:
    """Pairs of subject and text with their words, half of them Russian."""
    pool = letters.Letters(0, seed=draw.randrange(1 << 30))
    for number in range(_TEXTS):
        language = ("en", "ru")[number % 2]
        subject = pool.text(language, draw.randint(2, 7)).replace("\n", " ").strip(" .")
        text = pool.text(language, draw.randint(20, 90))
        yield subject, text, made_of(0, (subject, text), (), [], False)


def _addresses(connection: Connection) -> None:
    rows = [(1, letters.STAFF, letters.OWN_DOMAIN, "Anna Bench")]
    rows += [(n + 1, f"person@{domain}", domain, "A. Client") for n, domain in enumerate(OWN.client_domains, 1)]
    connection.exec_driver_sql("INSERT INTO mail_address (id, email, domain, name) VALUES (?, ?, ?, ?)", rows)


def _batch(
    connection: Connection, draw: random.Random, texts: list[tuple[str, str, Words]], numbers: range, count: int,
    rollup: Counter[int],
) -> None:  # fmt: skip
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _COLUMNS}
    words: list[Words] = []
    clients = draw.choices(range(1, letters.CLIENTS + 1), cum_weights=_WEIGHTS, k=len(numbers))
    for number, client in zip(numbers, clients, strict=True):
        moment = _NEWEST - _SPAN + _SPAN * (number / count)
        at, key = moment.strftime("%Y-%m-%d %H:%M:%S.000000"), number_from(moment) + number
        subject, text, known = texts[draw.randrange(len(texts))]
        if number % max(1, count // 10) == count // 20:
            text, known = f"{text} {RARE}", Words(0, known.subject, "", f"{known.body} {RARE}", "")
        _rows_of(rows, key, client, at, (subject, text), number)
        words.append(Words(key, known.subject, f"client{client}", known.body, known.files))
        rollup[client] += 1
    for name, columns in _COLUMNS.items():
        marks = ", ".join("?" * (columns.count(",") + 1))
        connection.exec_driver_sql(f"INSERT INTO {name} ({columns}) VALUES ({marks})", rows[name])
    search.index(connection, words)


def _rows_of(
    rows: dict[str, list[tuple[object, ...]]], key: int, client: int, at: str, texts: tuple[str, str], number: int
) -> None:
    subject, text = texts
    way = "out" if number % 5 < 2 else "in"
    sha = f"{number:064x}"
    rows["thread"].append((key, subject, at))
    rows["message"].append(
        (key, f"{number}@bench.test", sha, sha, sha, key, at, at, subject, way, 1 if way == "out" else None, "human",
         text[:240], 1, 9000, int(number % 5 == 0), "", "", "", 2, 0, "", at)
    )  # fmt: skip
    rows["message_body"].append((key, text, None))
    rows["message_copy"].append((key, 1))
    people = (1, client + 1) if way == "out" else (client + 1, 1)
    rows["message_address"] += [
        (key, place, role, person, "", None)
        for place, (role, person) in enumerate(zip(("from", "to"), people, strict=True))
    ]
    if number % 5 == 0:
        name = f"Offer {number % 997}.pdf"
        rows["attachment"].append((key, 0, "2", sha, name, "application/pdf", 50_000, "", 0, 0))
    rows["link"].append((key, client, "domain", "person", 0.8, "from", "active", at))
    rows["entry"].append((client, at, "message", key, key, way, "human"))


def _roll_up(connection: Connection, rollup: Counter[int]) -> None:
    at = _NEWEST.strftime("%Y-%m-%d %H:%M:%S.000000")
    rows: Sequence[tuple[object, ...]] = [(count, at, at, client) for client, count in rollup.items()]
    connection.exec_driver_sql(
        "UPDATE client SET message_count = ?, last_in_at = ?, last_out_at = ? WHERE id = ?", list(rows)
    )


_WEIGHTS = list(accumulate(1 / (rank + 5) for rank in range(letters.CLIENTS)))
