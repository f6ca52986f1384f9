"""Sealed secrets: bound to their row, opened by old keys, never shown."""

import stat
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import ConfigError
from mailcrm.net.secrets import Keyring


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the key file will be."""
    return tmp_path / "keys" / "mailcrm.key"


@pytest.fixture
def ring(path: Path) -> Keyring:
    """A new keyring."""
    return Keyring.load(path, create=True)


def test_a_sealed_secret_opens_in_its_context_alone(ring: Keyring, path: Path) -> None:
    sealed = ring.seal("пароль hunter2", "mailbox 7 secret")
    assert b"hunter2" not in sealed
    assert sealed != ring.seal("пароль hunter2", "mailbox 7 secret")
    assert ring.open(sealed, "mailbox 7 secret") == "пароль hunter2"
    assert Keyring.load(path).open(sealed, "mailbox 7 secret") == "пароль hunter2"
    with pytest.raises(ConfigError, match="mailbox 8"):
        ring.open(sealed, "mailbox 8 secret")


@given(st.data())
def test_altered_bytes_do_not_open(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    ring = Keyring.load(tmp_path_factory.mktemp("keys") / "key", create=True)
    sealed = ring.seal("hunter2", "c")
    at = data.draw(st.integers(0, len(sealed) - 1))
    altered = bytearray(sealed)
    altered[at] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(altered), sealed[:at], b""):
        with pytest.raises(ConfigError):
            ring.open(broken, "c")


def test_the_file_is_ours_alone(ring: Keyring, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(ConfigError, match="chmod 600"):
            Keyring.load(path)
    path.chmod(0o400)
    assert Keyring.load(path, create=True).open(ring.seal("x", "c"), "c") == "x"


def test_keys_change_and_old_secrets_still_open(ring: Keyring, path: Path) -> None:
    old = ring.seal("hunter2", "c")
    newer = ring.rotate()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert newer.open(old, "c") == "hunter2"
    assert not newer.is_current(old)
    new = newer.seal("hunter2", "c")
    assert newer.is_current(new)
    again = Keyring.load(path)
    assert again.open(new, "c") == again.open(old, "c") == "hunter2"
    with pytest.raises(ConfigError, match="restore"):
        ring.open(new, "c")
    assert again.fingerprint("a@example.com") == ring.fingerprint("a@example.com")
    assert again.derive("cookies") == ring.derive("cookies") != ring.derive("tokens")


@given(st.text(), st.text())
def test_fingerprints_are_positive_and_tell_texts_apart(
    tmp_path_factory: pytest.TempPathFactory, one: str, other: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fingerprint.key"
    ring = Keyring.load(path, create=True)
    assert 0 <= ring.fingerprint(one) < 2**63
    assert (ring.fingerprint(one) == ring.fingerprint(other)) == (one == other)


def test_fingerprints_depend_on_the_file(ring: Keyring, tmp_path: Path) -> None:
    other = Keyring.load(tmp_path / "other", create=True)
    assert ring.fingerprint("a@example.com") != other.fingerprint("a@example.com")
    assert ring.fingerprint("\udcff") >= 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"stable": "AAAA", "keys": {}}',
        '{"stable": 1, "keys": []}',
        "\0",
        '{"keys": {"1": "x"}}',
    ],
)
def test_other_files_are_refused_and_kept(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="not a key file"):
        Keyring.load(path, create=True)
    assert path.read_text() == text


def test_a_missing_file_is_made_only_on_request(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no key file"):
        Keyring.load(path)
    assert not path.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        Keyring.load(tmp_path / "file" / "key", create=True)


def test_two_who_begin_at_once_agree(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: Keyring.load(path, create=True), range(16)))
    assert len({ring.fingerprint("x") for ring in rings}) == 1
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_secrets_are_not_shown(ring: Keyring, path: Path) -> None:
    keys = [word for word in path.read_text().split('"') if len(word) == 44]
    assert len(keys) == 2
    password = "".join(["hun", "ter2"])  # not as one word in this line of the traceback
    with pytest.raises(ConfigError) as caught:
        ring.open(ring.seal(password, "a"), "b")
    shown = "".join([repr(ring), str(ring), *traceback.format_exception(caught.value)])
    assert "mailcrm.key" in shown
    assert not [secret for secret in [*keys, password] if secret in shown]
