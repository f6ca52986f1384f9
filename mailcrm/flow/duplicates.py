"""Clients that may be one: looked for among all of them, and what a person says of two."""

from mailcrm.crm import duplicates as rules
from mailcrm.errors import NotFound
from mailcrm.flow import clients as flow_clients
from mailcrm.flow.edit import By, Office, editing
from mailcrm.store import client_records, duplicates


def refresh(office: Office, by: By) -> int:
    """Look for clients that may be one; returns how many pairs are open. What people said of pairs stays."""
    with office.database.reading() as connection:
        pairs = rules.pairs(client_records.faces(connection), client_records.reaches(connection))
    with editing(office, by) as edit:
        duplicates.replace_open(edit.connection, pairs, by.at)
        return duplicates.count(edit.connection)


def differ(office: Office, by: By, pair: tuple[int, int], different: bool = True) -> None:
    """Say that two clients are not the same, or take that back; raises NotFound."""
    with editing(office, by) as edit:
        for client in pair:
            flow_clients.known(edit, client)
        if not duplicates.set_state(edit.connection, pair, "different" if different else "open"):
            raise NotFound("There is no such pair of clients.")
