"""`mailcrm blobs` from outside, between a folder and a real S3 server."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailcrm.cli import main
from mailcrm.config import load
from mailcrm.errors import ConfigError
from mailcrm.net.blobs import Blobs, open_blobs
from tests.bucket import KEYS, S3Server
from tests.mailroom import mail

Run = Callable[[str], Result]
DATE = "Mon, 02 Mar 2026 08:00:00 +0000"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: S3Server) -> Run:
    """`run("blobs …")` in a place of its own with one message and a bucket that stands ready."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILCRM_CONFIG", raising=False)

    def command(words: str) -> Result:
        return CliRunner().invoke(main, words.split(), catch_exceptions=False)

    assert command("init --domain example.com").exit_code == 0
    assert command("client add Acme --domain acme.example").exit_code == 0
    (tmp_path / "mail").mkdir()
    raw = mail("joe@acme.example", "anna@example.com", "One", attachment="a.pdf", Date=DATE, Message_ID="<1@a>")
    (tmp_path / "mail" / "1.eml").write_bytes(raw)
    assert command("load mail --mailbox anna@example.com").exit_code == 0
    bucket = s3.place(tmp_path / "keys").bucket
    assert bucket is not None
    section = f'bucket = "{bucket.name}"\nprefix = "/crm/"\nendpoint = "{bucket.endpoint}"\n'
    section += f'credentials_file = "{bucket.credentials_file}"\n'
    with Path("config.toml").open("a") as file:
        file.write(f'\n[blobs]\nkind = "folder"\n{section}')
    return command


def turn(kind: str) -> None:
    """Choose the other store in the configuration."""
    path = Path("config.toml")
    lines = [f'kind = "{kind}"' if line.startswith("kind = ") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")


def test_there_and_back(run: Run) -> None:
    first = run("blobs copy --to s3")
    assert first.exit_code == 0
    assert "2 copied" in first.stdout
    assert "0 there before, 0 corrupt" in first.stdout
    assert 'set kind = "s3"' in first.stdout
    assert "0 copied (0.0 MB), 2 there before" in run("blobs copy --to s3").stdout
    turn("s3")
    assert "2 blobs checked, 0 bad" in run("fsck").stdout
    assert "ok    blobs: s3://mail" in run("check").stdout
    names = list(Blobs(Path("data/blobs")).iterate())
    for name in names:
        Blobs(Path("data/blobs")).remove(name)
    assert "2 copied" in run("blobs copy --to folder").stdout
    assert list(Blobs(Path("data/blobs")).iterate()) == names
    assert "wJalrXUtnFEMI" in KEYS
    assert "wJalrXUtnFEMI" not in first.output


def test_damaged_blobs_end_with_an_error(run: Run) -> None:
    name = next(Blobs(Path("data/blobs")).iterate())
    next(Path("data/blobs").rglob(f"{name}*")).write_bytes(b"rubbish")
    result = run("blobs copy --to s3")
    assert result.exit_code == 1
    assert f"corrupt {name}\n" in result.stdout
    assert "Next" not in result.stdout


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_a_sweep_shows_first(run: Run, kind: str) -> None:
    run("blobs copy --to s3")
    turn(kind)
    store = open_blobs(load(Path("config.toml")).blob_place())
    orphan = store.keep(b"nobody wants me")
    store.settle()
    assert run("blobs sweep").stdout == "0 orphans, 0.0 MB; nothing was removed, --apply does it.\n"
    if kind == "folder":
        for path in Path("data/blobs").rglob("*"):
            os.utime(path, (0, 0))
        shown = run("blobs sweep --grace 30").stdout
        assert shown == f"orphaned {orphan} 15\n1 orphans, 0.0 MB; nothing was removed, --apply does it.\n"
        assert store.has(orphan)
        assert "1 orphans removed" in run("blobs sweep --apply").stdout
        assert not store.has(orphan)
    assert run("fsck").exit_code == 0


def test_a_store_that_is_not_configured(run: Run) -> None:
    path = Path("config.toml")
    path.write_text(path.read_text().partition("[blobs]")[0])
    result = run("blobs copy --to s3")
    assert result.exit_code == 1
    assert "blobs.bucket: is missing" in result.stderr


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('kind = "s3"', "blobs.bucket"),
        ('kind = "tape"', "must be one of folder, s3"),
        ('endpoint = "http://s3.example.com"', "http:// is only for this machine itself"),
        ('endpoint = "s3.example.com"', "must begin with https://"),
        ('endpoint = "https://me:secret@s3.example.com"', "must not hold keys"),
        ('key_id_env = ""', "give both key_id_env and secret_env"),
    ],
)
def test_mistakes_in_the_section(tmp_path: Path, lines: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'domains = ["example.com"]\n[blobs]\n{lines}\n')
    with pytest.raises(ConfigError, match=words):
        load(path)
