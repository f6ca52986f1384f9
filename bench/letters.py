"""Letters: generated mail of a firm and its clients, the same for the same seed.

70 % text and HTML (3 to 15 KB), 20 % with attachments (30 to 400 KB), 10 % tiny; Russian and English; new letters
and answers with quotes; every message concerns a known client. Words follow Zipf's law, so that search meets both
words that stand everywhere and words that stand once.
"""

import base64
import quopri
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from itertools import accumulate
from typing import Literal

OWN_DOMAIN = "bench-firm.test"
STAFF = f"anna@{OWN_DOMAIN}"
CLIENTS = 400
EVERYWHERE = {"en": "the", "ru": "и"}
COMMON = {"en": "delivery", "ru": "поставка"}
"""A word of content that stands in most messages of its language."""
Class = Literal["tiny", "text", "attachment"]
SHARES: tuple[tuple[Class, float], ...] = (("tiny", 0.1), ("text", 0.7), ("attachment", 0.2))

_BEGIN = datetime(2019, 1, 7, 8, 0, tzinfo=UTC)
_END = datetime(2025, 12, 20, 18, 0, tzinfo=UTC)
_FUNCTION = {
    "en": "the of and to in we for you is on with that your please by from as be at this are it our will can",
    "ru": "и в на не что мы вы по с к за для из от вам нас как это до но при если будет также можно",
}
_CONTENT = {
    "en": "delivery price order invoice contract offer payment terms document discount week sample answer",
    "ru": "поставка цена заказ счёт договор предложение оплата условия документ скидка неделя образец ответ",
}
_SYLLABLES = {
    "en": "ab ac ad al am an ar be ca ce co con de di do el en er fa fi for gen in ing ion le li ma men mi mo na ne "
    "no or per pla po pre pro ra re ri ro sa se si so sta ta te ti tion to tra un ur va ve vi",
    "ru": "ба ва ве во го да де до ем ен ер же за зи ка ке ко кра ла ле ли ло ма ме ми мо на не ни но об ов ол ом па "
    "пе по пра пре про ра ре ри ро са се си ско сти та те ти то тор ук ус фи ци ча ше",
}
_ENDINGS = {"en": ["", "s", "ed", "ing"], "ru": ["", "а", "ы", "ом", "ах", "ный", "ного", "ить"]}
_SIGNATURE = (
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={}; s=mail;\n\t"
    "h=from:to:subject:date:message-id:mime-version;\n\tbh={:064x};\n\tb={:0256x}"
)
_FILES = ("Offer {n}.pdf", "Price list {n}.xlsx", "Договор {n}.docx", "Коммерческое предложение {n}.pdf", "scan{n}.jpg")
_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "jpg": "image/jpeg",
}


def client_domain(number: int) -> str:
    """The domain of a client, numbered from 1."""
    return f"client{number}.test"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: its bytes (LF line ends, as a Maildir has them), whether staff wrote it, and what it is."""

    raw: bytes
    sent: bool
    kind: Class
    at: datetime


@dataclass
class Letters:
    """A generator of letters; `write` makes them one after the other, oldest first."""

    count: int
    seed: int = 7
    _random: random.Random = field(init=False)
    _words: dict[str, tuple[list[str], list[float]]] = field(init=False)
    _open: list[tuple[str, list[str], int, str]] = field(default_factory=list)
    """Threads that may still be answered: subject, ids so far, client, language."""
    _shared: list[tuple[str, bytes]] = field(default_factory=list)
    """Attachments that are sent again and again, as price lists are."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._words = {language: _vocabulary(self._random, language) for language in ("en", "ru")}

    def write(self) -> Iterator[Letter]:
        """All letters."""
        step = (_END - _BEGIN) / max(1, self.count)
        kinds = [kind for kind, _ in SHARES]
        weights = [share for _, share in SHARES]
        for number in range(self.count):
            kind = self._random.choices(kinds, weights)[0]
            yield self._letter(number, kind, _BEGIN + step * number)

    def _letter(self, number: int, kind: Class, at: datetime) -> Letter:
        draw = self._random
        sent = draw.random() < 0.4
        answers = bool(self._open) and draw.random() < 0.45
        if answers:
            subject, references, client, language = self._open[-1 - int(draw.expovariate(0.02)) % len(self._open)]
            subject = subject if subject.startswith("Re: ") else "Re: " + subject
        else:
            client = min(CLIENTS, 1 + int(draw.expovariate(6 / CLIENTS)))
            language = draw.choice(("en", "ru"))
            subject, references = self.text(language, draw.randint(2, 8)).rstrip(".\n"), []
        own = f"{number}.{draw.getrandbits(48):x}@{OWN_DOMAIN if sent else client_domain(client)}"
        if answers:
            references.append(own)
        else:
            self._open.append((subject, [own], client, language))
            del self._open[:-400]
        people = self._people(client, sent)
        head = self._head(own, people, subject, references[:-1][-12:] if answers else [], at)
        return Letter(head + self._body(kind, language, answers), sent, kind, at)

    def _people(self, client: int, sent: bool) -> tuple[str, str, str]:
        draw = self._random
        other = f'"{draw.choice("ABCDEFGH")}. Client" <person{draw.randint(1, 9)}@{client_domain(client)}>'
        staff = f'"Anna Bench" <{STAFF}>'
        copy = f"person{draw.randint(10, 14)}@{client_domain(client)}" if draw.random() < 0.3 else ""
        return (staff, other, copy) if sent else (other, staff, copy)

    def _head(self, own: str, people: tuple[str, str, str], subject: str, references: list[str], at: datetime) -> bytes:
        draw = self._random
        encoded = subject if subject.isascii() else Header(subject, "utf-8").encode()
        lines = [
            f"Return-Path: <bounce@{own.partition('@')[2]}>",
            *(
                f"Received: from mx{hop}.relay.test (mx{hop}.relay.test [192.0.2.{hop}])\n\tby mail{hop}.{OWN_DOMAIN}"
                f" (Postfix) with ESMTPS id {draw.getrandbits(40):010X}\n\tfor <{STAFF}>; {format_datetime(at)}"
                for hop in range(draw.randint(1, 4))
            ),
            _SIGNATURE.format(own.partition("@")[2], draw.getrandbits(256), draw.getrandbits(1024)),
            f"From: {people[0]}",
            f"To: {people[1]}",
            *([f"Cc: {people[2]}"] if people[2] else []),
            f"Subject: {encoded}",
            f"Date: {format_datetime(at + timedelta(seconds=draw.randint(0, 900)))}",
            f"Message-ID: <{own}>",
            *([f"In-Reply-To: <{references[-1]}>"] if references else []),
            *(["References: " + "\n\t".join(f"<{one}>" for one in references)] if references else []),
            f"X-Mailer: {draw.choice(('Microsoft Outlook 16.0', 'Apple Mail (2.3774)', 'Thunderbird 115'))}",
            "X-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00,DKIM_SIGNED,DKIM_VALID",
            "MIME-Version: 1.0",
        ]
        return "\n".join(lines).encode() + b"\n"

    def _body(self, kind: Class, language: str, answers: bool) -> bytes:
        draw = self._random
        if kind == "tiny":
            return _leaf("text/plain", self.text(language, draw.randint(3, 40)), language, draw.random() < 0.3)
        alternative = self._alternative(language, draw.randint(50, 330), answers)
        if kind == "text":
            return alternative
        boundary = f"mixed{draw.getrandbits(64):016x}"
        parts = [alternative, *(self._attachment() for _ in range(1 if draw.random() < 0.8 else 2))]
        return _multipart("mixed", boundary, parts)

    def _alternative(self, language: str, length: int, answers: bool) -> bytes:
        draw = self._random
        text = self.text(language, length) + "\n-- \nAnna Bench\n+7 495 000-00-00\n"
        quoted = ""
        if answers:
            said = {"en": "On 3 March 2024, A. Client wrote:", "ru": "3 марта 2024 г. А. Клиент написал(а):"}[language]
            quoted = self.text(language, length // 2)
            text += f"\n{said}\n" + "".join(f"> {line}\n" for line in quoted.splitlines())
        paragraphs = "".join(
            f'<p class="MsoNormal" style="margin:0 0 8px 0">{line}</p>\n' for line in text.splitlines()
        )
        html = f"<html><head><style>p {{margin: 0}}</style></head><body>\n{paragraphs}</body></html>\n"
        boundary = f"alt{draw.getrandbits(64):016x}"
        eight_bit = draw.random() < 0.3
        parts = [_leaf("text/plain", text, language, eight_bit), _leaf("text/html", html, language, eight_bit)]
        return _multipart("alternative", boundary, parts)

    def _attachment(self) -> bytes:
        draw = self._random
        if self._shared and draw.random() < 0.15:
            name, data = draw.choice(self._shared)
        else:
            name = draw.choice(_FILES).format(n=draw.randint(1, 5000))
            data = draw.randbytes(int(draw.triangular(30_000, 400_000, 90_000)))
            if len(self._shared) < 40:
                self._shared.append((name, data))
        encoded = name if name.isascii() else Header(name, "utf-8", maxlinelen=300).encode()
        head = (
            f'Content-Type: {_TYPES[name.rpartition(".")[2]]}; name="{encoded}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{encoded}"\n\n'
        )
        return head.encode() + base64.encodebytes(data)

    def text(self, language: str, length: int) -> str:
        """Lines of `length` words in all."""
        words, weights = self._words[language]
        drawn = self._random.choices(words, cum_weights=weights, k=length)
        lines, line = [], ""
        for place, word in enumerate(drawn):
            line += word + (". " if place % 11 == 10 else " ")
            if len(line) > 70:
                lines.append(line.rstrip())
                line = ""
        return "\n".join([*lines, line.rstrip()]).strip() + "\n"


def _vocabulary(draw: random.Random, language: str) -> tuple[list[str], list[float]]:
    syllables = _SYLLABLES[language].split()
    stems = ["".join(draw.choices(syllables, k=draw.randint(2, 5))) for _ in range(9_000)]
    tail = [stem + ending for stem in stems for ending in draw.sample(_ENDINGS[language], 3)]
    words = [*_FUNCTION[language].split(), *_CONTENT[language].split(), *dict.fromkeys(tail)]
    return words, list(accumulate(1 / (rank + 3) for rank in range(len(words))))


def _leaf(content_type: str, text: str, language: str, eight_bit: bool) -> bytes:
    if language == "en":
        return f"Content-Type: {content_type}; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n{text}".encode()
    if eight_bit:
        head = f"Content-Type: {content_type}; charset=koi8-r\nContent-Transfer-Encoding: 8bit\n\n"
        return head.encode() + text.encode("koi8-r", "replace")
    if content_type == "text/html":
        head = f"Content-Type: {content_type}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        return head.encode() + base64.encodebytes(text.encode())
    head = f"Content-Type: {content_type}; charset=windows-1251\nContent-Transfer-Encoding: quoted-printable\n\n"
    return head.encode() + quopri.encodestring(text.encode("windows-1251", "replace"))


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\n" + part.rstrip(b"\n") + b"\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'.encode() + body + mark + b"--\n"
