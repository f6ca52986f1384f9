"""`mailbox add|list|pause|resume|password`."""

import sys

import click
from rich.table import Table

from mailcrm.cli.setting import Setting
from mailcrm.cli.tables import show
from mailcrm.config import MailboxSource
from mailcrm.daemon import utc_now
from mailcrm.errors import ConfigError, NotFound
from mailcrm.flow import mailboxes
from mailcrm.flow.rounds import VISIBILITY
from mailcrm.mail import address as addresses
from mailcrm.store import mailboxes as stored
from mailcrm.store.mailboxes import MailboxRow


@click.group()
def mailbox() -> None:
    """IMAP accounts that are read."""


@mailbox.command()
@click.argument("address")
@click.option("--server", default="", help="The NAME of its [servers.NAME]; needed where there are several.")
@click.option("--login", default="", help="What the server is told, where it is not the address.")
@click.option("--owner", default="", help="The login of the user it belongs to; none for a shared mailbox.")
@click.option("--visibility", type=click.Choice(list(VISIBILITY)), help="What colleagues see of it.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Older mail is not read.")
@click.option("--master", is_flag=True, help="Sign in as the master user of the server.")
@click.option("--password-env", default="", help="The environment variable that holds the password.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def add(setting: Setting, /, address: str, server: str, password_stdin: bool, **rest: object) -> None:
    """Add a mailbox; asks for its password unless another source is named."""
    server = server or only_server(setting)
    since = rest.pop("since")
    day = since.date() if since else None  # type: ignore[attr-defined]
    visibility = str(rest.pop("visibility") or "")
    source = MailboxSource(address, server, visibility=visibility, since=day, **rest)  # type: ignore[arg-type]
    new = setting.new_mailbox(source, "cli")
    secret = "" if new.secret_source else _password(password_stdin)
    number = mailboxes.add_mailbox(setting.database, new, utc_now())
    if secret:
        mailboxes.set_password(setting.database, setting.keyring, number, secret, setting.by)
    click.echo(f"Added the mailbox {address}. `mailcrm check` says whether it opens.")


@mailbox.command("list")
@click.pass_obj
def list_(setting: Setting) -> None:
    """Show all mailboxes and how they fare."""
    table = Table("Address", "Owner", "Server", "Visibility", "State", "Last success", "Waiting", "Error")
    with setting.database.reading() as connection:
        for row in stored.mailboxes(connection):
            last = f"{row.last_success_at:%Y-%m-%d %H:%M} UTC" if row.last_success_at else "never"
            server = f"{row.host}:{row.port}" if row.host else "loaded from files"
            waiting = str(stored.progress(connection, row.id).waiting)
            shown = (row.user_name or "shared", server, row.visibility, row.state, last, waiting, row.last_error)
            table.add_row(row.address, *shown)
    show(table)


@mailbox.command()
@click.argument("address")
@click.pass_obj
def pause(setting: Setting, address: str) -> None:
    """Read a mailbox no more; what was read stays."""
    mailboxes.pause(setting.database, mailbox_named(setting, address).id, setting.by)
    click.echo(f"{address} is paused.")


@mailbox.command()
@click.argument("address")
@click.pass_obj
def resume(setting: Setting, address: str) -> None:
    """Read a mailbox again."""
    mailboxes.resume(setting.database, mailbox_named(setting, address).id, setting.by)
    click.echo(f"{address} will be read again.")


@mailbox.command()
@click.argument("address")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def password(setting: Setting, address: str, password_stdin: bool) -> None:
    """Seal a new password for a mailbox; it is tried at once."""
    found = mailbox_named(setting, address)
    mailboxes.set_password(setting.database, setting.keyring, found.id, _password(password_stdin), setting.by)
    click.echo(f"{address} has a new password.")


def mailbox_named(setting: Setting, address: str) -> MailboxRow:
    """The mailbox of this address; raises NotFound."""
    with setting.database.reading() as connection:
        found = stored.mailbox_by_address(connection, addresses.normalise(address))
    if found is None:
        raise NotFound(f"There is no mailbox {address}: `mailcrm mailbox list` shows them.")
    return found


def only_server(setting: Setting) -> str:
    """The name of the one mail server of the configuration; raises ConfigError where there are none or several."""
    names = [server.name for server in setting.config.servers]
    if len(names) != 1:
        said = f"there are {', '.join(names)}" if names else f"add [servers.NAME] to {setting.config.path} first"
        raise ConfigError(f"Which server? Say --server NAME; {said}.")
    return names[0]


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password of the mailbox", hide_input=True))
