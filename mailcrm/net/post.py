"""JSON posted to an address of the company: no redirects, little time, nothing of the answer kept but its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from mailcrm.errors import Refused

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a post: the HTTP status, or 0 and why there is none."""

    status: int
    error: str = ""

    @property
    def taken(self) -> bool:
        """Whether the other side took it (any 2xx)."""
        return 200 <= self.status < 300


def checked_url(text: str) -> str:
    """An address that may be posted to: https, or http on this machine; raises Refused."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    local = host in ("localhost", "127.0.0.1", "::1")
    right = parts.scheme == "https" or (parts.scheme == "http" and local)
    if not host or not right or not url.isprintable() or " " in url or parts.username or len(url) > 1000:
        raise Refused(f"“{url[:200]}” cannot be told: write an address that begins with https://.")
    return url


def post(url: str, headers: Mapping[str, str], body: str) -> Outcome:
    """Send a body of JSON once; never raises for what the other side does."""
    try:
        # The answer is not read: its length is in the hands of strangers.
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, headers=dict(headers), content=body.encode()) as response,
        ):
            status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return Outcome(0, f"{type(error).__name__}: {error}"[:300])
    return Outcome(status, "" if 200 <= status < 300 else f"The other side answered {status}.")
