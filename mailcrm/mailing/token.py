"""Token: names of recipients that nobody can make up, in Message-IDs and in the addresses of public pages.

A Message-ID token is the recipient's number (40 bits) and 60 bits of HMAC-SHA256 over it: 20 characters of base32 in
lower case, so that an id survives every mail program and stays below 70 characters. A public token also says which
key signed it and is bound to its purpose, so that the link to an offer does not unsubscribe anybody.
"""

import base64
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

KEY_IDS = (1,)
"""Of the keys that are alive, newest first: the first one signs, all of them verify."""
_ID_BYTES = 5
_MAC_BYTES = 8
"""60 bits of these are kept: 100 bits are 20 characters."""
_PUBLIC_MAC_BYTES = 10
_MESSAGE_TOKEN = re.compile(r"[a-z2-7]{20}")
_PUBLIC_TOKEN = re.compile(r"[a-z2-7]{25}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_OURS = re.compile(r"<?o\.([a-z2-7]{20})@[^\s<>@]+>?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The live keys by their ids (0 to 31), newest first."""

    keys: tuple[tuple[int, bytes], ...] = field(repr=False)

    @classmethod
    def derived(cls, derive: Callable[[str], bytes], ids: Iterable[int] = KEY_IDS) -> "TokenKeys":
        """The keys of these ids from what makes a key for a purpose: `Keyring.derive`."""
        return cls(tuple((number, derive(f"mailing token {number}")) for number in ids))


def message_token(keys: TokenKeys, recipient_id: int) -> str:
    """The 20 characters that stand for a recipient in the Message-ID; raises ValueError beyond 40 bits."""
    return _message_token(keys.keys[0][1], recipient_id)


def message_id(keys: TokenKeys, recipient_id: int, domain: str) -> str:
    """`<o.TOKEN@domain>`: the Message-ID of what this recipient gets; `domain` is that of the sender, in ASCII."""
    return f"<o.{message_token(keys, recipient_id)}@{domain}>"


def recipient_of(keys: TokenKeys, found: str) -> int | None:
    """The recipient that a Message-ID stands for; None where it is not one of ours or was made up.

    Blanks around it and capitals, which some servers put in, are forgiven.
    """
    ours = _OURS.fullmatch(found.strip())
    token = ours.group(1).lower() if ours else ""
    if not _MESSAGE_TOKEN.fullmatch(token):
        return None
    number = int.from_bytes(base64.b32decode(token[:8].upper()), "big")
    right = [hmac.compare_digest(_message_token(key, number), token) for _, key in keys.keys]
    return number if any(right) else None


def public_token(keys: TokenKeys, purpose: str, number: int) -> str:
    """25 characters that stand for row `number` on the public pages of `purpose` ("offer", "unsubscribe", …)."""
    key_id, key = keys.keys[0]
    return _public_token(key_id, key, purpose, number)


def public_number(keys: TokenKeys, purpose: str, token: str) -> int | None:
    """The row that a public token stands for; None where it was made up, or made for another purpose."""
    if not _PUBLIC_TOKEN.fullmatch(token):
        return None
    number = int.from_bytes(base64.b32decode(token[1:9].upper()), "big")
    right = [hmac.compare_digest(_public_token(one, key, purpose, number), token) for one, key in keys.keys]
    return number if any(right) else None


def _message_token(key: bytes, number: int) -> str:
    packed = number.to_bytes(_ID_BYTES, "big") if 0 <= number < 1 << 40 else _too_large(number)
    mac = hmac.digest(key, b"message " + packed, "sha256")[:_MAC_BYTES]
    return (_base32(packed) + _base32(mac))[:20]


def _public_token(key_id: int, key: bytes, purpose: str, number: int) -> str:
    packed = number.to_bytes(_ID_BYTES, "big") if 0 <= number < 1 << 40 else _too_large(number)
    mac = hmac.digest(key, b"page " + purpose.encode() + b" " + packed, "sha256")[:_PUBLIC_MAC_BYTES]
    return _ALPHABET[key_id] + _base32(packed) + _base32(mac)


def _base32(packed: bytes) -> str:
    return base64.b32encode(packed).decode("ascii").rstrip("=").lower()


def _too_large(number: int) -> bytes:
    raise ValueError(f"a token stands for a number of 40 bits, not {number}")
