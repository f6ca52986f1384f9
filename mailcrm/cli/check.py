"""`check`: whether configuration, key, database, blobs and every mailbox are right, in plain words."""

from collections.abc import Callable

import click

from mailcrm.cli.setting import Setting
from mailcrm.errors import MailcrmError
from mailcrm.net.imap.session import Session
from mailcrm.store import rounds
from mailcrm.store.rounds import Account


@click.command()
@click.pass_obj
@click.pass_context
def check(ctx: click.Context, setting: Setting) -> None:
    """Say whether everything works; connects to every mailbox."""
    good = _try("configuration", lambda: str(setting.config.path))
    good = good and _try("key", lambda: (setting.keyring, str(setting.config.key_path))[1])
    good = good and _try("database", lambda: _database(setting))
    if not good:
        ctx.exit(1)
    good = _try("blobs", lambda: _stored(setting))
    good = _try("mailboxes of the configuration", lambda: _declared(setting)) and good
    with setting.database.reading() as connection:
        accounts = rounds.accounts(connection)
    if not accounts:
        click.echo("no mailbox yet: `mailcrm mailbox add ADDRESS` adds one")
    for account in accounts:
        good = _try(f"mailbox {account.address}", lambda account=account: _opened(setting, account)) and good  # type: ignore[misc]
    ctx.exit(0 if good else 1)


def _try(what: str, question: Callable[[], str]) -> bool:
    try:
        click.echo(f"ok    {what}: {question()}")
    except MailcrmError as error:
        click.echo(f"wrong {what}: {' '.join(str(error).split())}")
        return False
    return True


def _database(setting: Setting) -> str:
    kind = "SQLite" if setting.database.is_sqlite else "PostgreSQL"
    return f"{kind}, revision {setting.database.revision()}"


def _stored(setting: Setting) -> str:
    next(setting.blobs.iterate(), None)  # a bucket says only now whether it lets us in
    return str(setting.blobs.place)


def _declared(setting: Setting) -> str:
    setting.declare_mailboxes()
    return f"{len(setting.config.mailboxes)}"


def _opened(setting: Setting, account: Account) -> str:
    credentials = setting.credentials
    with Session.open(credentials.server(account), credentials.login(account)) as session:
        return f"signed in to {account.host}, {len(session.folders())} folders"
