"""One-time codes of authenticator apps: RFC 6238 (TOTP) over RFC 4226 (HOTP), with HMAC-SHA-1, 30 seconds, 6 digits.

These are the parameters that every app understands; others are ignored by many of them.
"""

import base64
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SKEW = 1
"""Steps before and after the present one that are taken too: clocks differ, and people type slowly (RFC 6238 §5.2)."""


def step_of(at: datetime) -> int:
    """The number of the step that a time falls into."""
    return int(at.timestamp()) // STEP_SECONDS


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step (RFC 4226 §5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, given: str, at: datetime, after: int) -> int | None:
    """The step later than `after` that a typed code belongs to; None where it fits none, so that no code works twice.

    Blanks in the code do not matter.
    """
    typed = "".join(given.split()).encode()
    found = None
    for step in range(step_of(at) - SKEW, step_of(at) + SKEW + 1):
        # Every step is compared, so that the time that it takes says nothing.
        if hmac.compare_digest(code(secret, step).encode(), typed) and step > after:
            found = step
    return found


def base32(secret: bytes) -> str:
    """The secret as people type it into an app: base32 without padding."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def uri(secret: bytes, login: str, issuer: str = "mailcrm") -> str:
    """The otpauth address of a secret, for apps and QR codes (Google Authenticator's key URI format)."""
    query = {"secret": base32(secret), "issuer": issuer, "digits": str(DIGITS), "period": str(STEP_SECONDS)}
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{urlencode(query)}"
