"""For machines: /healthz and /metrics. For people: the help page."""

import hmac
import ipaddress

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from mailcrm.errors import StorageFailed
from mailcrm.store import arrivals
from web.access import now, tools

pages = Blueprint("status", __name__)
STALE_SECONDS = 180
"""A process that gave no sign of life for so long counts as gone."""


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 where the database answers, with the age of each heartbeat in seconds; 503 where it does not."""
    try:
        with tools().database.reading() as connection:
            beats = arrivals.heartbeats(connection)
    except StorageFailed as error:
        return {"database": "unreachable", "reason": type(error).__name__}, 503
    ages = {name: round((now() - seen).total_seconds(), 1) for name, seen in beats}
    running = any(age < STALE_SECONDS for name, age in ages.items() if name.startswith("sync"))
    return {"database": "ok", "sync": "running" if running else "not running", "heartbeats": ages}


@pages.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus; for this machine, or for who brings the token."""
    if not _may_measure():
        abort(404)
    registry = CollectorRegistry()
    with tools().database.reading() as connection:
        for figure in arrivals.figures(connection):
            Gauge(figure.name, figure.meaning, registry=registry).set(figure.value)
        beats = Gauge("mailcrm_heartbeat_age_seconds", "Age of the last sign of life", ["process"], registry=registry)
        for name, seen in arrivals.heartbeats(connection):
            beats.labels(process=name).set((now() - seen).total_seconds())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@pages.get("/help")
def help_page() -> str:
    """The keys, the language of the search box, and what the words of the pages mean."""
    return render_template("help.html")


def _may_measure() -> bool:
    token, given = tools().site.metrics_token, request.headers.get("Authorization", "")
    if token:
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # Behind a proxy on this machine everybody seems to come from here.
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
