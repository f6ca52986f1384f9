"""`init` and `migrate`: from nothing to a database that is ready."""

from pathlib import Path

import click

from mailcrm.cli.setting import Setting
from mailcrm.errors import Refused
from mailcrm.flow.migrate import migrate as apply
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database

_TEMPLATE = """\
# Every key is explained in config.example.toml.
domains = [{domains}]
data_dir = "data"

[web]
listen = "127.0.0.1"
port = 8025

# [servers.main]
# host = "imap.{domain}"
"""


@click.command()
@click.option("--domain", "domains", multiple=True, required=True, help="A domain of your company (repeatable).")
@click.option("--database", default="", help="postgresql://… instead of SQLite.")
@click.pass_obj
def init(setting: Setting, domains: tuple[str, ...], database: str) -> None:
    """Write a configuration, make a key and the database."""
    path = setting.path or Path("config.toml")
    if path.exists():
        raise Refused(f"{path} is there already: edit it, or name another with --config.")
    quoted = ", ".join(f'"{d.strip().casefold()}"' for d in domains)
    text = _TEMPLATE.format(domains=quoted, domain=domains[0].strip().casefold())
    if database:
        text = text.replace('data_dir = "data"\n', f'data_dir = "data"\ndatabase = "{database}"\n')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    made = Setting(path)
    try:
        Keyring.load(made.config.key_path, create=True)
        _migrate(made)
    except BaseException:
        path.unlink()
        raise
    click.echo(f"Wrote {path} and the key {made.config.key_path}: keep a copy of the key apart from your backups.")
    click.echo("Next: `mailcrm user add you@… --role admin`, then `mailcrm mailbox add`, then `mailcrm run`.")


@click.command()
@click.pass_obj
def migrate(setting: Setting) -> None:
    """Bring the database to the schema of this program."""
    click.echo(f"The database is at revision {_migrate(setting)}.")


def _migrate(setting: Setting) -> str | None:
    if setting.config.database_url.startswith("sqlite:///"):
        Path(setting.config.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database = Database(setting.config.database_url)
    try:
        return apply(database)
    finally:
        database.close()
