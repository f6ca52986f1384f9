"""Which server gets which treatment."""

import pytest

from mailcrm.net.imap.quirks import Quirks, quirks_of


@pytest.mark.parametrize(
    ("host", "identity", "expected"),
    [
        ("outlook.office365.com", {}, (False, True)),
        ("mail.example.com", {"name": "Microsoft.Exchange.Imap4.Imap4Server"}, (False, True)),
        ("imap.mail.yahoo.com", {}, (False, True)),
        ("imap.mail.ru", {}, (False, False)),
        ("notmail.ru", {}, (True, True)),
        ("imap.163.com", {}, (True, False)),
        ("mail.example.com", {"vendor": "Dovecot"}, (True, True)),
    ],
)
def test_profiles(host: str, identity: dict[str, str], expected: tuple[bool, bool]) -> None:
    found = quirks_of(host, identity)
    assert (found.pipeline, found.idle) == expected


def test_the_rest_gets_everything() -> None:
    assert quirks_of("mail.example.com", {}) == Quirks()
    assert not quirks_of("imap.mail.me.com", {}).esearch
    assert not quirks_of("imap.gmail.com", {}).qresync
    assert quirks_of("imap.rambler.ru", {}).idle_seconds < 60
    assert Quirks().sweep_seconds < 60
