"""Accounts that mail leaves by: one's own, or all of them for admins; limits, password, pause, and the probe."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.config import Server
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import accounts as flow
from mailcrm.flow.accounts import NewAccount
from mailcrm.flow.probe import probe_of
from mailcrm.store import mailboxes, send_accounts
from mailcrm.store.mailboxes import MailboxRow
from mailcrm.store.send_accounts import SendAccountRow
from web import notices
from web.access import by, me, reading, tools

pages = Blueprint("accounts", __name__)
_NUMBERS = ("connections", "per_minute", "per_day", "domain_per_minute")


@pages.get("/accounts")
def overview() -> str:
    """The accounts that the user may know of, and his mailboxes that have none yet."""
    rows = send_accounts.accounts(reading(), None if me().role == "admin" else me().id)
    return render_template("accounts/overview.html", rows=rows, without=_without({row.address for row in rows}))


@pages.get("/accounts/new")
def new() -> str:
    """The form for an account; `address` fills it in."""
    address = request.args.get("address", "" if me().role == "admin" else me().login)
    return render_template("accounts/new.html", servers=_servers(), address=address)


@pages.post("/accounts/new")
def add() -> Response:
    """Add an account. Without a password it signs in as its mailbox does."""
    form, server, password = request.form, _server(), request.form.get("password", "")
    wanted = NewAccount(
        address=form.get("address", ""),
        host=server.smtp_host,
        port=server.smtp_port,
        tls=server.smtp_tls,
        ca_file=str(server.ca_file) if server.ca_file else None,
        login=form.get("login", "").strip(),
        name=form.get("name", ""),
        user=_user(),
        secret_source="" if password else "mailbox",
    )
    _check_own(wanted.address)
    account_id = flow.add_account(tools().database, by(), wanted)
    if password:
        flow.set_password(tools().database, by(), tools().keyring, account_id, password)
    flow.ask_probe(tools().database, by(), account_id)
    notices.say(gettext("The account is added. It is tried out now: it writes to itself and reads what arrives."))
    return redirect(url_for("accounts.one", account_id=account_id))


@pages.get("/accounts/<int:account_id>")
def one(account_id: int) -> str:
    """One account: how it fares, its limits, and what the probe found out."""
    row = _known(account_id)
    return render_template("accounts/one.html", row=row, probe=probe_of(row.probe))


@pages.post("/accounts/<int:account_id>")
def edit(account_id: int) -> Response:
    """Change name, limits and copies."""
    _known(account_id)
    changes: dict[str, object] = {"name": request.form.get("name", ""), "sent_copy": request.form.get("sent_copy", "")}
    for name in _NUMBERS:
        text = request.form.get(name, "").strip() or "0"
        if not text.isdecimal():
            raise Refused("A limit is a whole number; 0 stands for none.")
        changes[name] = int(text)
    flow.edit_account(tools().database, by(), account_id, changes)
    notices.say(gettext("Saved."))
    return redirect(url_for("accounts.one", account_id=account_id))


@pages.post("/accounts/<int:account_id>/password")
def password(account_id: int) -> Response:
    """Seal a new password; the account sends again at once."""
    _known(account_id)
    flow.set_password(tools().database, by(), tools().keyring, account_id, request.form.get("password", ""))
    notices.say(gettext("The password is saved; the account sends again."))
    return redirect(url_for("accounts.one", account_id=account_id))


@pages.post("/accounts/<int:account_id>/<any(pause, resume):act>")
def switch(account_id: int, act: str) -> Response:
    """Send nothing by it any more, or again."""
    _known(account_id)
    (flow.pause if act == "pause" else flow.resume)(tools().database, by(), account_id)
    paused, resumed = gettext("The account is paused; what waits goes on waiting."), gettext("The account sends again.")
    notices.say(paused if act == "pause" else resumed)
    return redirect(url_for("accounts.one", account_id=account_id))


@pages.post("/accounts/<int:account_id>/probe")
def probe(account_id: int) -> Response:
    """Try the account out; the sending process does it within seconds."""
    _known(account_id)
    flow.ask_probe(tools().database, by(), account_id)
    notices.say(gettext("The account is tried out now; look again in a minute."))
    return redirect(url_for("accounts.one", account_id=account_id))


def _known(account_id: int) -> SendAccountRow:
    row = send_accounts.account(reading(), account_id)
    if row is None or (me().role != "admin" and row.user_id != me().id):
        raise NotFound("There is no such account.")
    return row


def _without(addresses: set[str]) -> list[MailboxRow]:
    """The user's own mailboxes, or all for admins, that nothing is sent from yet."""
    mine = [row for row in mailboxes.mailboxes(reading()) if me().role == "admin" or row.user_id == me().id]
    return [row for row in mine if row.host and row.address not in addresses]


def _servers() -> list[Server]:
    return [server for server in tools().site.servers if server.smtp_host]


def _server() -> Server:
    """The chosen server of the configuration. Only those: else a form could make us connect anywhere."""
    found = [server for server in _servers() if server.name == request.form.get("server", "")]
    if not found:
        raise Refused("There is no such mail server in the configuration.")
    return found[0]


def _user() -> str:
    return request.form.get("user", "").strip().casefold() if me().role == "admin" else me().login


def _check_own(address: str) -> None:
    """Only admins send in the name of others: a user's account needs a mailbox or an address of his own."""
    if me().role == "admin":
        return
    row = mailboxes.mailbox_by_address(reading(), address.strip().casefold())
    if address.strip().casefold() != me().login and (row is None or row.user_id != me().id):
        raise Refused("You can send from your own address or from your own mailbox; an admin adds others.")
