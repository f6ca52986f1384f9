"""`inspect`, `explain`, `fsck`, `load`, `export`: commands about messages."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from mailcrm.cli.clients import client_named
from mailcrm.cli.mailboxes import mailbox_named
from mailcrm.cli.setting import Setting
from mailcrm.daemon import utc_now
from mailcrm.errors import NotFound, StorageFailed
from mailcrm.flow import explain as flow_explain
from mailcrm.flow import export as flow_export
from mailcrm.flow import fsck as flow_fsck
from mailcrm.flow import load as flow_load
from mailcrm.flow import mailboxes, reading
from mailcrm.flow.load import Loaded, Target
from mailcrm.flow.mailboxes import NewMailbox
from mailcrm.mail.inspect import inspect as inspect_message
from mailcrm.net.archive import Archive
from mailcrm.store import people
from mailcrm.store.audit import Act
from mailcrm.store.visibility import Policy, Viewer, viewer


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def inspect(files: tuple[Path, ...]) -> None:
    """Print what mailcrm understands of each message, one JSON object a line ("-" is standard input)."""
    for file in files:
        try:
            raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as error:
            raise NotFound(f"{file} cannot be read: {error.strerror or error}.") from error
        click.echo(json.dumps(inspect_message(raw), ensure_ascii=False))


@click.command()
@click.argument("message_id")
@click.pass_obj
@click.pass_context
def explain(ctx: click.Context, setting: Setting, message_id: str) -> None:
    """Say why the message with this Message-ID is where it is, or why it is not here."""
    found = flow_explain.explain(setting.office, message_id)
    for one in found.stored:
        click.echo(f"Message {one.id}, {one.at:%Y-%m-%d %H:%M} UTC, {one.direction}, {one.kind}: {one.subject}")
        if one.conflict:
            click.echo("  another message with other content has the same Message-ID")
        for link in (row for row in found.links if row.message_id == one.id):
            by = " by hand" if link.actor_id is not None else ""
            shown = f"{link.client_name}: {link.state}{by}, rule {link.rule}, {link.evidence}, {link.confidence:.2f}"
            click.echo(f"  link to {shown}")
        for step in (step for number, step in found.steps if number == one.id):
            click.echo(f"  rule {step.rule}: {step.outcome}")
    for met in found.met:
        click.echo(f"{met.mailbox}, {met.folder}, UID {met.uid}: {flow_explain.verdict(met)}.")
    if not found.met:
        click.echo(f"{found.message_id} was not met in any mailbox.")
        for place in found.unfinished:
            click.echo(f"  it may be in {' '.join(filter(None, (place.mailbox, place.folder)))}: {place.why}")
    ctx.exit(0 if found.met or found.stored else 1)


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended, and remove what nothing refers to.")
@click.pass_obj
@click.pass_context
def fsck(ctx: click.Context, setting: Setting, repair: bool) -> None:
    """Read every blob: find missing, corrupt and orphaned ones."""
    with _progress() as progress:
        task = progress.add_task("blobs", total=None)
        report = flow_fsck.examine(
            setting.database,
            setting.blobs,
            utc_now(),
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    for state, names in (("missing", report.missing), ("corrupt", report.corrupt), ("orphaned", report.orphans)):
        for name in names:
            click.echo(f"{state} {name}")
    for what, sha in report.faults:
        click.echo(f"{what}: {sha} (`mailcrm documents rebuild --apply` mends it)")
    good = report.is_clean
    if repair:
        flow_fsck.repair(setting.database, setting.blobs, report, utc_now())
        said = f"{report.rewritten} rewritten, {report.waiting} to be fetched again, {report.removed} orphans removed"
        click.echo(f"repaired: {said}")
        for name in report.lost:
            click.echo(f"lost {name}")
        good = not (report.lost or report.faults)
    click.echo(f"{report.checked} blobs checked, {len(report.missing) + len(report.corrupt)} bad")
    ctx.exit(0 if good else 1)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--mailbox", "address", required=True, help="Whose mail it is; made where there is none.")
@click.option("--folder", default="", help="The folder it goes to; the name of PATH where none is given.")
@click.option("--owner", default="", help="The login of the user that a new mailbox belongs to.")
@click.pass_obj
def load(setting: Setting, path: Path, address: str, folder: str, owner: str) -> None:
    """Read an mbox, a Maildir or a tree of .eml files into a mailbox; may be interrupted and repeated."""
    archive = Archive(path)
    number = _mailbox(setting, address, owner)
    target = Target(number, folder or path.resolve().stem, setting.keyring.fingerprint)
    stopped: list[bool] = []
    before = signal.signal(signal.SIGINT, lambda *_: stopped.append(True))
    desk = replace(setting.desk(), stopping=lambda: bool(stopped))
    try:
        with _progress() as progress:
            task = progress.add_task("messages", total=len(archive))
            done = flow_load.load(desk, setting.firm, target, archive, lambda d: _show(progress, task, d))
    finally:
        desk.readers.close()
        signal.signal(signal.SIGINT, before)
    said = f"{done.stored} stored, {done.copies} copies, {done.dropped} not kept, {done.known} known before"
    click.echo(f"{said}{'; stopped, run it again to go on' if stopped else ''}.")


@click.command()
@click.option("--client", "name", required=True, help="The name or id of the client.")
@click.option("--format", "form", type=click.Choice(["json", "zip"]), default="json", show_default=True)
@click.option("--as", "login", default="", help="Only what this user may see.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to; the name of the client by default.")
@click.pass_obj
def export(setting: Setting, name: str, form: str, login: str, output: Path | None) -> None:
    """Write a client's record, contacts and history to a file ("-" is standard output)."""
    client = client_named(setting, name)
    who = _viewer(setting, login) if login else None
    path = output or Path(f"{flow_export.file_name(client.name)}.{form}")
    missing: list[str] = []
    try:
        with _writing(path) as file:
            if form == "zip":
                missing = flow_export.export_zip(setting.database, setting.blobs, client.id, who, file)
            else:
                file.write(flow_export.dumps(flow_export.export(setting.database, client.id, who)).encode())
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror or error}.") from error
    told = f"{form}, as {login}" if login else form
    reading.note(setting.database, Act(None, "exported", "client", client.id, client.id, told), utc_now())
    for blob in missing:
        click.echo(f"mailcrm: the blob {blob} is missing: run `mailcrm fsck --repair`.", err=True)
    if str(path) != "-":
        click.echo(f"Wrote {path}.")


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdout.buffer
        return
    with path.open("wb") as file:
        yield file


def _viewer(setting: Setting, login: str) -> Viewer:
    with setting.database.reading() as connection:
        user = people.user_by_login(connection, login)
        if user is None:
            raise NotFound(f"There is no user {login}: `mailcrm user list` shows them.")
        privacy = setting.config.privacy
        return viewer(connection, user.id, user.role, utc_now(), Policy(privacy.admin_reads_bodies, privacy.clients))


def _mailbox(setting: Setting, address: str, owner: str) -> int:
    try:
        return mailbox_named(setting, address).id
    except NotFound:
        visibility = setting.config.privacy.visibility
        new = NewMailbox(address, "", owner=owner, visibility=visibility, origin="load")
        return mailboxes.add_mailbox(setting.database, new, utc_now())


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _show(progress: Progress, task: TaskID, done: Loaded) -> None:
    progress.update(task, completed=done.seen)
