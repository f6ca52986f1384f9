"""`send`: the process that sends mailings, notifications and copies for Sent."""

import asyncio
import os
import signal
import threading
import time

import click

from mailcrm.cli import logs
from mailcrm.cli.send_tools import send_tools
from mailcrm.cli.setting import Setting
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import SendTools


@click.command()
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
@click.option("--parent", type=int, hidden=True, help="End when this parent process is gone.")
@click.pass_obj
def send(setting: Setting, once: bool, parent: int | None) -> None:
    """Send mailings that run, and mail of mailcrm itself."""
    logs.configure(setting.config.log.level, setting.config.log.format)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(send_tools(setting), once, parent))


async def _run(tools: SendTools, once: bool, parent: int | None) -> None:
    sender = Sender(tools)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sender.stop)
    if parent is not None:
        threading.Thread(target=_await_end, args=(loop, sender, parent), daemon=True).start()
    await sender.run(once)


def _await_end(loop: asyncio.AbstractEventLoop, sender: Sender, parent: int) -> None:
    # Not a pipe: the processes of the web server would inherit its other end and keep it open.
    while os.getppid() == parent:
        time.sleep(1.0)
    loop.call_soon_threadsafe(sender.stop)


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        # Not on every system: and what it gives is speed alone.
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.Loop
