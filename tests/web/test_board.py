"""The board in the browser: who sees what on it, and that every act has a way back."""

import re
from datetime import timedelta

import pytest

from mailcrm.flow import tasks
from mailcrm.flow.tasks import NewTask
from tests.web.company import ANNA, BORIS, IDA, KLARA, LARS, OLGA, Company, letter


def row(page: str, subject: str) -> str:
    """The row of a list that holds a text; empty where none does."""
    return next((one for one in page.split("<li data-row")[1:] if subject in one), "")


def test_the_board_is_the_start_page_and_says_who_waits(company: Company) -> None:
    page = company.browser("anna").get("/").text
    assert "Pressure test: date" in row(page, "Ida Holm")
    assert "Nordwind Pumpen GmbH" in row(page, "Pressure test: date")
    assert "Confirm the delivery date" in page
    assert "Запрос цен" not in page, "Anna has answered it for Boris"
    assert "2 messages in the tray" in page


def test_nobody_waits_by_hand_and_the_way_back(company: Company) -> None:
    browser = company.browser("anna")
    key = re.search(r"value=(\d+-\d+)", row(browser.get("/").text, "Pressure test: date"))
    assert key
    answer = browser.post("/board", data={"done": key[1]}, follow_redirects=True)
    assert "Pressure test: date" not in answer.text
    back = re.search(r'action="(/board/\d+/\d+/back[^"]*)"', answer.text)
    assert back
    again = browser.post(back[1].replace("&amp;", "&"), follow_redirects=True)
    assert "Pressure test: date" in again.text


def test_put_off_until_a_day_and_a_new_letter_brings_it_back(company: Company) -> None:
    browser = company.browser("anna")
    key = re.search(r"value=(\d+-\d+)", row(browser.get("/").text, "Pressure test: date"))
    assert key
    assert (
        "Pressure test: date" not in browser.post("/board", data={"later": f"{key[1]}-4"}, follow_redirects=True).text
    )
    assert "Pressure test: date" in browser.get("/board/us?off=1").text
    message = company.one("SELECT max(id) FROM message WHERE subject = 'Pressure test: date'")
    with company.db.reading() as connection:
        own = connection.exec_driver_sql(f"SELECT message_id FROM message WHERE id = {message}").scalar_one()
    company.deliver("anna", letter(IDA, ANNA, "Re: Pressure test: date", "Any news?", In_Reply_To=f"<{own}>"))
    assert "Any news?" in row(browser.get("/").text, "Pressure test")


def test_wrong_values_of_buttons_are_refused(company: Company) -> None:
    browser = company.browser("anna")
    for data in ({}, {"done": "x"}, {"done": "1-1"}, {"later": "9-9-9"}, {"done": "99999999999999999999-1"}):
        assert browser.post("/board", data=data).status_code in (302, 404)
    for address in (
        "/?whose=group-x",
        "/?whose=user-99",
        "/board/us?after=x~1~2",
        "/tasks?after=zz~1",
        "/board/sideways",
    ):
        assert browser.get(address).status_code == 200, address


def test_the_board_shows_of_private_mail_what_its_owner_allows(company: Company) -> None:
    company.deliver("boris", letter(OLGA, BORIS, "Только Борису", "Секретная скидка?"), timedelta(hours=2))
    company.deliver("klara", letter(LARS, KLARA, "For Klara alone", "Is it true?"), timedelta(hours=2))
    everybody = company.browser("anna").get("/?whose=all").text
    assert "Только Борису" in everybody
    assert "Секретная" not in everybody
    assert "For Klara alone" not in everybody
    assert "Private: only that there was a message" in everybody
    assert "Секретная" in company.browser("boris").get("/").text
    assert "For Klara alone" in company.browser("klara").get("/").text


def test_where_clients_are_assigned_the_board_knows_no_others(company: Company) -> None:
    with company.db.writing() as connection:
        # Nobody covers for Anna: Klara looks after no client.
        connection.exec_driver_sql("DELETE FROM absence")
        connection.exec_driver_sql("DELETE FROM group_deputy")
        connection.exec_driver_sql("UPDATE client_group SET manager_id = NULL")
    app = company.app(clients="assigned")
    page = company.browser("klara", app=app).get("/?whose=all").text
    assert "Nordwind" not in page
    assert "Confirm the delivery date" not in page
    thread = company.one("SELECT min(thread_id) FROM waiting WHERE turn = 'us'")
    client = company.one(f"SELECT client_id FROM waiting WHERE thread_id = {thread}")
    browser = company.browser("klara", app=app)
    assert browser.post("/board", data={"done": f"{thread}-{client}"}).status_code in (302, 404)
    assert company.one(f"SELECT count(settled_id) FROM waiting WHERE thread_id = {thread}") == 0
    note = company.one("SELECT min(id) FROM note")
    assert browser.get(f"/notes/{note}").status_code == 404
    assert browser.get(f"/clients/{client}/tasks").status_code == 404


def test_another_users_task_without_a_client_is_not_there(company: Company) -> None:
    number = tasks.add_task(company.rooms["anna"].office, company.by, NewTask("Mine alone", company.users["anna"]))
    browser = company.browser("boris")
    assert browser.get(f"/tasks/{number}").status_code == 404
    for act in ("done", "delete", "open", "later"):
        browser.post(f"/tasks/{number}/{act}", data={"days": "1"})
    assert company.one(f"SELECT count(*) FROM task_change WHERE task_id = {number}") == 1
    assert "Mine alone" not in browser.get("/tasks?owner=all").text
    assert "Mine alone" in company.browser("anna").get("/tasks").text


def test_a_task_from_a_message_is_filled_in_and_stands_beside_it(company: Company) -> None:
    said = "Dear Lars, the drawings need some days. I will send them tomorrow.\n\nAnna"
    message = company.number(company.deliver("anna", letter(ANNA, LARS, "Drawings", said)))
    browser = company.browser("anna")
    assert "You promised:" in browser.get(f"/messages/{message}").text
    form = browser.get(f"/tasks/new?message={message}").text
    assert 'value="I will send them tomorrow."' in form
    assert f'value="{(company.now.date() + timedelta(days=1)).isoformat()}"' in form
    assert 'value="Nordwind Pumpen GmbH"' in form
    data = {"title": "Send the drawings", "message": str(message), "promise": "1", "client": "Nordwind Pumpen GmbH"}
    data |= {"on": (company.now.date() + timedelta(days=1)).isoformat(), "at": "", "reminder": "at", "closes": "1"}
    browser.post("/tasks/new", data=data)
    page = company.browser("vera").get(f"/messages/{message}").text
    assert "Send the drawings" in page
    assert "promised:" not in page


@pytest.mark.parametrize(
    "field", [{"on": "31.12.2026"}, {"at": "25:00", "on": "2026-12-31"}, {"client": "Nobody"}, {"title": ""}]
)
def test_what_cannot_be_understood_is_said(company: Company, field: dict[str, str]) -> None:
    browser = company.browser("anna")
    before = company.one("SELECT count(*) FROM task")
    answer = browser.post("/tasks/new", data={"title": "X", "back": "/tasks", **field}, follow_redirects=True)
    assert 'class="notice wrong"' in answer.text
    assert company.one("SELECT count(*) FROM task") == before


def test_a_note_is_written_on_the_page_of_the_client(company: Company) -> None:
    client, browser = company.clients["Atelier Fontaine"], company.browser("anna")
    data = {"text": "@boris, she asks for you\nand for prices", "kind": "call", "minutes": "12", "direction": "in"}
    answer = browser.post(
        f"/clients/{client}/notes", data={**data, "back": f"/clients/{client}"}, follow_redirects=True
    )
    assert "she asks for you" in answer.text
    assert "12 minutes" in answer.text
    board = company.browser("boris").get("/").text
    assert "she asks for you" in board
    note = company.one("SELECT max(id) FROM note")
    seen = company.browser("boris").post(f"/mentions/{note}/seen", follow_redirects=True)
    assert "she asks for you" not in seen.text
    gone = browser.post(f"/notes/{note}/delete", follow_redirects=True)
    assert "she asks for you" not in gone.text
    assert "she asks for you" in browser.post(f"/notes/{note}/restore", follow_redirects=True).text


def test_an_overdue_target_of_a_group_counts(company: Company) -> None:
    client = company.clients["Atelier Fontaine"]
    company.deliver("anna", letter("Claire <c@fontaine.example>", ANNA, "Urgent", "When?"), timedelta(days=4))
    browser = company.browser("anna")
    assert "class=late" in "<li data-row" + row(browser.get("/").text, "Urgent")
    with company.db.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO client_group (id, name, name_key, kind, rule, answer_hours, note, created_at)"
            " VALUES (77, 'Slow', 'slow', 'hand', '', 400, '', '2026-01-01 00:00:00')"
        )
        connection.exec_driver_sql(
            f"INSERT INTO group_client (group_id, client_id, added_at) VALUES (77, {client}, '2026-01-01 00:00:00')"
        )
    assert "class=late" not in "<li data-row" + row(browser.get("/").text, "Urgent")
