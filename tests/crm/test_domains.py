"""Domains: lineage by the public suffix list, and what lies within what."""

import pytest

from mailcrm.crm.domains import is_within, lineage
from mailcrm.crm.free_mail import FREE_MAIL


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme.test", ("acme.test",)),
        ("mail.acme.com", ("mail.acme.com", "acme.com")),
        ("a.b.acme.co.uk", ("a.b.acme.co.uk", "b.acme.co.uk", "acme.co.uk")),
        ("acme.co.uk", ("acme.co.uk",)),
        ("co.uk", ()),
        ("uk", ()),
        ("firma.msk.ru", ("firma.msk.ru",)),
        ("somebody.github.io", ("somebody.github.io",)),
        ("xn--e1afmkfd.xn--p1ai", ("xn--e1afmkfd.xn--p1ai",)),
        ("office.local", ("office.local",)),
        ("localhost", ()),
        ("", ()),
        ("..", ()),
    ],
)
def test_lineage(domain: str, expected: tuple[str, ...]) -> None:
    assert lineage(domain) == expected


@pytest.mark.parametrize(
    ("domain", "owners", "expected"),
    [
        ("acme.test", {"acme.test"}, True),
        ("eu.acme.test", {"acme.test"}, True),
        ("notacme.test", {"acme.test"}, False),
        ("acme.test.evil.test", {"acme.test"}, False),
        ("test", {"acme.test"}, False),
        ("acme.test", {""}, False),
        ("", {""}, False),
        ("acme.test", set(), False),
    ],
)
def test_within(domain: str, owners: set[str], expected: bool) -> None:
    assert is_within(domain, owners) is expected


def test_free_mail_names_the_large_ones_in_one_form() -> None:
    assert {"gmail.com", "mail.ru", "yandex.ru", "outlook.com", "web.de", "qq.com"} <= FREE_MAIL
    assert all(name == name.strip().lower() and "." in name for name in FREE_MAIL)
