"""State: which states a recipient may pass through, and what each one promises."""

WAITING = ("queued", "deferred")
"""To be sent once `not_before` has come."""
OPEN = ("new", "rendered", *WAITING, "claimed", "sending")
"""Something will still happen by itself."""
FINAL = ("accepted", "failed", "uncertain", "skipped", "render_error", "cancelled")
"""Nothing happens by itself any more; of these only "uncertain" may still be settled by evidence."""
NEXT: dict[str, frozenset[str]] = {
    "new": frozenset({"rendered", "render_error", "skipped", "cancelled"}),
    "rendered": frozenset({"queued", "new", "skipped", "cancelled"}),
    "queued": frozenset({"claimed", "skipped", "cancelled", "rendered"}),
    "deferred": frozenset({"claimed", "skipped", "cancelled", "failed"}),
    # No byte of the message has gone: a worker that dies here loses nothing.
    "claimed": frozenset({"queued", "deferred", "sending", "failed", "skipped", "cancelled"}),
    # From here to the server's answer nobody can know, so a worker that dies here leaves "uncertain".
    "sending": frozenset({"accepted", "deferred", "failed", "uncertain"}),
    "uncertain": frozenset({"accepted", "failed", "deferred"}),
    "accepted": frozenset(),
    "failed": frozenset({"queued"}),
    "render_error": frozenset({"new", "skipped", "cancelled"}),
    "skipped": frozenset(),
    "cancelled": frozenset(),
}
"""Every step there is. From "failed" back to "queued" only a person leads; from "uncertain" to "deferred" only the
policy "notice", which sends the same bytes again."""

MAILING_NEXT: dict[str, frozenset[str]] = {
    "draft": frozenset({"scheduled", "preparing", "cancelled"}),
    "scheduled": frozenset({"draft", "preparing", "running", "cancelled"}),
    "preparing": frozenset({"draft", "scheduled", "running", "paused", "cancelled"}),
    "running": frozenset({"paused", "finishing", "done", "cancelled"}),
    "paused": frozenset({"running", "cancelled"}),
    # Only those are left that a server put off.
    "finishing": frozenset({"paused", "running", "done", "cancelled"}),
    "done": frozenset({"running"}),
    "cancelled": frozenset(),
}
"""Every step of a mailing; from "done" back to "running" leads sending the failed ones again."""
SENDS = ("running", "finishing")
"""The states in which mail of a mailing leaves."""


def may(before: str, after: str) -> bool:
    """Whether a recipient may go from one state to the other."""
    return after in NEXT[before]


def mailing_may(before: str, after: str) -> bool:
    """Whether a mailing may."""
    return after in MAILING_NEXT[before]
