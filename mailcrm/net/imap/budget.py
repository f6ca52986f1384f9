"""LoginBudget: how fast we may sign in, so that no mail server locks the company out (imap_sync §3.2, §3.5)."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock


class LoginBudget:
    """Shared by all threads that open sessions. Times are in seconds of a monotonic clock.

    At most five sign-ins a second and host, two in two minutes and account; three accounts of one host refused within
    five minutes close the host for fifteen: then its password service is down, or it has banned us.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, per_host_second: int = 5, per_account: int = 2
    ) -> None:
        self._clock = clock
        self._per_host = per_host_second
        self._per_account = per_account
        self._lock = Lock()
        self._hosts: defaultdict[str, deque[float]] = defaultdict(deque)
        self._accounts: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._refusals: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._closed: dict[str, float] = {}

    def claim(self, host: str, account: str) -> float:
        """0 where a sign-in may go ahead now, which counts it; else the seconds to wait before asking again."""
        with self._lock:
            now = self._clock()
            wait = max(
                self._closed.get(host, now) - now,
                _wait(self._hosts[host], now, self._per_host, 1.0),
                _wait(self._accounts[host, account], now, self._per_account, 120.0),
            )
            if wait > 0:
                return wait
            self._hosts[host].append(now)
            self._accounts[host, account].append(now)
            return 0.0

    def refused(self, host: str, account: str) -> None:
        """A password was refused for certain."""
        with self._lock:
            now = self._clock()
            lately = {name: at for name, at in self._refusals[host].items() if now - at < 300.0}
            lately[account] = now
            self._refusals[host] = lately
            if len(lately) >= 3:
                self._closed[host] = now + 900.0

    def closed_for(self, host: str) -> float:
        """Seconds for which no sign-in at this host will be tried; 0 where it is open."""
        with self._lock:
            return max(self._closed.get(host, 0.0) - self._clock(), 0.0)


def _wait(times: deque[float], now: float, most: int, period: float) -> float:
    while times and now - times[0] >= period:
        times.popleft()
    return times[0] + period - now if len(times) >= most else 0.0
