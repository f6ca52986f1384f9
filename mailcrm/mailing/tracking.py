"""Hits on links and pixels: how likely a machine made them. Raw hits are kept, so that they can be scored again.

No hit changes anything: clicks and opens are estimates, and say so.
"""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

LEVELS = {"none": (), "clicks": ("click",), "opens": ("click", "open")}
"""What a mailing counts → the consents that it takes of a client; without one nothing of that kind is counted."""
CONSENTS = ("click", "open")
MACHINE, UNCLEAR = 3, 1
"""From 3 on a machine, from 1 on unclear, at most 0 probably a human."""
RAW_DAYS = 90
"""After so many days the single hits are deleted and only what was counted stays."""

_TOOLS = re.compile(
    r"python|curl|wget|java/|okhttp|go-http|libwww|scrapy|bot\b|crawler|spider|scan|preview|headless|phantom|"
    r"GoogleImageProxy|YahooMailProxy|ggpht|proofpoint|mimecast|barracuda|safelinks|url ?defense|httpclient|axios|node",
    re.IGNORECASE,
)
_FAMILIES = (
    ("GoogleImageProxy", "Gmail image proxy"), ("YahooMailProxy", "Yahoo image proxy"), ("Thunderbird", "Thunderbird"),
    ("Outlook", "Outlook"), ("Edg", "Edge"), ("OPR", "Opera"), ("YaBrowser", "Yandex Browser"), ("Firefox", "Firefox"),
    ("SamsungBrowser", "Samsung Internet"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_PROXIES = ("Gmail image proxy", "Yahoo image proxy")


@dataclass(frozen=True, slots=True)
class Hit:
    """One request, as far as it is kept: network truncated, family of the browser."""

    id: int
    recipient_id: int
    kind: str
    """click, open, view or trap (a link that no human sees)."""
    link: int
    at: datetime
    network: str
    family: str
    method: str = "GET"
    has_language: bool = True
    beacon: bool = False
    """The script of our page ran."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of one hit, with the rules that gave it."""

    hit: Hit
    score: int
    rules: tuple[str, ...]


def counted(level: str, consents: Collection[str]) -> tuple[str, ...]:
    """What a mailing of this level counts of a client with these consents: click, open, both or nothing."""
    return tuple(kind for kind in LEVELS.get(level, ()) if kind in consents)


def is_reachable(base_url: str) -> bool:
    """Whether pages at this address can be opened from outside: links to this very machine lead nowhere."""
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError:
        return False
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return base_url.startswith(("http://", "https://")) and host not in ("", "localhost")
    return not (found.is_loopback or found.is_unspecified)


def network(address: str) -> str:
    """The network of an IP address: /24 of IPv4, /48 of IPv6 (also inside); empty where it is none."""
    try:
        found = ipaddress.ip_address(address.strip().strip("[]"))
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    size = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, size), strict=False))


def family(user_agent: str) -> str:
    """The family of the browser or tool, never the whole string: it would identify people."""
    for mark, name in _FAMILIES:
        if mark in user_agent:
            return name
    return "tool" if _TOOLS.search(user_agent) else "other" if user_agent.strip() else ""


def is_tool(user_agent: str) -> bool:
    """Whether the user agent says itself that it is a program."""
    return bool(_TOOLS.search(user_agent)) or not user_agent.strip()


def score(hits: Sequence[Hit], sent_at: dict[int, datetime]) -> list[Scored]:
    """Each hit of one mailing with its score; `sent_at` says when each recipient's message was accepted."""
    traps = [hit for hit in hits if hit.kind == "trap"]
    by_recipient, by_network = _grouped(hits)
    return [_score(hit, sent_at.get(hit.recipient_id), traps, by_recipient, by_network) for hit in hits]


_Groups = dict[int, list[Hit]]
_Networks = dict[str, list[Hit]]


def _grouped(hits: Sequence[Hit]) -> tuple[_Groups, _Networks]:
    by_recipient: _Groups = defaultdict(list)
    by_network: _Networks = defaultdict(list)
    for hit in sorted(hits, key=lambda one: one.at):
        by_recipient[hit.recipient_id].append(hit)
        if hit.network:
            by_network[hit.network].append(hit)
    return by_recipient, by_network


def _score(
    hit: Hit, sent: datetime | None, traps: Sequence[Hit], by_recipient: _Groups, by_network: _Networks
) -> Scored:
    found: list[tuple[str, int]] = []
    if sent is not None and hit.at <= sent + timedelta(seconds=5):
        found.append(("at once", 3))
    near = [one for one in by_recipient[hit.recipient_id] if abs(one.at - hit.at) <= timedelta(seconds=10)]
    if len({one.link for one in near if one.kind in ("click", "trap")}) >= 3:
        found.append(("many links", 3))
    around = [one for one in by_network.get(hit.network, ()) if abs(one.at - hit.at) <= timedelta(seconds=60)]
    if len({one.recipient_id for one in around}) >= 3:
        found.append(("many recipients", 3))
    if hit.kind == "trap" or any(_same_place(hit, trap) for trap in traps):
        found.append(("hidden link", 5))
    if hit.method == "HEAD" or not hit.has_language or hit.family in ("tool", "", *_PROXIES):
        found.append(("program", 2))
    if hit.beacon:
        found.append(("page read", -4))
    earlier = [o for o in by_recipient[hit.recipient_id] if o.at < hit.at - timedelta(minutes=10)]
    if earlier and all(one.network != hit.network for one in earlier):
        found.append(("came back", -2))
    return Scored(hit, sum(points for _, points in found), tuple(rule for rule, _ in found))


def _same_place(hit: Hit, trap: Hit) -> bool:
    return bool(hit.network) and hit.network == trap.network and abs(hit.at - trap.at) <= timedelta(minutes=10)


def is_proxy(hit_family: str) -> bool:
    """Whether a provider fetches pictures for its users with this: an open then says little."""
    return hit_family in _PROXIES


def packed(recipient_id: int, position: int) -> int:
    """The number that a public token stands for: a recipient and one of at most 64 links. Raises ValueError beyond."""
    if not 0 <= position < 64 or not 0 <= recipient_id < 1 << 34:
        raise ValueError(f"link {position} of recipient {recipient_id} has no number")
    return recipient_id << 6 | position


def unpacked(number: int) -> tuple[int, int]:
    """The recipient and the link that `packed` made a number of."""
    return number >> 6, number & 63
