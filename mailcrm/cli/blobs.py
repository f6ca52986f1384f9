"""`blobs copy` and `blobs sweep`: moving raw messages and attachments to another store, and taking out the rubbish."""

from datetime import timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mailcrm.cli.setting import Setting
from mailcrm.daemon import utc_now
from mailcrm.flow import sweep as flow_sweep
from mailcrm.flow import transfer
from mailcrm.net.blobs import open_blobs

_KINDS = ("folder", "s3")


@click.group()
def blobs() -> None:
    """The store of raw messages and attachments."""


@blobs.command()
@click.option("--to", "kind", type=click.Choice(_KINDS), required=True, help="The store that they are copied to.")
@click.pass_obj
@click.pass_context
def copy(ctx: click.Context, setting: Setting, kind: str) -> None:
    """Copy every blob to the other store that [blobs] names; may be interrupted and repeated.

    Each one is checked by its hash and read back. The store that is copied from stays as it is.
    """
    other = _KINDS[1 - _KINDS.index(kind)]
    source, target = (open_blobs(setting.config.blob_place(one)) for one in (other, kind))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("blobs", total=None)
        done = transfer.copy(source, target, lambda d, total: progress.update(task, completed=d.seen, total=total))
    for name in done.corrupt:
        click.echo(f"corrupt {name}")
    said = f"{done.copied} copied ({done.size / 1e6:.1f} MB), {done.present} there before, {len(done.corrupt)} corrupt"
    click.echo(f"{source.place} to {target.place}: {said}.")
    if setting.config.blobs.kind != kind and not done.corrupt:
        click.echo(
            f'Next: stop mailcrm, run this once more, set kind = "{kind}" in [blobs], start, run `mailcrm fsck`.'
        )
    ctx.exit(1 if done.corrupt else 0)


@blobs.command()
@click.option("--apply", is_flag=True, help="Remove them; without it they are only shown.")
@click.option(
    "--grace",
    type=click.IntRange(1, 3650),
    default=flow_sweep.GRACE.days,
    show_default=True,
    help="Days for which a blob is left alone, whether or not anything refers to it.",
)
@click.pass_obj
def sweep(setting: Setting, apply: bool, grace: int) -> None:
    """Find the blobs that no message refers to; remove them with --apply."""
    before = utc_now() - timedelta(days=grace)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} looked at"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("blobs", total=None)
        found = flow_sweep.orphans(
            setting.database, setting.blobs, before, lambda looked: progress.update(task, completed=looked)
        )
    for one in found:
        click.echo(f"orphaned {one.name} {one.size}")
    sizes = {one.name: one.size for one in found}
    if not apply:
        click.echo(f"{len(sizes)} orphans, {sum(sizes.values()) / 1e6:.1f} MB; nothing was removed, --apply does it.")
        return
    removed = flow_sweep.remove(setting.database, setting.blobs, sizes, before)
    click.echo(f"{len(removed)} orphans removed, {sum(sizes[name] for name in removed) / 1e6:.1f} MB.")
