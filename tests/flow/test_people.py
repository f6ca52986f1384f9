"""Users and their sign-in, on a real database."""

from datetime import datetime, timedelta

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import people, sessions
from mailcrm.flow.edit import By
from mailcrm.flow.people import NewUser
from mailcrm.flow.sessions import Origin, TooManyAttempts
from mailcrm.store import people as stored
from mailcrm.store import sessions as stored_sessions
from mailcrm.store.database import Database

PASSWORD = "correct horse battery"
HERE = Origin("192.0.2.1", "Firefox")


def anna(db: Database, now: datetime, role: str = "staff") -> int:
    return people.add_user(db, NewUser(" Anna@Example.com ", "Anna", PASSWORD, role, addresses=("a@example.com",)), now)


def test_a_user_has_a_login_and_more_addresses(db: Database, now: datetime) -> None:
    user_id = anna(db, now)
    with db.reading() as connection:
        found = stored.user_by_login(connection, "ANNA@example.com")
        assert found is not None
        assert (found.id, found.login, found.role, found.has_password) == (user_id, "anna@example.com", "staff", True)
        assert found.created_at == now
        assert stored.addresses(connection, user_id) == ["anna@example.com", "a@example.com"]
    people.change_addresses(db, By(None, now), user_id, add=("new@example.com",), remove=("a@example.com",))
    with db.reading() as connection:
        assert stored.addresses(connection, user_id) == ["anna@example.com", "new@example.com"]


def test_what_is_wrong_with_a_user_is_refused(db: Database, now: datetime) -> None:
    user_id = anna(db, now)
    with pytest.raises(Refused, match="already"):
        anna(db, now)
    with pytest.raises(Refused, match="belongs to another user"):
        people.add_user(db, NewUser("boris@example.com", "Boris", addresses=("a@example.com",)), now)
    with db.reading() as connection:
        assert stored.user_by_login(connection, "boris@example.com") is None, "a refused user leaves no trace"
    with pytest.raises(Refused, match="too short"):
        people.add_user(db, NewUser("boris@example.com", "Boris", "short"), now)
    with pytest.raises(Refused, match="not an e-mail address"):
        people.add_user(db, NewUser("boris", "Boris"), now)
    with pytest.raises(Refused, match="role must be one of"):
        people.edit_user(db, user_id, {"role": "king"}, now)
    with pytest.raises(Refused, match="Cannot change password_hash"):
        people.edit_user(db, user_id, {"password_hash": "x"}, now)
    with pytest.raises(Refused, match="signs in with"):
        people.change_addresses(db, By(None, now), user_id, remove=("anna@example.com",))
    with pytest.raises(NotFound):
        people.deactivate(db, 4711, now)


def test_the_last_admin_stays(db: Database, now: datetime) -> None:
    user_id = anna(db, now, "admin")
    for changes in ({"role": "staff"}, {"is_active": False}):
        with pytest.raises(Refused, match="last admin"):
            people.edit_user(db, user_id, changes, now)
    people.add_user(db, NewUser("boris@example.com", "Boris", role="admin"), now)
    people.edit_user(db, user_id, {"role": "staff"}, now)


def test_signing_in_keeps_only_a_hash_of_the_token(db: Database, now: datetime) -> None:
    user_id = anna(db, now)
    signed = sessions.sign_in(db, "Anna@example.com", PASSWORD, HERE, now)
    assert signed.user.id == user_id
    found = sessions.current(db, signed.token, now)
    assert found is not None
    assert (found[1].id, found[0].agent) == (user_id, "Firefox")
    with db.reading() as connection:
        assert stored_sessions.session(connection, signed.token, now) is None
        assert stored_sessions.attempts(connection) == [("anna@example.com", "192.0.2.1", now, True, True)]
    assert sessions.current(db, "somebody else's", now) is None


def test_a_session_ends_when_idle_and_at_the_latest(db: Database, now: datetime) -> None:
    anna(db, now)
    token = sessions.sign_in(db, "anna@example.com", PASSWORD, HERE, now).token
    assert sessions.current(db, token, now + timedelta(days=14)) is None
    for day in range(0, 89, 8):
        assert sessions.current(db, token, now + timedelta(days=day)), day
    assert sessions.current(db, token, now + timedelta(days=90)) is None


def test_sessions_are_revoked(db: Database, now: datetime) -> None:
    user_id = anna(db, now)
    tokens = [sessions.sign_in(db, "anna@example.com", PASSWORD, HERE, now).token for _ in range(5)]
    sessions.sign_out(db, tokens[0], now)
    assert [bool(sessions.current(db, t, now)) for t in tokens] == [False, True, True, True, True]
    with db.reading() as connection:
        listed = stored_sessions.sessions(connection, user_id, now)
    assert len(listed) == 4
    assert sessions.revoke(db, user_id + 1, now, listed[0].id) == 0, "only one's own"
    assert sessions.revoke(db, user_id, now, listed[0].id) == 1
    assert sessions.revoke(db, user_id, now) == 3
    token = sessions.sign_in(db, "anna@example.com", PASSWORD, HERE, now).token
    people.change_password(db, user_id, "another long password", now)
    assert sessions.current(db, token, now) is None
    token = sessions.sign_in(db, "anna@example.com", "another long password", HERE, now).token
    people.deactivate(db, user_id, now)
    assert sessions.current(db, token, now) is None
    with pytest.raises(Refused, match="not right"):
        sessions.sign_in(db, "anna@example.com", "another long password", HERE, now)


def fail(db: Database, login: str, ip: str, at: datetime) -> Refused:
    with pytest.raises(Refused) as raised:
        sessions.sign_in(db, login, "wrong password", Origin(ip), at)
    return raised.value


def test_guessing_at_one_login_is_slowed_down(db: Database, now: datetime) -> None:
    anna(db, now)
    for n in range(5):
        assert not isinstance(fail(db, "anna@example.com", f"192.0.2.{n}", now), TooManyAttempts)
    with pytest.raises(TooManyAttempts) as raised:
        sessions.sign_in(db, "anna@example.com", PASSWORD, Origin("192.0.2.77"), now + timedelta(seconds=10))
    assert raised.value.wait == timedelta(seconds=5)
    later = now + timedelta(seconds=15)
    assert not isinstance(fail(db, "anna@example.com", "192.0.2.9", later), TooManyAttempts)
    longer = fail(db, "anna@example.com", "192.0.2.9", later)
    assert isinstance(longer, TooManyAttempts)
    assert longer.wait == timedelta(seconds=30), "each failure doubles the pause"
    sessions.sign_in(db, "anna@example.com", PASSWORD, HERE, later + timedelta(seconds=30))
    assert not isinstance(fail(db, "anna@example.com", "192.0.2.9", later + timedelta(seconds=31)), TooManyAttempts)


def test_guessing_from_one_address_is_slowed_down(db: Database, now: datetime) -> None:
    for n in range(20):
        assert not isinstance(fail(db, f"user{n}@example.com", "192.0.2.1", now), TooManyAttempts)
    assert isinstance(fail(db, "another@example.com", "192.0.2.1", now), TooManyAttempts)
    assert not isinstance(fail(db, "another@example.com", "192.0.2.2", now), TooManyAttempts)


def test_unknown_and_known_users_fail_in_the_same_words(db: Database, now: datetime) -> None:
    anna(db, now)
    assert str(fail(db, "anna@example.com", "192.0.2.1", now)) == str(fail(db, "no@example.com", "192.0.2.1", now))


def test_trusted_senders(db: Database, now: datetime) -> None:
    user_id = anna(db, now)
    people.trust_sender(db, user_id, "News@Shop.example")
    people.trust_sender(db, user_id, "news@shop.example")
    with db.reading() as connection:
        assert stored.trusts(connection, user_id, "news@shop.example")
        assert not stored.trusts(connection, user_id + 1, "news@shop.example")
    people.trust_sender(db, user_id, "news@shop.example", trusted=False)
    with db.reading() as connection:
        assert not stored.trusts(connection, user_id, "news@shop.example")
