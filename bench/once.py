"""One complete round over the mailbox of a benchmark, in a process of its own: `python -m bench.once FOLDER OWN,…`.

What `mailcrm sync --once` does, with the production settings; prints the seconds that the round itself took.
"""

import os
import sys
import time
from pathlib import Path

from bench.company import free_mail
from mailcrm.daemon import sync_once, utc_now
from mailcrm.flow.credentials import Credentials
from mailcrm.flow.desk import Desk
from mailcrm.flow.readers import Readers
from mailcrm.flow.rounds import Firm
from mailcrm.net.blobs import Blobs
from mailcrm.net.secrets import Keyring
from mailcrm.store import rounds
from mailcrm.store.database import Database


def main(folder: Path, domains: frozenset[str]) -> None:
    """Read the mailbox; exits with 1 and the reason where that fails."""
    database = Database(f"sqlite:///{folder / 'mailcrm.db'}")
    desk = desk_of(folder, database)
    with database.reading() as connection:
        accounts = rounds.accounts(connection)
    began = time.perf_counter()
    failures = sync_once(desk, Firm(domains, free_mail()), Credentials(Keyring.load(folder / "keys")), accounts)
    print(f"seconds {time.perf_counter() - began:.3f}")
    desk.readers.close()
    database.close()
    if failures:
        sys.exit("\n".join(failures.values()))


def desk_of(folder: Path, database: Database) -> Desk:
    """The desk of a daemon with the production settings."""
    return Desk(database, Blobs(folder / "blobs"), Readers(), f"bench:{os.getpid()}", utc_now)


if __name__ == "__main__":
    main(Path(sys.argv[1]), frozenset(sys.argv[2].split(",")))
