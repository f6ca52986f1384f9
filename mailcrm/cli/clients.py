"""`client add|list|domain|address`."""

import click
from rich.table import Table

from mailcrm.cli.setting import Setting
from mailcrm.cli.tables import show
from mailcrm.errors import NotFound
from mailcrm.flow import clients
from mailcrm.flow.clients import KINDS, NewClient
from mailcrm.store import clients as stored
from mailcrm.store import contacts, people
from mailcrm.store.clients import ClientFilter, ClientRow
from mailcrm.store.visibility import EVERYTHING


@click.group()
def client() -> None:
    """Companies and persons whose records these are."""


@client.command()
@click.argument("name")
@click.option("--domain", "domains", multiple=True, help="A domain of the client (repeatable).")
@click.option("--address", "addresses", multiple=True, help="An e-mail address of the client (repeatable).")
@click.option("--kind", type=click.Choice(KINDS), default="company", show_default=True)
@click.option("--owner", default="", help="The login of the user who owns it.")
@click.pass_obj
def add(setting: Setting, /, name: str, kind: str, owner: str, **names: tuple[str, ...]) -> None:
    """Add a client; its past is found in the mail that is there."""
    new = NewClient(name, kind, _owner(setting, owner), names["domains"], names["addresses"])
    number = clients.add_client(setting.office, setting.by, new)
    click.echo(f"Added {name.strip()} as client {number}.")


@client.command("list")
@click.argument("words", nargs=-1)
@click.option("--archived", is_flag=True)
@click.pass_obj
def list_(setting: Setting, words: tuple[str, ...], archived: bool) -> None:
    """Show clients, all of them or those that fit WORDS."""
    table = Table("Id", "Name", "Owner", "Domains", "Addresses", "Messages", "Last in", "Last out")
    wanted, after = ClientFilter(" ".join(words), archived=archived), None
    with setting.database.reading() as connection:
        while page := stored.clients(connection, EVERYTHING, wanted, after, 200):
            for row in page:
                names = (stored.domains(connection, row.id), contacts.all_addresses(connection, row.id))
                days = [f"{at:%Y-%m-%d}" if at else "" for at in (row.last_in_at, row.last_out_at)]
                shown = ["\n".join(n) for n in names]
                table.add_row(str(row.id), row.name, row.owner_name or "", *shown, str(row.message_count), *days)
            after = stored.cursor(page[-1], wanted.order)
    show(table)


@client.command()
@click.argument("name")
@click.argument("domain")
@click.option("--remove", is_flag=True, help="Take the domain away, and the links that only it had made.")
@click.pass_obj
def domain(setting: Setting, name: str, domain: str, remove: bool) -> None:
    """Give the client NAME (or its id) a DOMAIN and find its past."""
    found = client_named(setting, name)
    if remove:
        clients.remove_domain(setting.office, setting.by, found.id, domain)
        click.echo(f"{found.name} has the domain {domain} no more.")
    else:
        waiting = clients.add_domain(setting.office, setting.by, found.id, domain)
        click.echo(f"{found.name} has the domain {domain}; {waiting} more messages will be fetched.")


@client.command()
@click.argument("name")
@click.argument("email")
@click.option("--remove", is_flag=True, help="Take the address away, and the links that only it had made.")
@click.pass_obj
def address(setting: Setting, name: str, email: str, remove: bool) -> None:
    """Give the client NAME (or its id) an address and find its past."""
    found = client_named(setting, name)
    if remove:
        clients.remove_address(setting.office, setting.by, found.id, email)
        click.echo(f"{found.name} has the address {email} no more.")
    else:
        waiting = clients.add_address(setting.office, setting.by, found.id, email)
        click.echo(f"{found.name} has the address {email}; {waiting} more messages will be fetched.")


def client_named(setting: Setting, name: str) -> ClientRow:
    """The client with this id or name; raises NotFound."""
    with setting.database.reading() as connection:
        found = stored.client_by_name(connection, EVERYTHING, name)
        if found is None and name.isdecimal():
            found = stored.client(connection, EVERYTHING, int(name))
    if found is None:
        raise NotFound(f'There is no client "{name}": `mailcrm client list` shows them.')
    return found


def _owner(setting: Setting, login: str) -> int | None:
    if not login:
        return None
    with setting.database.reading() as connection:
        found = people.user_by_login(connection, login)
    if found is None:
        raise NotFound(f"There is no user {login}: `mailcrm user list` shows them.")
    return found.id
