"""The command line from outside: what it prints, what it refuses in one line, and that it keeps secrets to itself."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mailcrm.cli import main
from mailcrm.cli.logs import configure
from mailcrm.mail import parse
from tests.dovecot import Dovecot
from tests.mailroom import mail

Run = Callable[..., Result]
DATE = "Mon, 02 Mar 2026 08:00:00 +0000"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("user add …", stdin)` in a folder of its own; without tables and configuration yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILCRM_CONFIG", raising=False)

    def command(words: str | list[str], given: str = "") -> Result:
        arguments = words.split() if isinstance(words, str) else words
        return CliRunner().invoke(main, arguments, input=given, catch_exceptions=False)

    return command


@pytest.fixture
def ready(run: Run) -> Run:
    """The same after `init`."""
    assert run("init --domain example.com").exit_code == 0
    return run


def out(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result) -> str:
    """The one line of an error."""
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("mailcrm: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def commands(group: click.Group, *before: str) -> list[list[str]]:
    found = []
    for name, command in group.commands.items():
        found += commands(command, *before, name) if isinstance(command, click.Group) else [[*before, name]]
    return found


@pytest.mark.parametrize("words", commands(main), ids=" ".join)
def test_every_command_says_what_it_does(run: Run, words: list[str]) -> None:
    assert "Usage:" in out(run([*words, "--help"]))


def test_init_makes_a_working_place(run: Run, tmp_path: Path) -> None:
    assert "no config.toml" in refused(run("user list")).lower()
    said = out(run("init --domain Example.com --domain example.org"))
    assert "Wrote config.toml" in said
    assert (tmp_path / "data" / "key").stat().st_mode & 0o077 == 0
    assert 'domains = ["example.com", "example.org"]' in (tmp_path / "config.toml").read_text()
    assert "is there already" in refused(run("init --domain example.com"))
    assert "revision" in out(run("migrate"))
    checked = out(run("check"))
    assert checked.count("ok ") == 5
    assert "no mailbox yet" in checked


def test_an_init_that_fails_leaves_no_configuration(run: Run, tmp_path: Path) -> None:
    refused(run(["init", "--domain", "example.com", "--database", "postgresql://nobody@127.0.0.1:1/none"]))
    assert not (tmp_path / "config.toml").exists()


def test_a_missing_schema_is_refused_with_the_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('domains = ["example.com"]\n')
    (tmp_path / "data").mkdir()
    assert "run `mailcrm migrate` first" in refused(run("user list"))
    result = run("check")
    assert result.exit_code == 1
    assert "wrong key: There is no key file" in result.stdout


def test_users(ready: Run) -> None:
    add = ["user", "add", "Anna@example.com", "--name", "Anna", "--role", "admin", "--password-stdin"]
    assert "Added anna@example.com (admin)" in out(ready(add, "secret password\n"))
    assert "already" in refused(ready(add, "secret password\n"))
    assert "too short" in refused(ready("user add b@example.com --password-stdin", "short\n"))
    out(ready("user add boris@example.com --no-password --address b@example.com"))
    listed = out(ready("user list"))
    assert "boris@example.com" in listed
    assert "b@example.com" in listed
    assert "secret" not in listed
    assert "new password" in out(ready("user password anna@example.com --password-stdin", "other password\n"))
    assert "last admin" in refused(ready("user deactivate anna@example.com"))
    out(ready("user deactivate boris@example.com"))
    assert "deactivated" in out(ready("user list"))
    assert "There is no user x@example.com" in refused(ready("user password x@example.com --password-stdin", "y\n"))


def test_clients(ready: Run) -> None:
    out(ready("user add anna@example.com --no-password"))
    add = ["client", "add", "Ромашка ООО", "--domain", "romashka.example", "--owner", "anna@example.com"]
    assert "as client 1" in out(ready(add))
    assert "Anybody can have an address at gmail.com" in refused(ready("client domain 1 gmail.com"))
    assert "0 more messages" in out(ready(["client", "address", "ромашка ооо", "Ivan@gmail.com"]))
    listed = out(ready("client list ромашка"))
    for word in ("Ромашка ООО", "romashka.example", "ivan@gmail.com", "anna@example.com"):
        assert word in listed
    out(ready("client domain 1 romashka.example --remove"))
    out(ready("client address 1 ivan@gmail.com --remove"))
    assert "no address" in refused(ready("client address 1 ivan@gmail.com --remove"))
    assert 'no client "Nobody"' in refused(ready("client domain Nobody x.com"))
    assert "Ромашка" not in out(ready("client list --archived"))


def test_mail_from_files_end_to_end(ready: Run, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    joe, anna = "joe@acme.example", "anna@example.com"
    raws = [
        mail(joe, anna, "Offer", Date=DATE, Message_ID="<1@x>", attachment="a.pdf"),
        mail(anna, "x@stranger.example", "Other", Date=DATE, Message_ID="<2@x>"),
    ]
    for number, raw in enumerate(raws):
        (folder / f"{number}.eml").write_bytes(raw)
    inspected = [json.loads(line) for line in out(ready(f"inspect {folder}/0.eml {folder}/1.eml")).splitlines()]
    assert [one["subject"] for one in inspected] == ["Offer", "Other"]
    assert inspected[0]["attachments"][0]["sha256"] == parse.message(raws[0]).attachments[0].sha256
    out(ready("user add anna@example.com --no-password"))
    out(ready("client add Acme --domain acme.example"))
    load = f"load {folder} --mailbox {anna} --owner {anna}"
    assert "1 stored, 0 copies, 1 not kept, 0 known before" in out(ready(load))
    assert "0 stored, 0 copies, 0 not kept, 2 known before" in out(ready(load))
    explained = out(ready("explain <1@x>"))
    assert "link to Acme: active, rule domain" in explained
    assert "UID 1: it is stored, because it names an address at a domain of a client." in explained
    assert "it is not stored, because no rule finds a client for it" in out(ready("explain 2@x"))
    unknown = ready("explain 3@x")
    assert (unknown.exit_code, "was not met in any mailbox" in unknown.stdout) == (1, True)
    assert "2 blobs checked, 0 bad" in out(ready("fsck"))
    exported = json.loads(out(ready("export --client acme --output -")))
    assert [m["subject"] for m in exported["messages"]] == ["Offer"]
    assert "Wrote Acme.zip" in out(ready("export --client Acme --format zip"))
    with zipfile.ZipFile(tmp_path / "Acme.zip") as archive:
        assert len(archive.namelist()) == 3
    assert "loaded from files" in out(ready("mailbox list"))
    assert "loaded from files" in refused(ready(f"mailbox resume {anna}"))
    assert "There is nothing at" in refused(ready("load nowhere --mailbox x@example.com"))
    assert "cannot be read" in refused(ready("inspect nowhere.eml"))


def test_fsck_tells_and_mends(ready: Run, tmp_path: Path) -> None:
    out(ready("client add Acme --domain acme.example"))
    raw = mail("joe@acme.example", "anna@example.com", "Offer", Date=DATE, attachment="a.pdf")
    (tmp_path / "1.eml").write_bytes(raw)
    out(ready("load 1.eml --mailbox anna@example.com"))
    sha = parse.message(raw).attachments[0].sha256
    for path in (tmp_path / "data" / "blobs").rglob(f"{sha}*"):
        path.unlink()
    broken = ready("fsck")
    assert (broken.exit_code, f"missing {sha}" in broken.stdout) == (1, True)
    assert "1 rewritten" in out(ready("fsck --repair"))
    assert "2 blobs checked, 0 bad" in out(ready("fsck"))


def test_a_mailbox_on_a_server(ready: Run, tmp_path: Path, dovecot: Dovecot, login: str) -> None:
    with (tmp_path / "config.toml").open("a") as file:
        file.write(f'[servers.main]\nhost = "127.0.0.1"\nport = {dovecot.port}\ntls = "plain"\n')
    dovecot.fill(login, [mail("joe@acme.example", "anna@example.com", f"Number {n}", Date=DATE) for n in range(3)])
    out(ready("client add Acme --domain acme.example"))
    added = out(ready(f"mailbox add anna@example.com --login {login} --password-stdin", "pass\n"))
    assert "Added the mailbox anna@example.com" in added
    assert "ok    mailbox anna@example.com: signed in to 127.0.0.1" in out(ready("check"))
    synced = ready("sync --once")
    assert synced.exit_code == 0, synced.output
    assert len(json.loads(out(ready("export --client Acme --output -")))["messages"]) == 3
    out(ready("mailbox pause anna@example.com"))
    assert "paused" in out(ready("mailbox list"))
    out(ready("mailbox resume anna@example.com"))
    out(ready("mailbox password anna@example.com --password-stdin", "wrong-secret\n"))
    checked = ready("check")
    assert checked.exit_code == 1
    assert "wrong mailbox anna@example.com: " in checked.stdout
    failed = ready("sync --once")
    assert failed.exit_code == 1
    assert "mailcrm: anna@example.com: " in failed.stderr
    for result in (checked, failed, ready("mailbox list")):
        assert "wrong-secret" not in result.output


def test_mailboxes_of_the_configuration(ready: Run, tmp_path: Path) -> None:
    text = '[servers.main]\nhost = "127.0.0.1"\nport = 1\ntls = "plain"\n'
    text += '[[mailboxes]]\naddress = "info@example.com"\nserver = "main"\npassword_env = "NO_SUCH_VARIABLE"\n'
    with (tmp_path / "config.toml").open("a") as file:
        file.write(text)
    checked = ready("check")
    assert checked.exit_code == 1
    assert "The environment variable NO_SUCH_VARIABLE" in checked.stdout
    assert "info@example.com" in out(ready("mailbox list"))
    assert "Which server?" in refused(run_without_server(ready, tmp_path))


def run_without_server(ready: Run, folder: Path) -> Result:
    path = folder / "config.toml"
    path.write_text(path.read_text().partition("[servers")[0])
    return ready("mailbox add x@example.com")


def test_a_wrong_key_is_one_line(ready: Run, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(path.read_text().replace("port", "prot"))
    assert 'web.prot: no such key; did you mean "port"?' in refused(ready("user list"))


def test_the_program_starts_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailcrm.cli", "user", "list"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("mailcrm: No config.toml here")


def test_the_log_is_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    for form in ("json", "text"):
        configure("info", form)
        logging.getLogger("mailcrm.test").info("round failed", extra={"mailbox": 7})
        logging.getLogger("mailcrm.test").debug("not shown")
    first, second = capsys.readouterr().err.splitlines()
    assert json.loads(first)["message"] == "round failed"
    assert json.loads(first)["mailbox"] == 7
    assert second.endswith("INFO mailcrm.test: round failed mailbox=7")
