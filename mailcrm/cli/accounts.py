"""`account add|list|probe`."""

import asyncio
import sys

import click
from rich.table import Table

from mailcrm.cli.mailboxes import only_server
from mailcrm.cli.send_tools import send_tools
from mailcrm.cli.setting import Setting
from mailcrm.cli.tables import show
from mailcrm.errors import ConfigError, NotFound
from mailcrm.flow import accounts, probe
from mailcrm.flow.accounts import NewAccount
from mailcrm.flow.probe import Probe
from mailcrm.mail import address as addresses
from mailcrm.store import send_accounts
from mailcrm.store.send_accounts import SendAccountRow


@click.group()
def account() -> None:
    """Accounts that offers and mailings leave by."""


@account.command()
@click.argument("address")
@click.option("--server", default="", help="The NAME of its [servers.NAME]; needed where there are several.")
@click.option("--user", default="", help="The login of who sends by it; none for an account of the company.")
@click.option("--name", default="", help="The name that recipients see.")
@click.option("--login", default="", help="What the server is told, where it is not the address.")
@click.option("--own-password", is_flag=True, help="Ask for a password instead of signing in as the mailbox does.")
@click.option("--password-env", default="", help="The environment variable that holds the password.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--no-sign-in", is_flag=True, help="The server asks for no sign-in.")
@click.pass_obj
def add(setting: Setting, /, address: str, **options: str | bool) -> None:
    """Add an account. It signs in as the mailbox of the same address does, unless another way is named."""
    server = setting.config.server(str(options["server"]) or only_server(setting))
    if not server.smtp_host:
        raise ConfigError(f"servers.{server.name}: add smtp_host, so that mail of its mailboxes can leave.")
    asked = bool(options["own_password"] or options["password_stdin"])
    new = NewAccount(
        address,
        server.smtp_host,
        server.smtp_port,
        server.smtp_tls,
        str(server.ca_file) if server.ca_file else None,
        str(options["login"]),
        str(options["name"]),
        str(options["user"]),
        "" if asked else _source(options),
    )
    password = _password(bool(options["password_stdin"])) if asked else ""
    number = accounts.add_account(setting.database, setting.by, new)
    if password:
        accounts.set_password(setting.database, setting.by, setting.keyring, number, password)
    click.echo(f"Added the account {address}. `mailcrm account probe {address}` tries it out.")


@account.command("list")
@click.pass_obj
def list_(setting: Setting) -> None:
    """Show all accounts and how they fare."""
    table = Table("Address", "User", "Server", "State", "Sent copies", "Per minute", "Per day", "Error")
    with setting.database.reading() as connection:
        for row in send_accounts.accounts(connection):
            limits = [str(number) if number else "no limit" for number in (row.per_minute, row.per_day)]
            shown = (row.user_name or "company", f"{row.host}:{row.port}", row.state, row.sent_copy, *limits)
            table.add_row(row.address, *shown, row.last_error)
    show(table)


@account.command("probe")
@click.argument("address")
@click.pass_obj
@click.pass_context
def probe_(ctx: click.Context, setting: Setting, address: str) -> None:
    """Let an account write to itself, and say what its server does with mail; sets how copies get into Sent."""
    found = asyncio.run(probe.run(send_tools(setting), _named(setting, address)))
    for line in _told(found):
        click.echo(line)
    ctx.exit(0 if found.state == "done" else 1)


def _told(found: Probe) -> list[str]:
    if found.state == "failed":
        return [f"wrong {found.error}"]
    facts = {
        "arrived": found.arrived,
        "Message-ID kept": found.message_id_kept,
        "Date kept": found.date_kept,
        "DKIM signature": found.signed,
        "List-Unsubscribe signed": found.list_headers_signed,
        "Sent folder": found.sent_found,
        "saved in Sent by the server": found.sent_saved,
        "delivery reports (DSN)": "dsn" in found.extensions,
        "pipelining": "pipelining" in found.extensions,
        "SMTPUTF8": "smtputf8" in found.extensions,
    }
    words = {True: "yes", False: "no", None: "could not be seen"}
    lines = [f"{name}: {words[value]}" for name, value in facts.items()]
    size = f"largest message: {found.size // 1_000_000} MB" if found.size else "largest message: not told"
    return [*lines, size, f"copies in Sent: {found.sent_copy or 'as they were'}"]


def _named(setting: Setting, address: str) -> SendAccountRow:
    with setting.database.reading() as connection:
        found = send_accounts.account_by_address(connection, addresses.normalise(address))
    if found is None:
        raise NotFound(f"There is no account {address}: `mailcrm account list` shows them.")
    return found


def _source(options: dict[str, str | bool]) -> str:
    if options["no_sign_in"]:
        return "none"
    return f"env:{options['password_env']}" if options["password_env"] else "mailbox"


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password of the account", hide_input=True))
