"""The pages of accounts for sending: who sees and changes which, and what a form may do."""

import pytest

from mailcrm.flow.probe import ASKED
from tests.web.company import Company


@pytest.fixture
def number(company: Company) -> int:
    return company.one("SELECT id FROM send_account WHERE address = 'anna@example.com'")


def test_a_user_finds_his_own_accounts_and_admins_all(company: Company, number: int) -> None:
    assert "anna@example.com" in company.browser("anna").get("/accounts").text
    assert "anna@example.com" in company.browser("vera").get("/accounts").text
    boris = company.browser("boris")
    assert "anna@example.com" not in boris.get("/accounts").text
    assert boris.get(f"/accounts/{number}").status_code == 404
    for act in ("", "/password", "/pause", "/resume", "/probe"):
        assert boris.post(f"/accounts/{number}{act}", data={"password": "x"}).status_code == 404


def test_limits_are_changed_and_checked(company: Company, number: int) -> None:
    anna = company.browser("anna")
    form = {"name": "Anna", "sent_copy": "off", "connections": "3", "per_minute": "12", "per_day": "0"}
    assert anna.post(f"/accounts/{number}", data=form).status_code == 302
    assert company.one("SELECT per_minute FROM send_account") == 12
    for wrong in ({"per_minute": "many"}, {"connections": "0"}, {"sent_copy": "both"}, {"name": "a\nb"}):
        assert anna.post(f"/accounts/{number}", data={**form, **wrong}).status_code == 400
    assert company.one("SELECT per_minute FROM send_account") == 12


def test_pause_password_and_probe(company: Company, number: int) -> None:
    anna = company.browser("anna")
    assert anna.post(f"/accounts/{number}/pause").status_code == 302
    assert "Send again" in anna.get(f"/accounts/{number}").text
    assert anna.post(f"/accounts/{number}/resume").status_code == 302
    assert anna.post(f"/accounts/{number}/password", data={"password": "secret words"}).status_code == 302
    assert "secret words" not in anna.get(f"/accounts/{number}").text
    assert anna.post(f"/accounts/{number}/probe").status_code == 302
    assert company.one(f"SELECT count(*) FROM send_account WHERE probe = '{ASKED}'") == 1
    assert "It is being tried out" in anna.get(f"/accounts/{number}").text


def test_nobody_adds_an_account_at_a_server_or_in_a_name_of_his_choice(company: Company) -> None:
    before = company.one("SELECT count(*) FROM send_account")
    anna = company.browser("anna")
    for form in (
        {"address": "x@example.com", "server": "evil.example"},
        {"address": "boris@example.com", "server": "main", "password": "x"},
    ):
        assert anna.post("/accounts/new", data=form).status_code == 400
    assert company.one("SELECT count(*) FROM send_account") == before
