"""`documents`: what is known of documents, and whether it is what all messages make."""

import click
from rich.table import Table

from mailcrm.cli.clients import client_named
from mailcrm.cli.setting import Setting
from mailcrm.cli.tables import show
from mailcrm.flow.documents import Step
from mailcrm.flow.rebuild import differences, look_again
from mailcrm.flow.rebuild import rebuild as place_all
from mailcrm.net.extract.pool import Extractor
from mailcrm.store import document_work
from mailcrm.store import documents as stored
from mailcrm.store.visibility import EVERYTHING


@click.group()
def documents() -> None:
    """Documents, their versions, and whom they went to."""


@documents.command("list")
@click.option("--client", "name", required=True, help="The name or id of the client.")
@click.pass_obj
def list_(setting: Setting, name: str) -> None:
    """The documents that went to or came from a client, the last moved first."""
    client = client_named(setting, name)
    with setting.database.reading() as connection:
        found = stored.of_client(connection, EVERYTHING, client.id, size=10_000)
    table = Table("id", "document", "kind", "version", "files", "first", "last")
    for one in found:
        dates = (f"{one.first_at:%Y-%m-%d}", f"{one.last_at:%Y-%m-%d}")
        table.add_row(str(one.id), one.title, one.kind, f"v{one.number}", str(one.versions), *dates)
    show(table)


@documents.command()
@click.option("--client", "name", default="", help="Show differences of this client's documents only.")
@click.option("--apply", "apply_", is_flag=True, help="Place everything anew where there are differences.")
@click.option("--read-again", is_flag=True, help="Look at the parts of every message again first.")
@click.pass_obj
@click.pass_context
def rebuild(ctx: click.Context, setting: Setting, name: str, apply_: bool, read_again: bool) -> None:
    """Make all documents anew in memory, and print what is stored otherwise; exit code 1 where anything is."""
    client = client_named(setting, name).id if name else None
    extractor = Extractor()
    desk = setting.desk()
    try:
        step = Step(desk, extractor)
        if read_again:
            look_again(step)
            place_all(step)
        found = differences(setting.database, client)
        for one in found:
            click.echo(
                f"{one.what} {one.sha}\n  stored:  {one.stored or 'nothing'}\n  rebuilt: {one.rebuilt or 'nothing'}"
            )
        if found and apply_:
            click.echo(f"{place_all(step)} messages placed anew")
            found = differences(setting.database, client)
    finally:
        desk.readers.close()
        extractor.close()
    with setting.database.reading() as connection:
        new, waiting = document_work.backlog(connection)
    click.echo(f"{len(found)} differences; {new} messages to be read and {waiting} to be placed")
    ctx.exit(1 if found else 0)
