"""`send`: the process that sends mailings, notifications and copies for Sent."""

import asyncio
import os
import secrets
import signal
import socket
import threading
import time

import click

from mailcrm.cli import logs
from mailcrm.cli.setting import Setting
from mailcrm.errors import ConfigError
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import CompanyAccount, SendTools
from mailcrm.net.smtp.values import SmtpLogin, SmtpServer


@click.command()
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
@click.option("--parent", type=int, hidden=True, help="End when this parent process is gone.")
@click.pass_obj
def send(setting: Setting, once: bool, parent: int | None) -> None:
    """Send mailings that run, and mail of mailcrm itself."""
    logs.configure(setting.config.log.level, setting.config.log.format)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(send_tools(setting), once, parent))


def send_tools(setting: Setting) -> SendTools:
    """What sending works with, as the configuration says. Raises ConfigError."""
    return SendTools(
        setting.database,
        setting.blobs,
        setting.credentials,
        worker=f"send:{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        company=_company(setting),
        is_alive=is_alive,
        base_url=setting.config.base_url,
    )


def is_alive(worker: str) -> bool:
    """False for the name of a process of this machine that is no more; others are believed to live."""
    kind, host, number = [*worker.split(":"), "", ""][:3]
    if kind != "send" or host != socket.gethostname() or not number.isdecimal():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


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


def _company(setting: Setting) -> CompanyAccount | None:
    smtp = setting.config.smtp
    if not smtp.host:
        return None
    ca_file = str(smtp.ca_file) if smtp.ca_file else None
    server = SmtpServer(smtp.host, smtp.port, smtp.tls, ca_file)  # type: ignore[arg-type]
    login = SmtpLogin(smtp.login, _password(setting)) if smtp.login else None
    return CompanyAccount(server, smtp.address, smtp.name, login)


def _password(setting: Setting) -> str:
    smtp = setting.config.smtp
    if smtp.password_file is not None:
        try:
            return smtp.password_file.read_text("utf-8").rstrip("\n")
        except OSError as error:
            raise ConfigError(f"smtp.password_file cannot be read: {error.strerror}.") from error
    if smtp.password_env not in os.environ:
        raise ConfigError(f"smtp: the environment variable {smtp.password_env} is not set.")
    return os.environ[smtp.password_env]
