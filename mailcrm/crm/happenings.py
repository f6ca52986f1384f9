"""What other programs are told of: the events of webhooks, their signatures and how long delivery is tried.

The wire format is that of Standard Webhooks (standardwebhooks.com): webhook-id, webhook-timestamp, webhook-signature.
"""

import base64
import hashlib
import hmac
from datetime import timedelta

EVENTS = ("message.received", "answer.received", "task.due", "offer.accepted")
"""What a webhook may be told."""
RETRIES = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
"""Waits after the first, second, … failure; after the last one the delivery is given up, some three days later."""
KEY_PREFIX = "whsec_"


def signature(secret: str, delivery: str, timestamp: int, body: str) -> str:
    """The value of webhook-signature: v1 and HMAC-SHA256 over id, seconds since 1970 and body. Raises ValueError for a
    secret of another form."""
    if not secret.startswith(KEY_PREFIX):
        raise ValueError("a secret begins with whsec_")
    key = base64.b64decode(secret.removeprefix(KEY_PREFIX))
    digest = hmac.new(key, f"{delivery}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def wait(failures: int) -> timedelta | None:
    """How long to wait after so many failures (1 and more); None: give up."""
    return RETRIES[failures - 1] if failures <= len(RETRIES) else None
