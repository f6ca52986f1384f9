"""Showroom: the furnished company, furnished once a while and copied for each test."""

import copy
import shutil
import time
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path

from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from tests.templates import Templates
from tests.web.bargains import bargain
from tests.web.company import Company, furnished
from tests.web.duties import assign
from tests.web.figures import count
from tests.web.offers_sent import send_offers
from tests.web.papers import lay
from tests.web.selling import sell

_FRESH_SECONDS = 180
"""The company lives by the real clock: an older one is furnished anew."""


@dataclass(frozen=True)
class Exhibit:
    """A company whose database is closed and waits to be copied."""

    company: Company
    template: str
    made: float


@dataclass
class Showroom:
    """The companies of one test process, one for each kind of database."""

    templates: Templates
    _exhibits: dict[str, Exhibit] = field(default_factory=dict)
    _numbers: counting = field(default_factory=counting)  # type: ignore[type-arg]

    def exhibit(self, kind: str) -> Exhibit:
        """A company with mail, documents, offers and deals, furnished within the last minutes."""
        found = self._exhibits.get(kind)
        if found is None or time.monotonic() - found.made > _FRESH_SECONDS:
            found = self._exhibits[kind] = self._furnish(kind, f"company-{kind}-{next(self._numbers)}")
        return found

    def _furnish(self, kind: str, name: str) -> Exhibit:
        made: list[Company] = []
        folder = self.templates.folder / name
        newest = self.templates.newest(kind)
        template = self.templates.made(kind, name, lambda db: made.append(_company(db, folder)), newest)
        return Exhibit(made[0], template, time.monotonic())


def _company(db: Database, folder: Path) -> Company:
    found = furnished(db, folder)
    for furnish in (lay, send_offers, sell, assign, bargain, count):
        furnish(found)
    return found


def copied(exhibit: Exhibit, db: Database, folder: Path) -> Company:
    """The company in a folder of its own, on a database that is a copy of the exhibit's."""
    shown = exhibit.company
    shutil.copytree(shown.folder, folder)
    keyring = Keyring.load(folder / "key")
    company = copy.deepcopy(shown, {id(shown.db): db, id(shown.keyring): keyring})
    company.folder = folder
    for room in company.rooms.values():
        room.folder = folder / "blobs"
    return company
