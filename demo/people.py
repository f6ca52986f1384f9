"""The people of the demo, read from company.toml: staff, clients with their contacts, and strangers."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOMAIN = "taiga.example"
FREE_MAIL = ("freemail.example", "pochta.example")


@dataclass(frozen=True)
class Person:
    """Somebody who writes mail. `program` decides how quotes, charsets and headers of it look."""

    key: str
    name: str
    email: str
    program: str
    zone: int
    """Hours before UTC."""
    signature: str = ""
    position: str = ""
    phone: str = ""

    @property
    def domain(self) -> str:
        """The part of the address behind the @."""
        return self.email.rpartition("@")[2]


@dataclass(frozen=True)
class Staff:
    """A member of staff, who also signs in to mailcrm."""

    person: Person
    role: str
    language: str
    sent_folder: str
    password: str


@dataclass(frozen=True)
class Client:
    """A client as the demo company has entered it; one without domains is found by the addresses of its people."""

    name: str
    owner: str
    people: tuple[Person, ...]
    domains: tuple[str, ...] = ()
    kind: str = "company"
    note: str = ""


def _client(table: dict[str, Any]) -> Client:
    people = tuple(Person(**person) for person in table.pop("people"))
    return Client(people=people, domains=tuple(table.pop("domains", ())), **table)


_tables = tomllib.loads(Path(__file__).with_name("company.toml").read_text(encoding="utf-8"))

STAFF = tuple(Staff(person=Person(**table.pop("person")), **table) for table in _tables["staff"])
CLIENTS = tuple(map(_client, _tables["client"]))
STRANGERS = tuple(Person(**table) for table in _tables["stranger"])

EVERYBODY = {
    person.key: person
    for person in (*(s.person for s in STAFF), *(p for client in CLIENTS for p in client.people), *STRANGERS)
}
STAFF_KEYS = frozenset(member.person.key for member in STAFF)
