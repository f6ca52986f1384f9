"""Folder lists: each name once with its exact bytes, one bad line never hides the others, roles in ten languages."""

import pytest

from mailcrm.net.imap.folders import display_name, read_folders, role_of
from mailcrm.net.imap.values import Status
from tests.fake_imap import FakeImap, ok

NAMES: list[tuple[list[bytes], bytes, str]] = [
    # the response, the name to send, the name to show
    (
        [b'LIST (\\HasNoChildren) "/" "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"'],
        b"&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-",
        "Отправленные",
    ),
    ([b'LIST () "/" "&2D3cSw-"'], b"&2D3cSw-", "\U0001f44b"[:0] + b"\xf0\x9f\x91\x8b".decode()),
    ([b'LIST () "/" A&B'], b"A&B", "A&B"),
    ([b'LIST () "/" "&-A"'], b"&-A", "&A"),
    ([b'LIST () "/" "\xd0\x9e"'], b"\xd0\x9e", "О"),
    ([b'LIST () "/" "\xe4\xff"'], b"\xe4\xff", "äÿ"),
    ([b'LIST () "/" "a\\"b\\\\c"'], b'a"b\\c', 'a"b\\c'),
    ([b'LIST () "/" {3}', b"x y", b""], b"x y", "x y"),
    ([b'LIST () "/" NIL'], b"NIL", "NIL"),
    ([b'LIST () "/" "NIL"'], b"NIL", "NIL"),
    ([b'LIST () "/" 2019'], b"2019", "2019"),
    ([b'LIST () "/" 0123'], b"0123", "0123"),
    ([b'LIST () "/" " lead"'], b" lead", " lead"),
    ([b'LIST () "/" foo (bar)'], b"foo (bar)", "foo (bar)"),
    ([b'LIST (\\X) "/" "n" ("CHILDINFO" ("SUBSCRIBED"))'], b"n", "n"),
    ([b"LIST () NIL iNbOx"], b"INBOX", "INBOX"),
    ([b'LIST () "." "INBOX.' + b"x" * 1000 + b'"'], b"INBOX." + b"x" * 1000, "INBOX." + "x" * 1000),
]


@pytest.mark.parametrize(("parts", "raw", "shown"), NAMES)
def test_reads_every_kind_of_name(parts: list[bytes], raw: bytes, shown: str) -> None:
    (folder,) = read_folders([parts])
    assert (folder.raw_name, folder.name) == (raw, shown)


def test_one_bad_line_hides_no_other() -> None:
    bad = [[b'LIST () "/" "open'], [b"LIST oops"], [b'STATUS "Sent" (MESSAGES'], [b'LIST () "/" "\\"']]
    folders = read_folders([parts for parts, _, _ in NAMES] + bad + [[b'LIST () "/" "Last"']])
    names = [folder.raw_name for folder in folders]
    assert names[-1] == b"Last"
    assert len(names) == len(set(names)) == len(NAMES)  # NIL came twice, Last once


def test_names_that_cannot_be_sent_are_not_selectable() -> None:
    (folder,) = read_folders([[b'LIST () "/" {4}', b"a\r\nb", b""]])
    assert not folder.selectable
    assert folder.name == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"
    (root,) = read_folders([[b'LIST (\\Noselect) "/" "shared"']])
    assert not root.selectable


def test_status_belongs_to_its_folder() -> None:
    folders = read_folders(
        [
            [b'LIST (\\Sent) "/" "S \\"x\\""'],
            [b'LIST () "/" Inbox'],
            [b'STATUS "S \\"x\\"" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 42)'],
            [b"STATUS INBOX ()"],
        ]
    )
    assert folders[0].status == Status(3, 9, 7, 42)
    assert folders[1].status == Status()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Sent", "sent"),
        ("Sent Items", "sent"),
        ("Отправленные", "sent"),
        ("Gesendet", "sent"),
        ("Gesendete Objekte", "sent"),
        ("Éléments envoyés", "sent"),
        ("Enviados", "sent"),
        ("Posta inviata", "sent"),
        ("Wysłane", "sent"),
        ("Verzonden items", "sent"),
        ("Itens Enviados", "sent"),
        ("Надіслані", "sent"),
        ("Elküldött elemek", "sent"),
        ("Elku\u0308ldo\u0308tt elemek", "sent"),
        ("INBOX/Sent", "sent"),
        ("[Gmail]/Корзина", "trash"),
        ("Удаленные", "trash"),
        ("Gelöschte Elemente", "trash"),
        ("Черновики", "drafts"),
        ("Entwürfe", "drafts"),
        ("Спам", "junk"),
        ("Correo no deseado", "junk"),
        ("Архив", "archive"),
        ("inbox", "inbox"),
        ("Customers/Sent", "other"),
        ("Customers/2019/Trash", "other"),
        ("Offers", "other"),
    ],
)
def test_roles_by_name(name: str, role: str) -> None:
    assert role_of(name, "/", ()) == role


def test_attributes_come_before_names() -> None:
    assert role_of("Whatever", "/", ("\\HasNoChildren", "\\Sent")) == "sent"
    assert role_of("Sent", "/", ("\\Trash",)) == "trash"
    assert role_of("INBOX.Sent", ".", ()) == "sent"
    assert role_of("INBOX\\Sent", "\\", ()) == "sent"
    assert role_of("Sent", "", ()) == "sent"
    assert role_of("A/Sent", "", ()) == "other"


def test_two_sent_folders_are_both_sent() -> None:
    folders = read_folders([[b'LIST (\\Sent) "/" "Sent"'], [b'LIST () "/" "Sent Messages"']])
    assert [folder.role for folder in folders] == ["sent", "sent"]


def test_control_characters_are_not_shown() -> None:
    assert display_name(b"a\x1b[31m") == "a\N{REPLACEMENT CHARACTER}[31m"
    assert display_name(b"&AAo-") == "\N{REPLACEMENT CHARACTER}"


def test_names_go_back_as_they_came() -> None:
    """Quoted where that is possible, else as a literal; with NUL, CR or LF not at all."""
    received: list[bytes] = []

    def examine(call: object) -> None:
        ok(b"* OK [UIDVALIDITY 7] x\r\n", text=b"[READ-ONLY]")(call)  # type: ignore[arg-type]

    with FakeImap({"EXAMINE": examine}) as fake, fake.session() as session:
        for raw in (b'a"b\\c', b" lead", b"&BB4-", b"NIL"):
            session.examine(raw)
            received.append(raw)
        assert fake.commands("EXAMINE") == [b'"a\\"b\\\\c"', b'" lead"', b'"&BB4-"', b'"NIL"']
        for raw in (b"a\r\nc9 DELETE INBOX", b"a\0b"):
            with pytest.raises(ValueError, match="NUL, CR or LF"):
                session.examine(raw)
        assert len(fake.commands("EXAMINE")) == len(received)
        assert fake.commands("DELETE") == []
