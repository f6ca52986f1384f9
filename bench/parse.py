"""Parsing and matching one message on one core: mailcrm against mail-parser alone and the standard library."""

import email
import email.policy
import time
from collections.abc import Callable

import mailparser

from bench import letters, maildir, measure
from bench.letters import Letter, Letters
from mailcrm.crm.domains import lineage
from mailcrm.crm.explicit import Explicit
from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.crm.match import Company, Directory, decide
from mailcrm.crm.words import words
from mailcrm.mail import parse
from mailcrm.mail.message import ParsedHeaders

_SECONDS = 0.7
_COMPANY = Company(
    frozenset({letters.OWN_DOMAIN}), {letters.STAFF: 1}, frozenset(FREE_MAIL), frozenset()
)  # fmt: skip
_DIRECTORY = Directory(
    domains={letters.client_domain(number): frozenset({number}) for number in range(1, letters.CLIENTS + 1)}
)


def run(count: int = 400) -> str:
    """Measure every way on every class; the result as a section in Markdown, in messages a second."""
    written = list(Letters(count, seed=3).write())
    mixed: list[Letter | None] = [None]
    classes = [*mixed, *(kind for kind, _ in letters.SHARES)]
    ways = {
        "**mailcrm**: everything": parse.message,
        "**mailcrm**: everything, words of the index, match": _all_of_it,
        "**mailcrm**: headers only": lambda raw: parse.headers(_head(raw)),
        "**mailcrm**: headers and match": lambda raw: _match(parse.headers(_head(raw))),
        "mail-parser alone, the same values": _mail_parser,
        "standard library, policy.default": lambda raw: _walk(email.message_from_bytes(raw, policy=_DEFAULT)),
        "standard library, compat32": lambda raw: _walk(email.message_from_bytes(raw)),
    }
    rows = []
    for name, way in ways.items():
        samples = [[letter.raw for letter in written if kind in (None, letter.kind)] for kind in classes]
        rows.append((name, *(_rate(way, sample) for sample in samples)))
    files = sorted((maildir.CACHE).glob("usrp-users-2021-*/*/*"))[:count]
    head = ["way", "mixed", *(kind for kind, _ in letters.SHARES)]
    if files:
        raws = [path.read_bytes() for path in files]
        rows = [(*row, _rate(way, raws)) for row, way in zip(rows, ways.values(), strict=True)]
        head.append("usrp-users")
    return f"## Parse and match: messages a second on one core\n\n{measure.table(head, rows)}\n"


def _rate(way: Callable[[bytes], object], raws: list[bytes]) -> float:
    """Messages per second of CPU."""
    for raw in raws[:50]:
        way(raw)
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < _SECONDS:
        for raw in raws[:100]:
            way(raw)
        done += len(raws[:100])
    return done / spent


def _head(raw: bytes) -> bytes:
    return raw[: raw.find(b"\n\n") + 2]


def _match(headers: ParsedHeaders) -> object:
    for one in headers.participants:
        lineage(one.domain)
    return decide(headers, _COMPANY, _DIRECTORY, Explicit())


def _all_of_it(raw: bytes) -> object:
    parsed = parse.message(raw)
    words(0, parsed)
    return _match(parsed.headers)


def _mail_parser(raw: bytes) -> object:
    found = mailparser.parse_from_bytes(raw)
    people = (found.from_, found.to, found.cc, found.reply_to, found.bcc)
    bodies = (found.text_plain, found.text_html, [one["payload"] for one in found.attachments])
    return people, bodies, found.subject, found.date, found.message_id, found.headers


def _walk(message: email.message.Message) -> object:
    names = ("From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References")
    fields = [str(message[name]) for name in names if message[name]]
    return fields, [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]


_DEFAULT = email.policy.default
