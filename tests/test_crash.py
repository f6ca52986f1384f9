"""kill -9 at random moments, a hundred times during one sync: nothing lost, nothing doubled, the same result."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from mailcrm.store.database import Database
from tests.correspondence import CLIENTS, STAFF, Placed, correspondence
from tests.dovecot import Dovecot
from tests.office import Office, check_whole, differences, outcome
from tests.servers import wait_until

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

MESSAGES = 1500
KILLS = 100


@contextmanager
def _killer(office: Office, url: str, boxes: list[int]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.crashing", url, str(office.server.port), str(office.folder)]
    here = Path(__file__).parents[1]
    with subprocess.Popen(
        [*command, *map(str, boxes)], cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        yield parent
        assert parent.stdin is not None
        parent.stdin.close()


def _run(parent: "subprocess.Popen[str]", seconds: float | None) -> int:
    """One sync in a child; killed after so many seconds. Returns its exit code."""
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write("\n")
    parent.stdin.flush()
    child = int(parent.stdout.readline())
    if seconds is not None:
        time.sleep(seconds)
        with suppress(ProcessLookupError):  # it was done already
            os.kill(child, signal.SIGKILL)
    return int(parent.stdout.readline())


def _fill(office: Office, login: str) -> list[int]:
    for name, (domain, private) in CLIENTS.items():
        office.client(name, domain, private)
    return [office.mailbox(f"{login}{name}", name) for name in STAFF]


def _arrive(dovecot: Dovecot, login: str, mails: list[Placed]) -> None:
    for name in STAFF:
        for folder in ("INBOX", "Sent"):
            here = [raw for user, place, raw in mails if (user, place) == (name, folder)]
            dovecot.drop(f"{login}{name}", here, folder)


def test_a_hundred_kills_change_nothing(
    office: Office, database_url: str, undisturbed: Database, tmp_path: Path, login: str
) -> None:
    dovecot, boxes = office.server, _fill(office, login)
    mails, chance = correspondence(MESSAGES), random.Random(4)
    first, rest = mails[: MESSAGES // 2], mails[MESSAGES // 2 :]
    share = -(-len(rest) // KILLS)
    _arrive(dovecot, login, first)
    codes: list[int] = []
    longest = 0.8
    with _killer(office, database_url, boxes) as parent:
        for number in range(KILLS):
            _arrive(dovecot, login, rest[number * share : (number + 1) * share])
            codes.append(_run(parent, chance.uniform(0.0, longest)))
            # The moments follow the speed of the machine: a round that was done before its kill proves nothing.
            longest = min(3.0, longest * 1.05) if codes[-1] == -signal.SIGKILL else max(0.1, longest * 0.8)
        killed = codes.count(-signal.SIGKILL)
        stored = office.one("SELECT count(*) FROM message")
        while office.waiting() or codes[-1]:
            codes.append(_run(parent, None))
    print(f"{killed} of {KILLS} were killed at work; {stored} messages were stored by then")
    assert killed >= KILLS * 0.7
    check_whole(office)

    for name, box in zip(STAFF, boxes, strict=True):
        for folder in ("INBOX", "Sent"):
            held = {int(uid) for uid in dovecot.uids(f"{login}{name}", folder)}
            known = office.rows(
                "SELECT uid FROM placement JOIN folder ON folder.id = folder_id"
                f" WHERE mailbox_id = {box} AND folder.name = '{folder}'"
            )
            assert sorted(uid for (uid,) in known) == sorted(held)
    calm = Office(undisturbed, dovecot, tmp_path / "calm", office.readers)
    boxes = _fill(calm, login)
    while not calm.one("SELECT count(*) FROM placement") or calm.waiting():
        for box in boxes:
            calm.sync(box)
    check_whole(calm)
    assert differences(outcome(office), outcome(calm)) == {}
    assert office.one("SELECT count(*) FROM placement WHERE state <> 'done'") == 0


def test_workers_end_with_the_process_that_was_killed(office: Office, database_url: str, login: str) -> None:
    boxes = _fill(office, login)
    _arrive(office.server, login, correspondence(400))
    with _killer(office, database_url, boxes) as parent:
        us = psutil.Process(parent.pid)
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write("\n")
        parent.stdin.flush()
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: len(us.children(recursive=True)) >= 4, "the workers run")
        workers = [one for one in us.children(recursive=True) if one.pid != child.pid]
        child.kill()
        parent.stdout.readline()
        wait_until(lambda: not any(one.is_running() for one in workers), "the workers end", 10)
