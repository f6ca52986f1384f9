"""The command line: `mailcrm COMMAND`; one module per family of commands, each wires flow to arguments and words."""

import sys
from pathlib import Path

import click

from mailcrm.cli import (
    blobs,
    board,
    check,
    clients,
    documents,
    lists,
    mail,
    mailboxes,
    reports,
    running,
    sending,
    setup,
    users,
)
from mailcrm.cli.setting import Setting
from mailcrm.errors import MailcrmError


class _Commands(click.Group):
    """Turns our errors into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except MailcrmError as error:
            click.echo(f"mailcrm: {' '.join(str(error).split())}", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "path", type=click.Path(path_type=Path), help="The configuration file.")
@click.version_option(package_name="mailcrm")
@click.pass_context
def main(ctx: click.Context, path: Path | None) -> None:
    """mailcrm files the mail of your staff under the clients it concerns."""
    ctx.obj = Setting(path)


for _command in (
    setup.init,
    setup.migrate,
    check.check,
    users.user,
    clients.client,
    lists.clients,
    documents.documents,
    board.board,
    mailboxes.mailbox,
    reports.reports,
    mail.inspect,
    mail.explain,
    mail.fsck,
    blobs.blobs,
    mail.load,
    mail.export,
    running.sync,
    sending.send,
    running.web,
    running.run,
):
    main.add_command(_command)
main.add_command(sending.account)
