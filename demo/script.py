"""Scenes: the hand-written threads of the demo, read from the text files in threads/.

==== Subject of a new thread
-- 62 09:14 ingrid > daniel, marina cc lars
What Ingrid writes, 62 days ago at 09:14 of her time.
+ Offer.docx | first line | second line
-- 62 11:40 daniel > ingrid
His reply: it quotes what came before. `-- 3h …` means three hours ago. Options stand in brackets: [new] quotes
and refers to nothing, [forward] passes the message on, [subject …] changes the subject, [live] arrives later.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from demo.people import EVERYBODY, Person

_HEAD = re.compile(
    r"-- (?:(?P<hours>\d+)h|(?P<days>\d+) (?P<time>\d\d:\d\d)) (?P<who>\w+) > (?P<to>[\w, ]+?)"
    r"(?: cc (?P<cc>[\w, ]+?))?(?: \[(?P<options>.+)\])?$"
)


@dataclass(frozen=True)
class File:
    """An attachment: its name and the lines in it."""

    name: str
    lines: tuple[str, ...]


@dataclass
class Turn:
    """One message of a scene, before it is made into mail."""

    at: datetime
    who: Person
    to: list[Person]
    cc: list[Person]
    options: list[str]
    text: str = ""
    files: list[File] = field(default_factory=list)

    def option(self, name: str) -> str | None:
        """What stands behind the name of an option; empty for one alone, None where it is not set."""
        found = [option for option in self.options if option.split(" ")[0] == name]
        return found[0][len(name) :].strip() if found else None


@dataclass(frozen=True)
class Scene:
    """One thread."""

    subject: str
    turns: tuple[Turn, ...]


def scenes(now: datetime) -> list[Scene]:
    """Every scene, its days counted back from `now`; none of its messages is later than `now`."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "threads").glob("*.txt"))]
    blocks = [block for text in texts for block in re.split(r"^==== ", text, flags=re.MULTILINE)[1:]]
    return [scene(block, now) for block in blocks]


def scene(block: str, now: datetime) -> Scene:
    """One thread from its text; raises ValueError for a line that says who writes but cannot be read."""
    subject, _, rest = block.partition("\n")
    turns: list[Turn] = []
    for line in rest.splitlines():
        if line.startswith("-- ") and line != "-- ":
            turns.append(_turn(line, now, turns))
        elif line.startswith("+ "):
            name, *lines = [part.strip() for part in line[2:].split(" | ")]
            turns[-1].files.append(File(name, tuple(lines)))
        elif turns:
            turns[-1].text += line + "\n"
    for turn in turns:
        turn.text = turn.text.strip("\n")
    return Scene(subject.strip(), tuple(turns))


def _turn(line: str, now: datetime, before: list[Turn]) -> Turn:
    head = _HEAD.match(line)
    if head is None:
        raise ValueError(f"cannot be read: {line}")
    who = EVERYBODY[head["who"]]
    at = now - timedelta(hours=int(head["hours"])) if head["hours"] else _workday(now, head, who)
    if before and at <= before[-1].at:
        at = before[-1].at + timedelta(minutes=25)
    options = [option.strip() for option in (head["options"] or "").split(";") if option]
    return Turn(min(at, now), who, _people(head["to"]), _people(head["cc"]), options)


def _workday(now: datetime, head: re.Match[str], who: Person) -> datetime:
    hour, minute = map(int, head["time"].split(":"))
    local = now.astimezone(timezone(timedelta(hours=who.zone))) - timedelta(days=int(head["days"]))
    local = local.replace(hour=hour, minute=minute, second=(hour * 7 + minute * 13) % 60, microsecond=0)
    # Offices are closed at the weekend: what falls on it moves to the Friday before.
    return local - timedelta(days=max(0, local.weekday() - 4))


def _people(names: str | None) -> list[Person]:
    return [EVERYBODY[name.strip()] for name in (names or "").split(",") if name.strip()]
