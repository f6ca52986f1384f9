"""A process that syncs mailboxes in children that the test kills: `python -m tests.crashing URL PORT FOLDER BOX…`.

For every line that it reads it forks a child, which has everything imported already, and prints its number as soon as
its workers stand ready: what is to be interrupted is the work.
"""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

from mailcrm.flow.desk import Limits
from mailcrm.flow.intake import glance
from mailcrm.flow.readers import Readers
from mailcrm.store.database import Database
from tests.office import Office


def sync(url: str, port: int, folder: Path, boxes: list[int]) -> None:
    """One round over each mailbox, in small batches, so that there are many moments to be killed at."""
    server = SimpleNamespace(port=port)
    office = Office(Database(url), server, folder, Readers(2))  # type: ignore[arg-type]
    office.readers.result(office.readers.submit(glance, []))
    print(os.getpid(), flush=True)
    office.limits = Limits(headers=40, bodies=20, task_messages=8, window=100, slice_seconds=0.2)
    for box in boxes:
        office.sync(box)
    office.readers.close()


def main() -> None:
    """Fork a child for each line."""
    url, port, folder, *boxes = sys.argv[1:]
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            sync(url, int(port), Path(folder), [int(box) for box in boxes])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
