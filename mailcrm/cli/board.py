"""`board`: what the waiting board is made of."""

import click

from mailcrm.cli.setting import Setting
from mailcrm.flow import board as flow


@click.group()
def board() -> None:
    """The board of who waits for whom."""


@board.command()
@click.pass_obj
def rebuild(setting: Setting) -> None:
    """Find anew who waits for whom, from the messages; what people said on the board stays."""
    count = flow.rebuild(setting.office, setting.by)
    click.echo(f"{count} threads looked at.")
