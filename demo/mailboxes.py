"""The mailboxes of pymap's in-memory server, kept on a shelf: UIDs, ids and flags are the same after a restart.

pymap says neither which folder holds the sent mail (RFC 6154) nor keeps its ids; both are added here.
"""

import hashlib
from collections.abc import Iterable, Sequence

from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message, _ContentCache
from pymap.exceptions import NotAllowedError
from pymap.flags import FlagOp
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListEntry, ListTree
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import ObjectId
from pymap.parsing.specials.flag import Flag

from demo.shelf import Mail, Shelf

SPECIAL_USE = {
    "Sent": b"Sent",
    "Отправленные": b"Sent",
    "Drafts": b"Drafts",
    "Черновики": b"Drafts",
    "Trash": b"Trash",
    "Корзина": b"Trash",
    "Junk": b"Junk",
    "Спам": b"Junk",
}
"""The folders that clients must recognise, by their name, and what they are for."""


class KeptFolder(MailboxData):
    """One folder whose every change goes to the shelf as well."""

    def __init__(self, shelf: Shelf, account: str, name: str, caches: MailboxSet) -> None:
        super().__init__(_StableIds(), caches._thread_cache)
        self.name = name
        self._shelf = shelf
        self._account = account
        self._uid_validity = shelf.add_folder(account, name)
        self._mailbox_id = ObjectId.new_mailbox_id(_digest(f"{account}/{name}".encode()))

    async def load(self) -> None:
        """Bring back what the shelf has, each message under the UID it had."""
        for mail in self._shelf.mail(self._account, self.name):
            self._max_uid = mail.uid - 1
            flags = frozenset(Flag(flag) for flag in mail.flags.split())
            await super().append(AppendMessage(mail.raw, mail.at, flags))
        self._max_uid = self._shelf.last_uid(self._account, self.name)

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        """Add a message; it is on the shelf when the server says OK."""
        message = await super().append(append_msg, recent=recent)
        self._keep(message)
        return message

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        """Copy a message to another folder; returns its UID there."""
        return _kept(destination, await super().copy(uid, destination, recent=recent))

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        """Move a message to another folder; returns its UID there."""
        moved = _kept(destination, await super().move(uid, destination, recent=recent))
        if moved is not None:
            self._shelf.remove(self._account, self.name, uid)
        return moved

    async def update(self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp) -> Message:
        """Change the flags of a message."""
        message = await super().update(uid, cached_msg, flag_set, mode)
        if uid in self._messages:
            self._keep(message)
        return message

    async def delete(self, uids: Iterable[int]) -> None:
        """Remove messages for good."""
        gone = list(uids)
        await super().delete(gone)
        for uid in gone:
            self._shelf.remove(self._account, self.name, uid)

    def _keep(self, message: Message) -> None:
        flags = " ".join(sorted(str(flag) for flag in message.permanent_flags))
        mail = Mail(message.uid, message.internal_date, flags, bytes(message._content or b""))
        self._shelf.put(self._account, self.name, mail)


def _kept(folder: MailboxData, uid: int | None) -> int | None:
    if uid is not None and isinstance(folder, KeptFolder):
        folder._keep(folder._messages[uid])
    return uid


class KeptAccount(MailboxSet):
    """The folders of one account."""

    def __init__(self, shelf: Shelf, account: str) -> None:
        super().__init__()
        self._shelf = shelf
        self._account = account

    async def load(self) -> None:
        """Bring back every folder of the shelf; there is always an INBOX."""
        self._inbox = await self._folder("INBOX")
        for name in self._shelf.folders(self._account):
            if name != "INBOX":
                self._set[name] = await self._folder(name)
                self._subscribed[name] = True

    async def list_mailboxes(self) -> ListTree:
        """All folders, with what they are for."""
        return _SpecialUseTree(self.delimiter).update("INBOX", *self._set)

    async def add_mailbox(self, name: str) -> ObjectId:
        """Add a folder; raises ValueError where it is there already."""
        if name in self._set:
            raise ValueError(name)
        self._set[name] = await self._folder(name)
        return self._set[name].mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        """Remove a folder; raises KeyError where there is none."""
        await super().delete_mailbox(name)
        self._shelf.remove_folder(self._account, name)

    async def rename_mailbox(self, before: str, after: str) -> None:
        """Rename a folder and those below it; raises KeyError or ValueError as pymap wants it."""
        if before.upper() == "INBOX":
            raise NotAllowedError("The demo server does not rename the inbox.")
        await super().rename_mailbox(before, after)
        for name, folder in self._set.items():
            if isinstance(folder, KeptFolder) and folder.name != name:
                self._shelf.rename_folder(self._account, folder.name, name)
                folder.name = name

    async def _folder(self, name: str) -> KeptFolder:
        folder = KeptFolder(self._shelf, self._account, name, self)
        await folder.load()
        return folder


class _SpecialUseTree(ListTree):
    def list(self) -> Iterable[ListEntry]:
        for entry in super().list():
            yield _SpecialUseEntry(entry.name, entry.exists, entry.marked, entry.has_children)


class _SpecialUseEntry(ListEntry):
    @property
    def attributes(self) -> Sequence[bytes]:
        use = SPECIAL_USE.get(self.name)
        return [*super().attributes, *([use] if use else [])]


class _StableIds(_ContentCache):
    """EMAILIDs made from the content (RFC 8474): a message has the same one in every folder and for ever."""

    def add(self, content: MessageContent) -> ObjectId:
        """The id of a message."""
        return ObjectId.new_email_id(_digest(bytes(content)))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]
