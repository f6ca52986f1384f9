"""Secrets: mailbox passwords sealed with AES-GCM by keys in a file outside the database; keyed fingerprints.

The key file is JSON, readable by its owner alone:

    {"stable": "<base64>", "keys": {"1": "<base64>", "2": "<base64>"}}

The highest key id seals, all of them open, so that keys can be changed; `stable` never changes, for fingerprints must
stay comparable. Whoever loses the file has to enter all passwords again.
"""

import base64
import binascii
import contextlib
import hmac
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailcrm.errors import ConfigError

_VERSION = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_HEAD_BYTES = 1 + 4 + _NONCE_BYTES


class Keyring:
    """The keys of one key file. Shows no secret in its repr, in errors or in logs."""

    __slots__ = ("_fingerprint_key", "_keys", "_path", "_stable")

    def __init__(self, path: Path, stable: bytes, keys: dict[int, bytes]) -> None:
        self._path = path
        self._stable = stable
        self._keys = keys
        self._fingerprint_key = self.derive("fingerprint")

    def __repr__(self) -> str:
        return f"Keyring({str(self._path)!r}, {len(self._keys)} keys)"

    @classmethod
    def load(cls, path: Path, create: bool = False) -> Self:
        """Reads the key file; with `create` makes a new one where there is none. Raises ConfigError where the file is
        missing, unreadable, not ours alone to read, or not a key file."""
        if create and not path.exists():
            _write(path, _fresh(), replace=False)
        try:
            mode = path.stat().st_mode
            if mode & 0o077:
                raise ConfigError(f"The key file {path} may be read by others: run chmod 600 {path}.")
            return cls(path, *_read(path.read_text("ascii")))
        except FileNotFoundError:
            raise ConfigError(
                f"There is no key file {path}: name it in the config, or let mailcrm create it."
            ) from None
        except OSError as error:
            raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigError(f"The file {path} is not a key file of mailcrm: restore it from a backup.") from None

    def rotate(self) -> "Keyring":
        """A keyring with a new key for sealing, written to the key file; the old keys still open. Seal again what
        `is_current` says no to. Raises ConfigError if the file cannot be written."""
        keys = {**self._keys, max(self._keys) + 1: secrets.token_bytes(_KEY_BYTES)}
        _write(self._path, _text(self._stable, keys), replace=True)
        return Keyring(self._path, self._stable, keys)

    def seal(self, plaintext: str, context: str) -> bytes:
        """The secret encrypted, bound to its context (mailbox id and field): moved to another row it does not open."""
        key_id = max(self._keys)
        head = _VERSION + key_id.to_bytes(4, "big")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return head + nonce + AESGCM(self._keys[key_id]).encrypt(nonce, plaintext.encode(), _bound(head, context))

    def open(self, sealed: bytes, context: str) -> str:
        """The secret in clear. Raises ConfigError where the key is not in the file or the bytes were altered."""
        head, nonce = sealed[:5], sealed[5:_HEAD_BYTES]
        key = self._keys.get(int.from_bytes(head[1:], "big"))
        if head[:1] != _VERSION or key is None or len(sealed) <= _HEAD_BYTES:
            raise self._unopened(context)
        try:
            return AESGCM(key).decrypt(nonce, sealed[_HEAD_BYTES:], _bound(head, context)).decode()
        except InvalidTag:
            raise self._unopened(context) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it."""
        return sealed[:5] == _VERSION + max(self._keys).to_bytes(4, "big")

    def fingerprint(self, text: str) -> int:
        """A keyed 63-bit fingerprint: remembers an address or a Message-ID without keeping it. The same for ever with
        the same key file, whatever keys were added."""
        return (
            int.from_bytes(
                hmac.digest(self._fingerprint_key, text.encode("utf-8", "surrogatepass"), "sha256")[:8], "big"
            )
            >> 1
        )

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF, RFC 5869) from the key that never changes: signing keys and the like."""
        return HKDF(SHA256(), _KEY_BYTES, None, f"mailcrm {purpose}".encode()).derive(self._stable)

    def _unopened(self, context: str) -> ConfigError:
        return ConfigError(
            f"The secret of {context} does not open with the key file {self._path}: restore that file, or enter the "
            "password again."
        )


def _bound(head: bytes, context: str) -> bytes:
    return head + context.encode()


def _fresh() -> str:
    return _text(secrets.token_bytes(_KEY_BYTES), {1: secrets.token_bytes(_KEY_BYTES)})


def _text(stable: bytes, keys: dict[int, bytes]) -> str:
    shown = {str(key_id): base64.b64encode(key).decode() for key_id, key in keys.items()}
    return json.dumps({"stable": base64.b64encode(stable).decode(), "keys": shown}, indent=2) + "\n"


def _read(text: str) -> tuple[bytes, dict[int, bytes]]:
    """Raises ValueError, KeyError, TypeError or AttributeError for anything but a key file."""
    found = json.loads(text)
    stable = _key(found["stable"])
    keys = {int(key_id): _key(key) for key_id, key in found["keys"].items()}
    if not keys or not all(0 < key_id < 2**32 for key_id in keys):
        raise ValueError("no keys")
    return stable, keys


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(key) != _KEY_BYTES:
        raise ValueError("not a key of 256 bits")
    return key


def _write(path: Path, text: str, replace: bool) -> None:
    """Durable and whole or not at all; without `replace` a file that another process just made stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=path.parent)  # made 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                Path(name).replace(path)
            else:
                with contextlib.suppress(FileExistsError):
                    path.hardlink_to(name)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be written: {error.strerror}.") from None
