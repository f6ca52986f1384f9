"""The demo company is furnished once, through the functions that everybody uses."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.company import Ports, furnish, write_config
from demo.people import CLIENTS, EVERYBODY, STAFF
from mailcrm.config import load
from mailcrm.store import never, notes, offers, people, send_accounts, tasks
from mailcrm.store.database import Database
from mailcrm.store.directory import directory
from mailcrm.store.offers import OfferFilter
from mailcrm.store.tasks import TaskFilter
from mailcrm.store.visibility import viewer

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    path = write_config(tmp_path, Ports(1025, 1143, 1587))
    assert furnish(path, NOW) is True
    assert furnish(write_config(tmp_path, Ports(2025, 2143, 2587)), NOW) is False
    config = load(path)
    assert (config.web.port, config.server("demo").port) == (2025, 2143)
    assert {mailbox.owner for mailbox in config.mailboxes} == {member.person.email for member in STAFF}


def test_an_interrupted_start_is_begun_anew(tmp_path: Path) -> None:
    path = write_config(tmp_path, Ports(1025, 1143, 1587))
    furnish(path, NOW)
    (tmp_path / "furnished").unlink()
    assert furnish(path, NOW) is True


def test_the_board_of_a_newcomer_is_alive(tmp_path: Path) -> None:
    path = write_config(tmp_path, Ports(1025, 1143, 1587))
    furnish(path, NOW)
    database = Database(load(path).database_url)
    with database.reading() as connection:
        olga = people.user_by_login(connection, STAFF[0].person.email)
        assert olga is not None
        who = viewer(connection, olga.id, olga.role, NOW)
        due = tasks.tasks(connection, who, TaskFilter(owner_ids=(olga.id,), until=NOW + timedelta(days=1)))
        marina = people.user_by_login(connection, "marina@taiga.example")
        assert marina is not None
        named = notes.mentions(connection, viewer(connection, marina.id, marina.role, NOW))
    database.close()
    assert len(due) == 2
    assert len(named) == 2


def test_an_offer_waits_for_its_check_and_everybody_has_an_account(tmp_path: Path) -> None:
    path = write_config(tmp_path, Ports(1025, 1143, 1587))
    furnish(path, NOW)
    database = Database(load(path).database_url)
    with database.reading() as connection:
        found = offers.offers(connection, OfferFilter())
        accounts = send_accounts.accounts(connection)
    database.close()
    assert [one.title for one in found] == ["Service for the spring"]
    assert {one.address for one in accounts} == {member.person.email for member in STAFF}


def test_every_contact_is_found_by_address_and_friends_are_never_stored(tmp_path: Path) -> None:
    path = write_config(tmp_path, Ports(1025, 1143, 1587))
    furnish(path, NOW)
    database = Database(load(path).database_url)
    with database.reading() as connection:
        emails = {person.email for client in CLIENTS for person in client.people}
        domains = {domain for client in CLIENTS for domain in client.domains}
        found = directory(connection, emails, domains, set())
        olga = people.user_by_login(connection, STAFF[0].person.email)
        assert olga is not None
        rules = {rule.value for rule in never.rules(connection, olga.id)}
    database.close()
    assert set(found.addresses) == emails
    assert set(found.domains) == domains
    assert EVERYBODY["lena"].email in rules
