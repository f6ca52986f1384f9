"""A process that does chores when it is told what time it is: one of the daemons of a test.

Lines of its input are "look TIME" (what is due, each with its lease) or "race TIME" (every chore at once, as where a
lease ran out under a daemon that was only slow); it answers each with a line.
"""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from mailcrm.flow.chores import CHORES, ChoreTools, run_due
from mailcrm.flow.edit import Office
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database

_ROOT = Path(__file__).parents[1]


class Worker:
    """A daemon of its own with a clock that is set by hand; to be stopped or killed."""

    def __init__(self, url: str, folder: Path, name: str) -> None:
        command = [sys.executable, "-m", "tests.chore_worker", url, str(folder), name]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=pipe, stdout=pipe, text=True)

    def begin(self, act: str, at: datetime) -> None:
        """Say what time it is, without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{act} {at.isoformat()}\n")
        self._process.stdin.flush()

    def end(self) -> str:
        """What was done, when it is done."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line.startswith("done"), f"the worker is gone: {line}"
        return line[5:]

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        with self._process:
            pass


def main(url: str, folder: str, name: str) -> None:
    """Do chores by the lines of the input until it ends."""
    database = Database(url)
    keyring = Keyring.load(Path(folder) / "key", create=True)
    office = Office(database, keyring.fingerprint, frozenset({"example.com"}))
    tools = ChoreTools(office, open_blobs(BlobPlace(Path(folder) / "blobs")), keyring, "http://crm.example")
    for line in sys.stdin:
        act, _, text = line.strip().partition(" ")
        at = datetime.fromisoformat(text)
        if act == "look":
            print("done", " ".join(run_due(tools, name, lambda at=at: at)), flush=True)  # type: ignore[misc]
        else:
            for chore in CHORES:
                chore.run(tools, at)
            print("done", flush=True)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
