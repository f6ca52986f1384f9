"""The everyday mail of the demo: orders, confirmations and dispatches, made from routine.toml with a fixed seed."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from demo.people import CLIENTS, EVERYBODY, STAFF, Client
from demo.script import File, Scene, Turn

_WORDS = tomllib.loads(Path(__file__).with_name("routine.toml").read_text(encoding="utf-8"))
_LANGUAGE = {member.person.key: member.language for member in STAFF}
_ORDERS = 3


def scenes(now: datetime) -> list[Scene]:
    """A few orders of each client in the ten weeks before `now`; the same `now` gives the same mail."""
    random = Random(2026)
    return [_order(client, number, now, random) for client in CLIENTS for number in range(_ORDERS)]


def _order(client: Client, number: int, now: datetime, random: Random) -> Scene:
    words: dict[str, Any] = _WORDS[_LANGUAGE[client.owner]]
    owner, buyer = EVERYBODY[client.owner], random.choice(client.people)
    values = {
        "client": client.name,
        "name": owner.name.split()[0],
        "article": random.choice(words["articles"]),
        "pieces": random.randint(2, 24),
        "order": random.randint(4100, 9800),
        "number": f"{random.randint(11, 19)}{random.randint(100, 999)}",
        "parcel": f"TI{random.randint(10**8, 10**9)}",
    }
    start = _office_hour(now, 4 + number * 22 + random.randint(0, 18), random)
    turns = [Turn(start, buyer, [owner], [], [], _said("orders", words, values, random))]
    papers = zip(("confirmations", "dispatches"), ("confirmation", "invoice"), words["files"], strict=True)
    for what, paper, name in papers:
        at = turns[-1].at + timedelta(hours=random.choice((2, 3, 20, 26)), minutes=random.randint(0, 59))
        file = File(name.format(**values), tuple(line.format(**values) for line in words[paper]))
        turns.append(Turn(at, owner, [buyer], [], [], _said(what, words, values, random), [file]))
    if random.random() < 0.6:
        at = turns[-1].at + timedelta(hours=random.choice((4, 22, 28)))
        turns.append(Turn(at, buyer, [owner], [], [], _said("thanks", words, values, random)))
    subject = random.choice(words["subjects"]).format(**values)
    return Scene(subject, tuple(turn for turn in turns if turn.at < now))


def _said(what: str, words: dict[str, Any], values: dict[str, object], random: Random) -> str:
    return str(random.choice(words[what])).format(**values)


def _office_hour(now: datetime, days: int, random: Random) -> datetime:
    day = now - timedelta(days=days)
    day -= timedelta(days=max(0, day.weekday() - 4))
    return day.replace(hour=random.randint(6, 14), minute=random.randint(0, 59), second=random.randint(0, 59))
