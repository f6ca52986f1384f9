"""What people say outright: tagged addresses, folders, the dropbox, the keyword; the most definite wish wins."""

import pytest

from mailcrm.crm.explicit import Explicit, Wishes, explicit, tagged_address, tagged_client
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders

DROPBOX = "crm@example.com"
WISHES = Wishes(frozenset({DROPBOX}), lambda client: f"token{client}", {"acme ltd": 5})


def _to(*emails: str) -> ParsedHeaders:
    return ParsedHeaders(to=tuple(Address("", email) for email in emails))


@pytest.mark.parametrize(
    ("email", "client"),
    [
        ("crm+c12.token12@example.com", 12),
        ("crm+c12.token13@example.com", None),
        ("crm+c12@example.com", None),
        ("crm+c12.@example.com", None),
        ("crm+c.token12@example.com", None),
        ("other+c12.token12@example.com", None),
        ("crm+c12.token12@evil.test", None),
        ("crm+c99999999999999999999.token12@example.com", None),
        (DROPBOX, None),
        ("", None),
    ],
)
def test_only_our_own_token_names_a_client(email: str, client: int | None) -> None:
    assert tagged_client(email, WISHES) == client


def test_a_tagged_address_is_read_back() -> None:
    assert WISHES.token is not None
    assert tagged_client(tagged_address(DROPBOX, 12, WISHES.token), WISHES) == 12
    assert tagged_client(tagged_address(DROPBOX, 12, WISHES.token), Wishes(frozenset({DROPBOX}))) is None


@pytest.mark.parametrize("folder", ["CRM/Acme Ltd", "INBOX.CRM.acme ltd", "crm/ACME  LTD", "Work/CRM/Acme Ltd"])
def test_a_folder_names_a_client(folder: str) -> None:
    assert explicit(_to("x@y.test"), folder, frozenset(), WISHES) == Explicit(True, (5,), f"folder {folder}")


@pytest.mark.parametrize("folder", ["INBOX", "Acme Ltd", "CRM", "NotCRM/Acme Ltd", "CRM/Acme Ltd/Old", ""])
def test_other_folders_say_nothing(folder: str) -> None:
    assert explicit(_to("x@y.test"), folder, frozenset(), WISHES) == Explicit()


def test_a_folder_of_an_unknown_client_only_keeps() -> None:
    assert explicit(_to(), "CRM/Nobody", frozenset(), WISHES) == Explicit(True, (), "folder CRM/Nobody")


def test_the_dropbox_only_keeps_wherever_it_stands() -> None:
    here = Address("", DROPBOX)
    for headers in (
        ParsedHeaders(to=(here,)),
        ParsedHeaders(cc=(here,)),
        ParsedHeaders(bcc=(here,)),
        ParsedHeaders(delivered_to=(here,)),
    ):
        assert explicit(headers, "INBOX", frozenset(), WISHES) == Explicit(True, (), DROPBOX)
    assert explicit(ParsedHeaders(from_=(here,)), "INBOX", frozenset(), WISHES) == Explicit()


@pytest.mark.parametrize("flags", [{"crm"}, {"$CRM"}, {"\\Seen", "$crm"}])
def test_the_keyword_only_keeps(flags: set[str]) -> None:
    assert explicit(_to("x@y.test"), "INBOX", frozenset(flags), WISHES).asked
    assert not explicit(_to("x@y.test"), "INBOX", frozenset({"crmish", "\\Seen"}), WISHES).asked


def test_the_most_definite_wish_wins() -> None:
    headers = _to(DROPBOX, "crm+c12.token12@example.com")
    assert explicit(headers, "CRM/Acme Ltd", frozenset({"crm"}), WISHES).clients == (12,)
    assert explicit(_to(DROPBOX), "CRM/Acme Ltd", frozenset({"crm"}), WISHES).clients == (5,)
