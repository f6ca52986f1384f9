"""What people type becomes the one form that is stored, or is refused in words."""

import pytest

from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.errors import Refused
from mailcrm.flow.addresses import phone, valid_domain, valid_email


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" Anna.Petrova@Example.COM ", "anna.petrova@example.com"),
        ("Anna <anna@example.com>", "anna@example.com"),
        ("info@Ромашка.рф", "info@" + "ромашка.рф".encode("idna").decode()),
        ("anna+crm@office.local", "anna+crm@office.local"),
        ("иван@example.com", "иван@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_addresses(text: str, stored: str) -> None:
    assert valid_email(text) == stored


@pytest.mark.parametrize("text", ["", "anna", "anna@", "@example.com", "anna@localhost", "a b@example.com", "a@b..com"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Refused, match="is not an e-mail address"):
        valid_email(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Acme.com", "acme.com"),
        ("https://www.acme.co.uk:8080/about?x=1", "acme.co.uk"),
        ("joe@mail.acme.com", "mail.acme.com"),
        ("acme.com.", "acme.com"),
        ("Müller.de", "xn--mller-kva.de"),
        ("office.local", "office.local"),
    ],
)
def test_domains(text: str, stored: str) -> None:
    assert valid_domain(text, FREE_MAIL) == stored


@pytest.mark.parametrize("text", ["", "acme", "acme com", "-.com", "@"])
def test_what_is_no_domain(text: str) -> None:
    with pytest.raises(Refused, match="is not a domain"):
        valid_domain(text, FREE_MAIL)


def test_free_mail_is_refused() -> None:
    with pytest.raises(Refused, match=r"Anybody can have an address at yandex\.ru"):
        valid_domain("Yandex.RU", FREE_MAIL)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+7 (495) 123-45-67", "", "+74951234567"),
        ("8 495 123-45-67", "RU", "+74951234567"),
        ("030 901820", "de", "+4930901820"),
        ("8 495 123-45-67", "", "84951234567"),
        ("ext. 12", "RU", "12"),
    ],
)
def test_phones(text: str, region: str, number: str) -> None:
    assert phone(text, region) == number


def test_what_is_no_phone() -> None:
    with pytest.raises(Refused, match="is not a telephone number"):
        phone("call me", "RU")
