"""`user add|list|password|deactivate|forget-app`."""

import sys

import click
from rich.table import Table

from mailcrm.cli.setting import Setting
from mailcrm.cli.tables import show
from mailcrm.daemon import utc_now
from mailcrm.errors import NotFound
from mailcrm.flow import people, second_factor
from mailcrm.flow.people import LANGUAGES, ROLES, NewUser
from mailcrm.store import people as stored
from mailcrm.store.people import UserRow


@click.group()
def user() -> None:
    """Members of staff who sign in."""


@user.command()
@click.argument("login")
@click.option("--name", default="", help="How the user is called.")
@click.option("--role", type=click.Choice(ROLES), default="staff", show_default=True)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--address", "addresses", multiple=True, help="One more address to write from (repeatable).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.option("--no-password", is_flag=True, help="Nobody can sign in as this user by password.")
@click.pass_obj
def add(setting: Setting, /, login: str, password_stdin: bool, no_password: bool, **rest: object) -> None:
    """Add a user; asks for the password."""
    secret = None if no_password else _password(password_stdin)
    name, role, language = str(rest["name"]), str(rest["role"]), str(rest["language"])
    addresses = rest["addresses"] if isinstance(rest["addresses"], tuple) else ()
    people.add_user(setting.database, NewUser(login, name, secret, role, language, addresses), utc_now())
    click.echo(f"Added {login.strip().casefold()} ({role}).")


@user.command("list")
@click.pass_obj
def list_(setting: Setting) -> None:
    """Show all users."""
    table = Table("Login", "Name", "Role", "Addresses", "State")
    with setting.database.reading() as connection:
        for row in stored.users(connection):
            others = [a for a in stored.addresses(connection, row.id) if a != row.login]
            table.add_row(row.login, row.name, row.role, "\n".join(others), "" if row.is_active else "deactivated")
    show(table)


@user.command()
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def password(setting: Setting, login: str, password_stdin: bool) -> None:
    """Set a new password and end all sessions."""
    found = _user(setting, login)
    people.change_password(setting.database, found.id, _password(password_stdin), utc_now())
    click.echo(f"{found.login} has a new password; all sessions ended.")


@user.command()
@click.argument("login")
@click.pass_obj
def deactivate(setting: Setting, login: str) -> None:
    """Let a user sign in no more."""
    found = _user(setting, login)
    people.deactivate(setting.database, found.id, utc_now())
    click.echo(f"{found.login} can sign in no more.")


@user.command("forget-app")
@click.argument("login")
@click.pass_obj
def forget_app(setting: Setting, login: str) -> None:
    """Ask a user for no authenticator app any more, who has lost it and his backup codes."""
    found = _user(setting, login)
    second_factor.remove(setting.database, setting.by, found.id)
    click.echo(f"{found.login} is asked for no code any more.")


def _user(setting: Setting, login: str) -> UserRow:
    with setting.database.reading() as connection:
        found = stored.user_by_login(connection, login)
    if found is None:
        raise NotFound(f"There is no user {login}: `mailcrm user list` shows them.")
    return found


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
