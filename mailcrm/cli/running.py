"""`sync`, `web` and `run`: the processes that stay."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from mailcrm.cli import logs
from mailcrm.cli.setting import Setting
from mailcrm.daemon import Daemon, sync_once
from mailcrm.flow.beside import drain_once
from mailcrm.flow.desk import Desk
from mailcrm.store import mailboxes, rounds
from mailcrm.store.rounds import Account
from web import site
from web.serve import serve

_RESTART = 5.0


@click.command()
@click.option("--once", is_flag=True, help="One round over every mailbox, with a bar, and end.")
@click.option("--parent", type=int, hidden=True, help="End when this parent process is gone.")
@click.pass_obj
@click.pass_context
def sync(ctx: click.Context, setting: Setting, once: bool, parent: int | None) -> None:
    """Read the mailboxes, now and whenever something arrives."""
    logs.configure("warning" if once else setting.config.log.level, setting.config.log.format)
    setting.declare_mailboxes()
    if once:
        ctx.exit(_once(setting))
    options = setting.config.sync
    desk = setting.desk()
    daemon = Daemon(
        desk,
        setting.firm,
        setting.credentials,
        options.workers,
        float(options.sweep_seconds),
        chores=setting.chore_tools(),
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: daemon.stop())
    if parent is not None:
        threading.Thread(target=_await_end, args=(daemon, parent), daemon=True).start()
    daemon.run()


@click.command()
@click.pass_obj
def web(setting: Setting) -> None:
    """Serve the pages."""
    logs.configure(setting.config.log.level, setting.config.log.format)
    _serve(setting)


@click.command()
@click.pass_obj
def run(setting: Setting) -> None:
    """Read the mailboxes, send and serve the pages, all in one."""
    logs.configure(setting.config.log.level, setting.config.log.format)
    setting.declare_mailboxes()
    with _beside(setting, "sync"), _beside(setting, "send"):
        _serve(setting)


def _serve(setting: Setting) -> None:
    options = setting.config.web
    click.echo(f"mailcrm is at {setting.config.base_url}")
    serve(site.from_config(setting.config), options.listen, options.port, options.workers)


@contextlib.contextmanager
def _beside(setting: Setting, name: str) -> Iterator[None]:
    """A process (`sync` or `send`) that works as long as the block runs, and not longer, even when we are killed; one
    that dies is started again."""
    command = [sys.executable, "-m", "mailcrm.cli", "--config", str(setting.config.path), name]
    command += ["--parent", str(os.getpid())]
    ended = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not ended.is_set():
            running[:] = [subprocess.Popen(command)]  # noqa: S603
            running[0].wait()
            ended.wait(_RESTART)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        # Again and again: one may just be starting.
        while keeper.is_alive():
            for process in running:
                process.terminate()
            keeper.join(1.0)


def _await_end(daemon: Daemon, parent: int) -> None:
    # Not a pipe: the processes of the web server would inherit its other end and keep it open.
    while os.getppid() == parent:
        time.sleep(1.0)
    daemon.stop()


def _once(setting: Setting) -> int:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("messages {task.fields[pace]}"), TimeRemainingColumn())
    console = Console(stderr=True)
    with setting.database.reading() as connection:
        accounts = rounds.accounts(connection)
    desk = setting.desk()
    try:
        with Progress(TextColumn("{task.description}"), *columns, console=console) as progress:
            failures = _read(setting, desk, progress, accounts)
            # Mail of one mailbox may have made mail of another wait again: the answers to it, above all.
            with setting.database.reading() as connection:
                waiting = rounds.with_work(connection, desk.now())
            again = [a for a in accounts if a.id in waiting and a.address not in failures]
            failures |= _read(setting, desk, progress, again)
    finally:
        desk.readers.close()
    desk = setting.desk()
    try:
        drain_once(desk)
    finally:
        desk.readers.close()
    for address, reason in failures.items():
        click.echo(f"mailcrm: {address}: {reason}", err=True)
    return 1 if failures else 0


def _read(setting: Setting, desk: Desk, progress: Progress, accounts: list[Account]) -> dict[str, str]:
    """One round over each mailbox with a bar of its own; what went wrong, by address."""
    failures: dict[str, str] = {}
    for account in accounts:
        task = progress.add_task(account.address, total=None, pace="")
        noting = replace(desk, note=_Meter(setting, progress, task, account.id).note)
        failures |= sync_once(noting, setting.firm, setting.credentials, [account])
        progress.update(task, total=progress.tasks[task].completed)
    return failures


class _Meter:
    """Moves the bar of one mailbox."""

    def __init__(self, setting: Setting, progress: Progress, task: TaskID, mailbox_id: int) -> None:
        self.setting, self.progress, self.task, self.mailbox_id = setting, progress, task, mailbox_id
        self.done, self.size, self.began = 0, 0, time.monotonic()

    def note(self, messages: int, size: int) -> None:
        """Count a batch; what is left comes from the ledger."""
        self.done += messages
        self.size += size
        with self.setting.database.reading() as connection:
            left = mailboxes.progress(connection, self.mailbox_id).waiting
        pace = f"{self.size / 1e6:.1f} MB {self.done / max(0.1, time.monotonic() - self.began):.0f}/s"
        self.progress.update(self.task, completed=self.done, total=self.done + left, pace=pace)
