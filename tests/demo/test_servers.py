"""The servers of the demo, used by IMAPClient and smtplib as a mail program would."""

import asyncio
import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest
from imapclient import IMAPClient

from demo.servers import MailServer, serving
from demo.shelf import Shelf
from tests.servers import free_port

OLGA, IGOR = "olga@taiga.example", "igor@taiga.example"
PASSWORDS = {OLGA: "olga-demo", IGOR: "igor-demo"}
LETTER = b"From: olga@taiga.example\r\nTo: igor@taiga.example\r\nSubject: =?utf-8?b?0YLQtdGB0YI=?=\r\n\r\nhello\r\n"

Visit = Callable[[IMAPClient, smtplib.SMTP], None]


def visit(folder: Path, talk: Visit) -> None:
    """Run both servers on what lies in the folder, as long as `talk` talks to them as Olga."""
    shelf = Shelf(folder / "mail.db")
    for name in ("INBOX", "Отправленные", "Черновики"):
        shelf.add_folder(OLGA, name)
    shelf.add_folder(IGOR, "Sent")
    imap_port, smtp_port = free_port(), free_port()

    def client() -> None:
        with IMAPClient("127.0.0.1", port=imap_port, ssl=False) as imap, smtplib.SMTP("127.0.0.1", smtp_port) as smtp:
            imap.login(OLGA, PASSWORDS[OLGA])
            talk(imap, smtp)

    async def run() -> None:
        async with serving(MailServer("mail.taiga.example", PASSWORDS), shelf, imap_port, smtp_port):
            await asyncio.to_thread(client)

    asyncio.run(run())
    shelf.close()


def test_folders_say_what_they_are_for(tmp_path: Path) -> None:
    def talk(imap: IMAPClient, _smtp: smtplib.SMTP) -> None:
        flags = {name: flags for flags, _, name in imap.list_folders()}
        assert b"\\Sent" in flags["Отправленные"]
        assert b"\\Drafts" in flags["Черновики"]
        assert b"IDLE" in imap.capabilities()

    visit(tmp_path, talk)


def test_mail_through_smtp_reaches_the_inbox_and_the_sent_folder(tmp_path: Path) -> None:
    def talk(imap: IMAPClient, smtp: smtplib.SMTP) -> None:
        smtp.login(OLGA, PASSWORDS[OLGA])
        assert smtp.sendmail(OLGA, [OLGA, "stranger@elsewhere.example"], LETTER) == {}
        for folder in ("INBOX", "Отправленные"):
            imap.select_folder(folder, readonly=True)
            fetched = imap.fetch(imap.search("ALL"), ["BODY.PEEK[]"])
            (raw,) = [data[b"BODY[]"] for data in fetched.values()]
            assert raw.endswith(LETTER)
            assert b"Message-ID: <" in raw
            assert b"Date: " in raw

    visit(tmp_path, talk)


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    def talk(_imap: IMAPClient, smtp: smtplib.SMTP) -> None:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login(OLGA, "wrong")

    visit(tmp_path, talk)


def test_an_idle_client_hears_of_new_mail_at_once(tmp_path: Path) -> None:
    def talk(imap: IMAPClient, smtp: smtplib.SMTP) -> None:
        imap.select_folder("INBOX", readonly=True)
        imap.idle()
        smtp.sendmail("client@elsewhere.example", [OLGA], LETTER)
        assert (1, b"EXISTS") in imap.idle_check(timeout=5)
        imap.idle_done()

    visit(tmp_path, talk)


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    seen: list[object] = []

    def look(imap: IMAPClient) -> dict[str, object]:
        state: dict[str, object] = {}
        for _, _, name in imap.list_folders():
            chosen = imap.select_folder(name, readonly=True)
            mail = imap.fetch(imap.search("ALL"), ["FLAGS", "INTERNALDATE", "EMAILID", "RFC822.SIZE"])
            rows = {u: {k: v for k, v in data.items() if k != b"SEQ"} for u, data in mail.items()}
            state[name] = (chosen[b"UIDVALIDITY"], chosen[b"UIDNEXT"], chosen[b"MAILBOXID"], rows)
        return state

    def change(imap: IMAPClient, _smtp: smtplib.SMTP) -> None:
        for _ in range(4):
            imap.append("INBOX", LETTER)
        imap.create_folder("Клиенты")
        imap.select_folder("INBOX")
        imap.add_flags([101], ["\\Flagged"])
        imap.move([102], "Клиенты")
        imap.copy([103], "Клиенты")
        imap.delete_messages([104])
        imap.expunge()
        seen.append(look(imap))

    def look_again(imap: IMAPClient, _smtp: smtplib.SMTP) -> None:
        assert look(imap) == seen[0]

    visit(tmp_path, change)
    visit(tmp_path, look_again)
