"""What people say outright: a plus-address or the dropbox, a folder CRM/Client, the keyword crm."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailcrm.mail.message import ParsedHeaders

_TAGGED = re.compile(r"^(?P<box>[^+@]+)\+c(?P<client>\d{1,18})\.(?P<token>[a-z0-9]{4,32})@(?P<domain>.+)$")
KEYWORDS = frozenset({"crm", "$crm"})


@dataclass(frozen=True, slots=True)
class Explicit:
    """What was asked for: clients by name, or only "keep this one" (`asked` with no client)."""

    asked: bool = False
    clients: tuple[int, ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How people can say it in this company."""

    dropboxes: frozenset[str] = frozenset()
    """Addresses such as crm@example.com that mail is sent, copied or forwarded to."""
    token: Callable[[int], str] | None = None
    """The token that a client's own plus-address must carry."""
    folders: Mapping[str, int] | None = None
    """Case-folded client name → client, for folders called CRM/NAME."""
    ours: Callable[[ParsedHeaders, str], str] | None = None
    """What in a message, or in the id that it is a report about, is a name that we gave to something we sent."""


def explicit(headers: ParsedHeaders, folder: str, flags: frozenset[str], wishes: Wishes, about: str = "") -> Explicit:
    """What was asked for this message; the most definite wish wins. `about` is the id that a report is about."""
    addresses = [a.email for a in (*headers.to, *headers.cc, *headers.bcc, *headers.delivered_to)]
    for email in addresses:
        client = tagged_client(email, wishes)
        if client is not None:
            return Explicit(True, (client,), email)
    filed = _by_folder(folder, wishes)
    if filed.asked:
        return filed
    for email in addresses:
        if email in wishes.dropboxes:
            return Explicit(True, (), email)
    named = wishes.ours(headers, about) if wishes.ours else ""
    if named:
        return Explicit(True, (), f"our own {named}")
    marks = sorted(KEYWORDS & {f.lower() for f in flags})
    return Explicit(True, (), f"keyword {marks[0]}") if marks else Explicit()


def tagged_client(email: str, wishes: Wishes) -> int | None:
    """The client of crm+c12.TOKEN@example.com, or None: wrong box, no tag, or a token that is not ours."""
    match = _TAGGED.match(email)
    if match is None or wishes.token is None:
        return None
    client = int(match["client"])
    ours = f"{match['box']}@{match['domain']}" in wishes.dropboxes
    return client if ours and wishes.token(client) == match["token"] else None


def tagged_address(dropbox: str, client: int, token: Callable[[int], str]) -> str:
    """The address that files a copy under one client, for the client's page."""
    box, _, domain = dropbox.partition("@")
    return f"{box}+c{client}.{token(client)}@{domain}"


def _by_folder(folder: str, wishes: Wishes) -> Explicit:
    parts = re.split(r"[/.\\]", folder)
    if len(parts) < 2 or parts[-2].casefold() != "crm":
        return Explicit()
    client = (wishes.folders or {}).get(" ".join(parts[-1].split()).casefold())
    return Explicit(True, () if client is None else (client,), f"folder {folder}")
