"""A private Dovecot for tests: own folder, free port, any user name with one password, a master user, TLS if asked."""

import contextlib
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.servers import free_port, program

CONFIG = """
base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
protocols = imap
listen = 127.0.0.1
ssl = @SSL@
disable_plaintext_auth = no
auth_master_user_separator = *
mail_uid = @UID@
mail_gid = @GID@
first_valid_uid = 1
first_valid_gid = 1
@LOGIN_USERS@
mail_location = maildir:~/Maildir
mail_fsync = never
auth_failure_delay = 0
mail_max_userip_connections = 5000
default_client_limit = 20000
default_process_limit = 3000
passdb {
  driver = static
  master = yes
  args = user=master password=masterpass
}
passdb {
  driver = static
  args = password=pass
}
userdb {
  driver = static
  args = uid=@UID@ gid=@GID@ home=@DIR@/mail/%u allow_all_users=yes
}
service imap-login {
  service_count = 0
  chroot = @CHROOT@
  inet_listener imap {
    port = @PORT@
  }
  inet_listener imaps {
    port = @TLS_PORT@
    ssl = yes
  }
}
service anvil {
  chroot = @CHROOT@
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    special_use = \\Sent
    auto = create
  }
  mailbox Drafts {
    special_use = \\Drafts
    auto = create
  }
  mailbox Archive {
    special_use = \\Archive
    auto = create
  }
}
"""


class Dovecot:
    """Use as a context manager, or `start` and `stop`. Every user name signs in with "pass"; `name*master` with
    "masterpass". `port` speaks plain text and STARTTLS, `tls_port` implicit TLS (both only with a certificate)."""

    password = "pass"
    master_password = "masterpass"

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.port = free_port()
        self.tls_port = free_port() if certificate else 0
        self.config = self.folder / "dovecot.conf"
        self._dropped = 0
        self._process: subprocess.Popen[bytes] | None = None
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.uid, self.gid = owner.pw_uid, owner.pw_gid
        self._write_config(owner.pw_name, certificate, key)

    def _write_config(self, name: str, certificate: Path | None, key: Path | None) -> None:
        root = os.getuid() == 0
        users = "" if root else f"default_internal_user = {name}\ndefault_login_user = {name}\n"
        if not root:
            users += f"default_internal_group = {grp.getgrgid(self.gid).gr_name}\n"
        text = CONFIG.replace("@DIR@", str(self.folder)).replace("@PORT@", str(self.port))
        text = text.replace("@TLS_PORT@", str(self.tls_port)).replace("@SSL@", "yes" if certificate else "no")
        text = text.replace("@UID@", str(self.uid)).replace("@GID@", str(self.gid)).replace("@LOGIN_USERS@", users)
        text = text.replace("@CHROOT@", "login" if root else "")
        if certificate:
            text += f"ssl_cert = <{certificate}\nssl_key = <{key or certificate}\n"
        self.config.write_text(text)
        for part in ("run", "state", "mail"):
            (self.folder / part).mkdir()
        self.folder.chmod(0o755)
        if root:
            os.chown(self.folder / "mail", self.uid, self.gid)

    def start(self) -> Self:
        """Starts it and waits until it greets. Raises RuntimeError with its log if it does not."""
        dovecot = program("dovecot", "dovecot-imapd")
        self._process = subprocess.Popen([dovecot, "-F", "-c", str(self.config)], stderr=subprocess.DEVNULL)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.settimeout(2)
                if probe.recv(4) == b"* OK":
                    return self
            time.sleep(0.05)
        log = self.folder / "log"
        said = log.read_text() if log.exists() else "no log"
        self.stop()
        raise RuntimeError(f"Dovecot does not start: {said}")

    def log(self) -> str:
        """What it has written to its log."""
        return (self.folder / "log").read_text()

    def halt(self) -> None:
        """Stops it; its mail stays for the next start."""
        if self._process is not None:
            # Who is signed in is served to the end otherwise, by processes that outlive the master.
            served = psutil.Process(self._process.pid).children(recursive=True)
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            for one in served:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()

    def stop(self) -> None:
        """Stops it and removes its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def doveadm(self, *arguments: str, given: bytes = b"") -> str:
        """What doveadm prints. Raises RuntimeError with its complaint."""
        done = subprocess.run(
            [program("doveadm", "dovecot-imapd"), "-c", str(self.config), *arguments],
            input=given,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout.decode()

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        """Puts one message into a mailbox, as a delivery agent would."""
        self.doveadm("save", "-u", user, "-m", folder, given=raw)

    def fill(self, user: str, messages: list[bytes], folder: str = "INBOX") -> None:
        """Puts many messages into a mailbox fast, by writing its Maildir: before anybody looks at it."""
        home = self.folder / "mail" / user
        maildir = home / "Maildir" if folder == "INBOX" else home / "Maildir" / f".{folder.replace('/', '.')}"
        for part in ("cur", "new", "tmp"):
            (maildir / part).mkdir(parents=True, exist_ok=True)
        for number, raw in enumerate(messages):
            (maildir / "cur" / f"{1700000000 + number}.M{number}P1.test,S={len(raw)}:2,").write_bytes(raw)
        for path in (home, *home.rglob("*")):
            if os.getuid() == 0:
                os.chown(path, self.uid, self.gid)

    def drop(self, user: str, messages: list[bytes], folder: str = "INBOX") -> None:
        """Puts messages into a mailbox that may be open, as a delivery agent that knows Maildir does."""
        home = self.folder / "mail" / user
        maildir = home / "Maildir" if folder == "INBOX" else home / "Maildir" / f".{folder.replace('/', '.')}"
        for path in (home, home / "Maildir", maildir, maildir / "cur", maildir / "new", maildir / "tmp"):
            if not path.exists():
                path.mkdir()
                self._give(path)
        for raw in messages:
            self._dropped += 1
            path = maildir / "tmp" / f"{1800000000 + self._dropped}.M{self._dropped}P1.test,S={len(raw)}"
            path.write_bytes(raw)
            self._give(path)
            path.rename(maildir / "new" / path.name)

    def _give(self, path: Path) -> None:
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid)

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        """The UIDs of a folder, in order."""
        said = self.doveadm("-f", "tab", "fetch", "-u", user, "uid", "mailbox", folder)
        return [int(line) for line in said.splitlines()[1:]]

    def flags(self, user: str, folder: str = "INBOX") -> str:
        """UID, flags and identity of every message, as the server has them: to compare before and after."""
        return self.doveadm("fetch", "-u", user, "uid flags guid modseq", "mailbox", folder)
