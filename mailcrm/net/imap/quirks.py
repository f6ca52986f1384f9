"""What some servers cannot do, as data: recognised by host name or by their answer to ID (research of many threads)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quirks:
    """How to treat one server. Times are in seconds."""

    pipeline: bool = True
    """Two FETCH commands may be in flight."""
    idle: bool = True
    idle_seconds: float = 24 * 60
    """Re-issue IDLE after this long (RFC 2177 says within 29 minutes)."""
    notify: bool = True
    qresync: bool = True
    esearch: bool = True
    batch: int = 200
    """UIDs a FETCH."""
    sweep_seconds: float = 50
    """How often folders other than the inbox are looked at where NOTIFY is absent: Sent is noticed within 60 s."""


_DEFAULT = Quirks()
_PROFILES: tuple[tuple[str, str, Quirks], ...] = (
    # host pattern, ID name pattern, profile
    (r"(\.|^)(outlook|office365|hotmail)\.", r"exchange|outlook", Quirks(pipeline=False, idle_seconds=9 * 60)),
    (r"(\.|^)(yahoo|aol)\.", r"yahoo", Quirks(pipeline=False, idle_seconds=3 * 60, qresync=False, batch=50)),
    (r"(\.|^)mail\.ru$", r"mail\.ru", Quirks(pipeline=False, idle=False)),
    (r"(\.|^)(me|icloud)\.com$", r"icloud|apple", Quirks(esearch=False)),
    (r"(\.|^)(163|126)\.com$|(\.|^)yeah\.net$", r"coremail", Quirks(idle=False, idle_seconds=55)),
    (r"(\.|^)rambler\.ru$", r"rambler", Quirks(idle_seconds=55)),
    (r"(\.|^)(gmail|googlemail|google)\.com$", r"gimap", Quirks(batch=100, qresync=False)),
    (r"(\.|^)yandex\.", r"yandex", Quirks(idle_seconds=9 * 60)),
    (r"(?!)", r"stalwart", Quirks(notify=False)),
)


def quirks_of(host: str, identity: Mapping[str, str]) -> Quirks:
    """The profile for a host name and the server's ID answer (keys in lower case); the default if none fits."""
    name = f"{identity.get('name', '')} {identity.get('vendor', '')}".lower()
    for host_pattern, name_pattern, profile in _PROFILES:
        if re.search(host_pattern, host.lower()) or re.search(name_pattern, name):
            return profile
    return _DEFAULT
