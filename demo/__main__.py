"""`make demo`: start the mail servers of the invented company and mailcrm beside them, until Ctrl-C."""

import asyncio
import contextlib
import shutil
import signal
import socket
import sys
from argparse import ArgumentParser, Namespace
from asyncio.subprocess import Process
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from demo.company import Ports, furnish, write_config
from demo.mail import fill, letters
from demo.people import CLIENTS, DOMAIN, STAFF
from demo.servers import MailServer, serving
from demo.shelf import Shelf

_DEFAULT = Ports(web=8025, imap=8143, smtp=8587)
_LIVE_AFTER = 40.0
_STARTS_WITHIN = 60.0


def main() -> None:
    """Run the demo; ends with status 0 on Ctrl-C, with 1 where mailcrm ended by itself."""
    parser = ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where everything is kept (.demo)")
    parser.add_argument("--fresh", action="store_true", help="throw away what is there and begin anew")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(run(arguments)))


async def run(arguments: Namespace) -> int:
    """Start everything and wait; returns the exit status."""
    folder: Path = arguments.folder.absolute()
    if arguments.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    ports = Ports(*map(_free, (_DEFAULT.web, _DEFAULT.imap, _DEFAULT.smtp)))
    shelf = Shelf(folder / "mail.db")
    is_new = not shelf.accounts()
    if is_new:
        print(f"Writing {fill(shelf, now)} messages …", flush=True)
    server = MailServer(f"mail.{DOMAIN}", {member.person.email: member.password for member in STAFF})
    async with serving(server, shelf, ports.imap, ports.smtp):
        config = write_config(folder, ports)
        await asyncio.to_thread(furnish, config, now)
        status = await _run_mailcrm(config, ports, server if is_new else None, now)
    shelf.close()
    return status


async def _run_mailcrm(config: Path, ports: Ports, watched: MailServer | None, now: datetime) -> int:
    program = Path(sys.executable).with_name("mailcrm")
    # A session of its own: Ctrl-C then reaches this process alone, which ends mailcrm in order.
    process = await asyncio.create_subprocess_exec(
        program, "--config", config, "run", stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    waiting = {asyncio.create_task(process.wait()), asyncio.create_task(stopped.wait())}
    telling = asyncio.create_task(_tell(ports, watched, now))
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    if process.returncode is not None:
        print("mailcrm has ended by itself; what it said stands above.", file=sys.stderr)
        return 1
    print("\nStopping …", flush=True)
    await _end(process)
    return 0


async def _end(process: Process) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 15)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _tell(ports: Ports, watched: MailServer | None, now: datetime) -> None:
    url = f"http://127.0.0.1:{ports.web}/"
    for _ in range(int(_STARTS_WITHIN / 0.2)):
        if await asyncio.to_thread(_answers, url + "healthz"):
            break
        await asyncio.sleep(0.2)
    print(_banner(url, ports), flush=True)
    if watched is not None:
        await asyncio.sleep(_LIVE_AFTER)
        for letter in letters(now):
            for person in letter.recipients if letter.live else ():
                if person.email in watched.accounts:
                    await watched.deliver(person.email, letter.raw)


def _answers(url: str) -> bool:
    with contextlib.suppress(URLError, OSError), urlopen(url, timeout=2) as response:
        return bool(response.status == 200)
    return False


def _free(port: int) -> int:
    """The port, or another one where somebody listens on it already."""
    for wanted in (port, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", wanted))
            return int(probe.getsockname()[1])
    raise OSError("no free port on this machine")


def _banner(url: str, ports: Ports) -> str:
    width, secret = (
        max(map(len, column)) for column in zip(*((m.person.email, m.password) for m in STAFF), strict=True)
    )
    people = "\n".join(
        f"    {member.person.email:{width}}  {member.password:{secret}}  {member.person.name} ({member.role})"
        for member in STAFF
    )
    return f"""
  mailcrm is running: {url}    mailcrm работает: {url}

  Sign in / вход:
{people}

  IMAP 127.0.0.1:{ports.imap}, SMTP 127.0.0.1:{ports.smtp}: no TLS, the same names and passwords
                                              без TLS, имена и пароли те же

  Try: connect a mail program, or send mail to {STAFF[1].person.email} from {CLIENTS[0].people[0].email}
  through the SMTP port, and watch the page of {CLIENTS[0].name}. A letter from there arrives in a minute by itself.
  Попробуйте: подключите почтовую программу или отправьте письмо через порт SMTP и смотрите на страницу клиента.

  Ctrl-C ends it; the next start goes on where you left. `make clean` forgets everything.
  Ctrl-C — остановить; при следующем запуске всё останется на месте. `make clean` удаляет всё.
"""


if __name__ == "__main__":
    main()
