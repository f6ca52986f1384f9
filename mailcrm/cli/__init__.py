"""The command line: `mailcrm COMMAND`; one module per family of commands, each wires flow to arguments and words."""

import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from pathlib import Path

import click

from mailcrm.cli.setting import Setting
from mailcrm.errors import MailcrmError

_FAMILIES = {
    "setup": ("init", "migrate"),
    "check": ("check",),
    "users": ("user",),
    "clients": ("client",),
    "lists": ("clients",),
    "documents": ("documents",),
    "board": ("board",),
    "mailboxes": ("mailbox",),
    "reports": ("reports",),
    "mail": ("inspect", "explain", "fsck", "load", "export"),
    "blobs": ("blobs",),
    "running": ("sync", "web", "run"),
    "sending": ("send",),
    "accounts": ("account",),
}
_MODULES = {name: module for module, names in _FAMILIES.items() for name in names}


class _Lazily(MutableMapping[str, click.Command]):
    """Commands by name, each imported when it is asked for: who sends mail or reads mailboxes for months need not carry
    the web pages in memory."""

    def __getitem__(self, name: str) -> click.Command:
        """The command of this name. Raises KeyError where there is none."""
        command: click.Command = getattr(import_module(f"mailcrm.cli.{_MODULES[name]}"), name)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __setitem__(self, name: str, command: click.Command) -> None:
        raise TypeError("commands are named in _FAMILIES")

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are named in _FAMILIES")


class _Commands(click.Group):
    """Turns our errors into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except MailcrmError as error:
            click.echo(f"mailcrm: {' '.join(str(error).split())}", err=True)
            sys.exit(1)


@click.group(cls=_Commands, commands=_Lazily(), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "path", type=click.Path(path_type=Path), help="The configuration file.")
@click.version_option(package_name="mailcrm")
@click.pass_context
def main(ctx: click.Context, path: Path | None) -> None:
    """mailcrm files the mail of your staff under the clients it concerns."""
    ctx.obj = Setting(path)
