"""Correspondence: the invented mail of a company, the same for the same seed, with everything that makes order matter.

Threads among clients, strangers and staff; answers with references, with In-Reply-To alone and with neither; the same
message in two mailboxes; robots; attachments that go round.
"""

import random
from datetime import timedelta

from tests.office import START, mail

CLIENTS = {f"Client {n}": (f"client{n}.test", f"person{n}@gmail.com") for n in range(12)}
STAFF = ("anna", "boris")
_STRANGERS = [f"Stranger {n} <s{n}@nowhere{n % 7}.test>" for n in range(15)]
_SUBJECTS = ("Offer", "Delivery", "Drawing of the pump", "Счёт на оплату", "Meeting", "Price list")

Placed = tuple[str, str, bytes]
"""User, folder, message."""


class _Thread:
    def __init__(self, chance: random.Random, number: int) -> None:
        client = chance.choice(list(CLIENTS.values()))
        inside = [f"Person <p{chance.randrange(3)}@{client[0]}>", f"<{client[1]}>"]
        self.outside = [*chance.sample(inside, chance.randint(0, 2)), *chance.sample(_STRANGERS, chance.randint(0, 2))]
        self.outside = self.outside or [_STRANGERS[number % len(_STRANGERS)]]
        self.staff = chance.choice(STAFF)
        self.subject = f"{chance.choice(_SUBJECTS)} {number // 3}"
        self.ids: list[str] = []


def correspondence(count: int, seed: int = 1) -> list[Placed]:
    """`count` copies of messages, in the order in which they were written."""
    chance = random.Random(seed)
    threads = [_Thread(chance, number) for number in range(count // 5)]
    placed: list[Placed] = []
    while len(placed) < count:
        placed += _written(chance, chance.choice(threads), len(placed))
    return placed[:count]


def _written(chance: random.Random, thread: _Thread, number: int) -> list[Placed]:
    staff = f"{thread.staff.title()} <{thread.staff}@example.com>"
    outgoing = chance.random() < 0.4
    here = chance.sample(thread.outside, chance.randint(1, len(thread.outside)))
    sender, to = (staff, ", ".join(here)) if outgoing else (here[0], ", ".join([staff, *here[1:]]))
    both = chance.random() < 0.15
    headers = _references(chance, thread)
    if both:
        headers["Cc"] = ", ".join(f"{name}@example.com" for name in STAFF if name != thread.staff)
    if chance.random() < 0.2:
        headers["Attachment"] = f"offer {chance.randrange(9)}.pdf"
    if chance.random() < 0.05:
        headers["Auto_Submitted"] = "auto-replied"
    own = f"<{number}.{chance.randrange(10**9)}@made.test>"
    at = START - timedelta(days=200) + timedelta(minutes=97 * number)
    reply = "Re: " if thread.ids and chance.random() < 0.9 else ""
    headers |= {"Message_ID": own, "Date": at.strftime("%a, %d %b %Y %H:%M:%S +0000")}
    text = f"Words of message {number}.\n" * chance.randint(1, 40)
    raw = mail(sender, to, reply + thread.subject, text, **headers)
    thread.ids.append(own)
    first = (thread.staff, "Sent" if outgoing else "INBOX", raw)
    return [first, *((name, "INBOX", raw) for name in STAFF if both and name != thread.staff)]


def _references(chance: random.Random, thread: _Thread) -> dict[str, str]:
    if not thread.ids or chance.random() < 0.15:
        return {}
    at = chance.randrange(len(thread.ids))
    if chance.random() < 0.4:
        return {"In_Reply_To": thread.ids[at]}
    return {"In_Reply_To": thread.ids[at], "References": " ".join(thread.ids[: at + 1][-6:])}
