"""Shelf: the mail of the demo company in one SQLite file, so that its IMAP server survives a restart."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS folder (
    account TEXT, name TEXT, uidvalidity INTEGER, last_uid INTEGER DEFAULT 100, PRIMARY KEY (account, name)
);
CREATE TABLE IF NOT EXISTS mail (
    account TEXT, folder TEXT, uid INTEGER, at TEXT, flags TEXT, raw BLOB, PRIMARY KEY (account, folder, uid)
);
"""
FIRST_UIDVALIDITY = 1767225600


@dataclass(frozen=True)
class Mail:
    """One message as a server keeps it: `flags` are separated by blanks, `at` is when it arrived."""

    uid: int
    at: datetime
    flags: str
    raw: bytes


class Shelf:
    """The accounts, their folders and the mail in them; every change is on disk when the call returns."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _TABLES)

    def accounts(self) -> list[str]:
        """The names of the accounts that have at least one folder."""
        return [row[0] for row in self._connection.execute("SELECT DISTINCT account FROM folder ORDER BY account")]

    def folders(self, account: str) -> dict[str, int]:
        """The folders of an account with their UIDVALIDITY."""
        rows = self._connection.execute("SELECT name, uidvalidity FROM folder WHERE account = ?", (account,))
        return dict(rows.fetchall())

    def add_folder(self, account: str, name: str) -> int:
        """Add a folder unless it is there; returns its UIDVALIDITY, which is never used twice."""
        known = self.folders(account)
        if name not in known:
            last = self._connection.execute("SELECT max(uidvalidity) FROM folder").fetchone()[0]
            known[name] = (last or FIRST_UIDVALIDITY) + 1
            self._connection.execute(
                "INSERT INTO folder (account, name, uidvalidity) VALUES (?, ?, ?)", (account, name, known[name])
            )
        return known[name]

    def last_uid(self, account: str, name: str) -> int:
        """The highest UID that was ever given in a folder: none is given twice (RFC 3501 §2.3.1.1)."""
        query = "SELECT last_uid FROM folder WHERE account = ? AND name = ?"
        return int(self._connection.execute(query, (account, name)).fetchone()[0])

    def remove_folder(self, account: str, name: str) -> None:
        """Remove a folder and the mail in it."""
        self._connection.execute("DELETE FROM mail WHERE account = ? AND folder = ?", (account, name))
        self._connection.execute("DELETE FROM folder WHERE account = ? AND name = ?", (account, name))

    def rename_folder(self, account: str, before: str, after: str) -> None:
        """Give a folder another name; mail, UIDs and UIDVALIDITY stay."""
        names = (after, account, before)
        self._connection.execute("UPDATE mail SET folder = ? WHERE account = ? AND folder = ?", names)
        self._connection.execute("UPDATE folder SET name = ? WHERE account = ? AND name = ?", names)

    def mail(self, account: str, folder: str) -> list[Mail]:
        """What lies in a folder, oldest UID first."""
        rows = self._connection.execute(
            "SELECT uid, at, flags, raw FROM mail WHERE account = ? AND folder = ? ORDER BY uid", (account, folder)
        )
        return [Mail(uid, datetime.fromisoformat(at), flags, raw) for uid, at, flags, raw in rows]

    def put(self, account: str, folder: str, mail: Mail) -> None:
        """Keep a message, in place of an older one with the same UID."""
        at = mail.at.astimezone(UTC).isoformat()
        row = (account, folder, mail.uid, at, mail.flags, mail.raw)
        self._connection.execute("INSERT OR REPLACE INTO mail VALUES (?, ?, ?, ?, ?, ?)", row)
        rise = "UPDATE folder SET last_uid = max(last_uid, ?) WHERE account = ? AND name = ?"
        self._connection.execute(rise, (mail.uid, account, folder))

    def fill(self, account: str, folder: str, mails: list[Mail]) -> None:
        """Keep many messages at once."""
        self._connection.execute("BEGIN")
        for mail in mails:
            self.put(account, folder, mail)
        self._connection.execute("COMMIT")

    def remove(self, account: str, folder: str, uid: int) -> None:
        """Forget one message."""
        key = (account, folder, uid)
        self._connection.execute("DELETE FROM mail WHERE account = ? AND folder = ? AND uid = ?", key)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
