"""The ways in: an identity provider, the password of a mailbox, an authenticator app; and that none is a back door."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from mailcrm.config import Server
from mailcrm.crm import one_time
from mailcrm.flow import people, second_factor
from mailcrm.flow.doors import Welcome
from mailcrm.flow.edit import By
from mailcrm.flow.people import NewUser
from mailcrm.flow.second_factor import Lock
from mailcrm.net.oidc import Provider
from tests.dovecot import Dovecot
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Identity, provider
from tests.web.company import PASSWORD, Company

HTML = {"Accept": "text/html"}


@pytest.fixture
def identity() -> Iterator[Identity]:
    """An identity provider on this machine."""
    with provider() as who:
        yield who


def door(company: Company, identity: Identity, provision: bool = False) -> FlaskClient:
    """A stranger's browser before pages that know the provider."""
    known = Provider(identity.issuer, CLIENT_ID, CLIENT_SECRET)
    welcome = Welcome(frozenset({"example.com"}), provision)
    app = company.app(provider=known, provider_name="Example ID", welcome=welcome)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def visit(browser: FlaskClient, next_: str = "") -> str:
    """Go to the provider and come back; returns the path and query that it sends the browser to."""
    begun = browser.get("/sign-in/provider", query_string={"next": next_} if next_ else None)
    answer = requests.get(begun.location, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/sign-in/provider/back"
    return f"{back.path}?{back.query}"


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account", headers=HTML).status_code == 200


def test_a_user_signs_in_at_the_provider(company: Company, identity: Identity) -> None:
    browser = door(company, identity)
    assert "Sign in with Example ID" in browser.get("/sign-in").text
    answer = browser.get(visit(browser, "/tray"))
    assert (answer.status_code, answer.location) == (302, "/tray")
    assert "Identity provider" in browser.get("/account").text
    assert company.one("SELECT count(*) FROM user_identity") == 1
    # From now on the subject counts, whatever his address there becomes.
    identity.claims = {"email": "somebody@else.example"}
    again = door(company, identity)
    assert again.get(visit(again)).status_code == 302
    assert is_in(again)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email": "anna@elsewhere.example"},
        {"email": "nobody@example.com"},
        {"email": None},
        {"email": ["anna@example.com"]},
    ],
    ids=str,
)
def test_a_token_that_is_not_right_opens_nothing(company: Company, identity: Identity, lie: dict[str, object]) -> None:
    identity.claims = lie
    browser = door(company, identity)
    assert browser.get(visit(browser)).status_code == 403
    assert not is_in(browser)
    assert company.one("SELECT count(*) FROM user_identity") == 0
    assert company.one("SELECT count(*) FROM audit WHERE act = 'signed in'") == 0


@pytest.mark.parametrize(("algorithm", "foreign"), [("HS256", False), ("none", False), ("RS256", True)])
def test_a_token_that_somebody_else_made_opens_nothing(
    company: Company, identity: Identity, algorithm: str, foreign: bool
) -> None:
    identity.algorithm, identity.foreign_key = algorithm, foreign
    browser = door(company, identity)
    assert browser.get(visit(browser)).status_code == 403
    assert not is_in(browser)


def test_an_answer_belongs_to_the_browser_that_asked_and_works_once(company: Company, identity: Identity) -> None:
    browser = door(company, identity)
    back = visit(browser)
    other = door(company, identity)
    assert other.get(back).status_code == 403
    assert browser.get(back + "x").status_code in (302, 403)
    fresh = door(company, identity)
    back = visit(fresh)
    assert fresh.get(re.sub("state=[^&]*", "state=forged", back)).status_code == 403
    assert fresh.get(back).status_code == 403, "a failed answer cannot be tried again"
    good = door(company, identity)
    back = visit(good)
    assert good.get(back).status_code == 302
    thief = door(company, identity)
    assert thief.get(back).status_code == 403


def test_an_address_that_changed_hands_at_the_provider_opens_no_account(company: Company, identity: Identity) -> None:
    first = door(company, identity)
    first.get(visit(first))
    identity.claims = {"sub": "somebody-else"}
    second = door(company, identity)
    answer = second.get(visit(second))
    assert answer.status_code == 403
    assert "another account" in answer.text


def test_strangers_become_users_only_where_that_is_wished(company: Company, identity: Identity) -> None:
    identity.claims = {"sub": "nina", "email": "nina@example.com", "name": "Nina"}
    browser = door(company, identity)
    assert browser.get(visit(browser)).status_code == 403
    browser = door(company, identity, provision=True)
    assert browser.get(visit(browser)).status_code == 302
    assert "Nina" in browser.get("/account").text
    assert company.one("SELECT count(*) FROM user_account WHERE login = 'nina@example.com' AND role = 'staff'") == 1
    people.deactivate(company.db, company.one("SELECT id FROM user_account WHERE name = 'Nina'"), company.now)
    again = door(company, identity, provision=True)
    assert again.get(visit(again)).status_code == 403


def test_a_provider_that_is_down_is_told_in_words(company: Company, identity: Identity) -> None:
    browser = door(company, identity)
    back = visit(browser)
    identity.issuer += "/elsewhere"  # what it now calls itself
    answer = browser.get(back)
    assert answer.status_code == 403
    assert CLIENT_SECRET not in answer.text


def mailbox_door(company: Company, dovecot: Dovecot) -> FlaskClient:
    server = Server("main", "127.0.0.1", dovecot.port, "plain")
    app = company.app(mailbox_server=server)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def test_the_password_of_a_mailbox_lets_in_who_has_no_other(company: Company, dovecot: Dovecot, login: str) -> None:
    address = f"{login}@example.com"
    people.add_user(company.db, NewUser(address, "Post"), company.now)
    browser = mailbox_door(company, dovecot)
    wrong = browser.post("/sign-in", data={"login": address, "password": "not it"})
    assert wrong.status_code == 403
    assert browser.post("/sign-in", data={"login": address, "password": dovecot.password}).status_code == 302
    assert "Password of the mailbox" in browser.get("/account").text
    stranger = mailbox_door(company, dovecot)
    refused = stranger.post("/sign-in", data={"login": f"no{login}@example.com", "password": dovecot.password})
    assert refused.status_code == 403
    assert "not right" in refused.text
    people.add_user(company.db, NewUser(f"own{login}@example.com", "Own", PASSWORD), company.now)
    own = mailbox_door(company, dovecot)
    data = {"login": f"own{login}@example.com", "password": dovecot.password}
    assert own.post("/sign-in", data=data).status_code == 403, "his own password alone counts"
    dump = str([r for t in ("user_account", "sign_in_attempt", "audit", "user_session") for r in _rows(company, t)])
    assert dovecot.password not in dump


def test_guessing_at_a_mailbox_is_slowed_down_like_any_other(company: Company, dovecot: Dovecot, login: str) -> None:
    address = f"{login}@example.com"
    people.add_user(company.db, NewUser(address, "Post"), company.now)
    browser = mailbox_door(company, dovecot)
    answers = [browser.post("/sign-in", data={"login": address, "password": "guess"}).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


def enrolled(company: Company, name: str) -> tuple[bytes, list[str]]:
    """A user with an app: its secret and the backup codes."""
    lock = Lock(company.db, company.keyring)
    at = company.now - timedelta(minutes=10)
    secret = second_factor.begin(lock, company.users[name], at)
    typed = one_time.code(secret, one_time.step_of(at))
    people.change_password(company.db, company.users[name], PASSWORD, at)
    return secret, second_factor.confirm(lock, By(company.users[name], at), typed)


def test_after_the_password_the_code_is_asked_for(company: Company) -> None:
    secret, codes = enrolled(company, "anna")
    app = company.app()
    app.config["WTF_CSRF_ENABLED"] = False
    form = {"login": "anna@example.com", "password": PASSWORD}
    browser = app.test_client()
    answer = browser.post("/sign-in?next=/tray", data=form)
    assert answer.location == "/sign-in/code"
    assert not is_in(browser), "half of the way is not in"
    assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 403
    typed = one_time.code(secret, one_time.step_of(datetime.now(UTC)))
    answer = browser.post("/sign-in/code", data={"code": typed})
    assert answer.location == "/tray"
    assert is_in(browser)
    replay = app.test_client()
    replay.post("/sign-in", data=form)
    assert replay.post("/sign-in/code", data={"code": typed}).status_code == 403, "the same step is refused"
    assert replay.post("/sign-in/code", data={"code": codes[3].lower()}).status_code == 302
    once = app.test_client()
    once.post("/sign-in", data=form)
    assert once.post("/sign-in/code", data={"code": codes[3]}).status_code == 403, "a backup code works once"
    assert app.test_client().post("/sign-in/code", data={"code": codes[4]}).location == "/sign-in"
    with company.db.reading() as connection:
        assert not [c for c in codes if c in str(connection.exec_driver_sql("SELECT * FROM backup_code").all())]
        sealed = connection.exec_driver_sql("SELECT secret FROM user_totp").scalar_one()
    assert secret not in bytes(sealed)


def test_guessing_codes_is_slowed_down(company: Company) -> None:
    enrolled(company, "anna")
    app = company.app()
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    browser.post("/sign-in", data={"login": "anna@example.com", "password": PASSWORD})
    answers = [browser.post("/sign-in/code", data={"code": f"00000{n}"}).status_code for n in range(8)]
    assert answers[0] == 403
    assert answers[-1] == 429


def test_the_code_must_come_soon(company: Company) -> None:
    secret, _ = enrolled(company, "anna")
    lock = Lock(company.db, company.keyring)
    from mailcrm.flow.sessions import Origin, Pending

    pending = Pending(company.users["anna"], "anna@example.com", "password", 1, company.now)
    late = company.now + timedelta(minutes=6)
    with pytest.raises(Exception, match="took too long"):
        second_factor.enter(lock, pending, one_time.code(secret, one_time.step_of(late)), Origin("::1"), late)


def test_an_app_is_set_up_and_removed_on_its_page(company: Company) -> None:
    browser = company.browser("anna")
    people.change_password(company.db, company.users["anna"], PASSWORD, company.now)
    browser.set_cookie("mailcrm_session", company.token("anna"))
    assert browser.post("/account/app").status_code == 302
    page = browser.get("/account/app").text
    assert "<svg" in page
    uri = re.search(r"otpauth://totp/[^<]+secret=([A-Z2-7]+)", page)
    assert uri
    import base64

    secret = base64.b32decode(uri[1] + "=" * (-len(uri[1]) % 8))
    assert browser.post("/account/app/confirm", data={"code": "12"}).status_code == 400
    shown = browser.post(
        "/account/app/confirm", data={"code": one_time.code(secret, one_time.step_of(datetime.now(UTC)))}
    ).text
    assert len(re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", shown)) == 10
    assert uri[1] not in browser.get("/account/app").text, "never shown again"
    assert browser.post("/account/app/remove", data={"current": "wrong"}).status_code == 400
    assert browser.post("/account/app/remove", data={"current": PASSWORD}).status_code == 302
    assert company.one("SELECT count(*) FROM user_totp") == 0
    assert company.one("SELECT count(*) FROM audit WHERE act LIKE 'second factor%%'") == 2


def test_a_role_that_needs_an_app_sets_it_up_first(company: Company) -> None:
    app = company.app(second_factor_roles=frozenset({"admin"}))
    vera, anna = company.browser("vera", app=app), company.browser("anna", app=app)
    assert vera.get("/users", headers=HTML).location == "/account/app"
    assert vera.post(f"/users/{company.users['anna']}", data={"role": "admin"}).location == "/account/app"
    assert "Your role needs one" in vera.get("/account/app").text
    assert anna.get("/clients").status_code == 200
    enrolled(company, "vera")
    vera.set_cookie("mailcrm_session", company.token("vera"))
    assert vera.get("/users").status_code == 200


def test_admins_end_sessions_and_remove_apps(company: Company) -> None:
    enrolled(company, "anna")
    anna, vera = company.browser("anna"), company.browser("vera")
    number = company.users["anna"]
    assert anna.get("/clients").status_code == 200
    assert company.browser("boris").post(f"/users/{number}/sessions/end").status_code == 403
    assert company.browser("boris").post(f"/users/{number}/app/remove").status_code == 403
    assert "Remove the authenticator app" in vera.get(f"/users/{number}").text
    assert vera.post(f"/users/{number}/sessions/end").status_code == 302
    assert anna.get("/clients", headers=HTML).status_code == 302
    assert vera.post(f"/users/{number}/app/remove").status_code == 302
    assert company.one("SELECT count(*) FROM user_totp") == 0


def test_no_secret_is_in_any_log(
    company: Company, identity: Identity, dovecot: Dovecot, login: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, codes = enrolled(company, "anna")
    people.add_user(company.db, NewUser(f"{login}@example.com", "Post"), company.now)
    app = company.app()
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    browser.post("/sign-in", data={"login": "anna@example.com", "password": PASSWORD})
    browser.post("/sign-in/code", data={"code": codes[0]})
    post = mailbox_door(company, dovecot)
    post.post("/sign-in", data={"login": f"{login}@example.com", "password": dovecot.password})
    single = door(company, identity)
    back = visit(single)
    single.get(back)
    identity.claims = {"nonce": "another"}
    single = door(company, identity)
    single.get(visit(single))
    # The provider of the test logs what it is asked; ours are the other loggers.
    told = "\n".join(f"{r.getMessage()} {r.exc_text}" for r in caplog.records if r.name != "werkzeug")
    code_ = re.search("code=([^&]+)", back)
    assert code_
    hidden = [PASSWORD, dovecot.password, CLIENT_SECRET, codes[0], one_time.base32(secret)]
    assert not [one for one in hidden if one in told]
    assert "id_token" not in told


def _rows(company: Company, table: str) -> list[tuple[object, ...]]:
    with company.db.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
