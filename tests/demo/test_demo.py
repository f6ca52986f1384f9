"""`make demo` as a newcomer meets it: one command, sign in, a timeline with real threads, mail that arrives."""

import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
SUBJECT = "Ein Wort zu den Bojen"
LETTER = f"From: j.kessler@kessler-umwelt.example\r\nTo: daniel@taiga.example\r\nSubject: {SUBJECT}\r\n\r\nHallo!\r\n"


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(encoding="utf-8")


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    """`python -m demo` until the end of the block; it has printed where it is."""
    output = folder / "output"
    with output.open("wb") as out:
        command = [sys.executable, "-m", "demo", "--folder", folder / "demo"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    running = Demo(process, output)
    try:
        wait_until(lambda: "Sign in" in running.said() or process.poll() is not None, "the demo is up", 90)
        assert process.poll() is None, running.said()
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@dataclass(frozen=True)
class Visitor:
    """A browser without JavaScript, signed in as Daniel."""

    url: str
    jar: CookieJar

    def page(self, path: str, form: dict[str, str] | None = None) -> str:
        """The page at a path; with a form, what answers it. Raises HTTPError for anything but a page."""
        opener = build_opener(HTTPCookieProcessor(self.jar))
        with opener.open(self.url + path, data=urlencode(form).encode() if form else None, timeout=20) as response:
            return unescape(str(response.read().decode()))

    def sign_in(self) -> None:
        """Sign in by the form."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page("sign-in"))
        assert token
        self.page("sign-in", {"csrf_token": token[1], "login": "daniel@taiga.example", "password": "daniel-at-taiga"})


def test_a_newcomer_sees_a_client_and_new_mail(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        url = re.search(r"http://127\.0\.0\.1:\d+/", running.said())
        port = re.search(r"SMTP 127\.0\.0\.1:(\d+)", running.said())
        assert url
        assert port
        visitor = Visitor(url[0], CookieJar())
        visitor.sign_in()
        kessler = re.search(
            r'href="/(clients/\d+)"[^>]*>\s*(?:<[^>]*>\s*)*Kessler Umwelttechnik', visitor.page("clients")
        )
        assert kessler
        wait_until(lambda: "Tender of the city of Potsdam" in visitor.page(kessler[1]), "the thread is there", 60)
        with smtplib.SMTP("127.0.0.1", int(port[1])) as smtp:
            smtp.sendmail("j.kessler@kessler-umwelt.example", ["daniel@taiga.example"], LETTER.encode())
        wait_until(lambda: SUBJECT in visitor.page(kessler[1]), "new mail is on the timeline", 20)
    assert running.process.returncode == 0, running.said()
    assert "Traceback" not in running.said()
