"""The daemon as a process of its own: `python -m tests.daemon_child URL PORT FOLDER`, ended by SIGTERM."""

import signal
import sys
from pathlib import Path
from types import SimpleNamespace

from mailcrm.daemon import Daemon, utc_now
from mailcrm.flow.desk import Desk
from mailcrm.flow.readers import Readers
from mailcrm.net.process import own_name
from mailcrm.store.database import Database
from tests.office import Office


def main() -> None:
    """Run until SIGTERM."""
    url, port, folder = sys.argv[1:]
    office = Office(Database(url), SimpleNamespace(port=int(port)), Path(folder), Readers(2))  # type: ignore[arg-type]
    desk = Desk(office.db, office.blobs, office.readers, own_name("sync"), utc_now)
    daemon = Daemon(desk, office.firm, office.credentials)
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
    daemon.run()


if __name__ == "__main__":
    main()
