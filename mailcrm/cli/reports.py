"""`reports`: what reports count, made anew where the work calendar was changed."""

import click

from mailcrm.cli.setting import Setting
from mailcrm.daemon import utc_now
from mailcrm.flow.tally import rebuild as count_again


@click.group()
def reports() -> None:
    """Reports and what they count."""


@reports.command()
@click.pass_obj
def rebuild(setting: Setting) -> None:
    """Count every message anew, as after a change of `[work]`: days and answer times are stored."""
    click.echo(f"{count_again(setting.office, setting.work, utc_now())} entries counted")
