"""Session: one signed-in, read-only IMAP connection. Verbs on folders and messages, frozen values out.

Nothing here changes a mailbox but `append`, which nobody calls unless the user switched it on: folders are opened with
EXAMINE and bodies fetched with BODY.PEEK, so that flags stay as staff left them. A session belongs to one thread.
Every method raises ServerUnavailable when the connection is lost, slow or closed (then `close` it and open another),
ServerRefused when the server says no for good, LimitExceeded when it sends more than is allowed.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mailcrm.errors import ServerRefused
from mailcrm.net.imap import parse
from mailcrm.net.imap.connection import Connection, statuses
from mailcrm.net.imap.download import LARGE, Download, fetch_large
from mailcrm.net.imap.examine import read_examined
from mailcrm.net.imap.folders import read_folders
from mailcrm.net.imap.uids import LAST, NOTHING, UidSet
from mailcrm.net.imap.values import Bad, Examined, Fetched, Flags, Folder, Missing, Seen, Status, Vanished
from mailcrm.net.imap.wire import Quoted

_HEADER_BYTES = 8_000
"""What a header is taken to weigh."""


class Session(Connection):
    """Use as a context manager: `with Session.open(server, login) as session`."""

    examined: Examined | None = None
    """The folder that is open."""

    # Folders

    def folders(self) -> list[Folder]:
        """All folders, each once, with their STATUS where the server sends it along (RFC 5819). An empty list is no
        proof that folders are gone: ask again ten minutes later."""
        options = [b"SPECIAL-USE"] if "SPECIAL-USE" in self.capabilities else []
        if "LIST-STATUS" in self.capabilities:
            options.append(b"STATUS (%s)" % self._status_items())
        extended = (b"RETURN (" + b" ".join(options) + b")",) if options and self._extended() else ()
        untagged, _ = self._wire.run("LIST", b'""', b'"*"', *extended)
        self._note_all(untagged)
        return read_folders(untagged)

    def _extended(self) -> bool:
        return bool({"LIST-STATUS", "LIST-EXTENDED"} & self.capabilities)

    def _status_items(self) -> bytes:
        modseq = b" HIGHESTMODSEQ" if {"CONDSTORE", "QRESYNC"} & self.capabilities else b""
        return b"MESSAGES UIDNEXT UIDVALIDITY" + modseq

    def status(self, raw_name: bytes) -> Status:
        """Counts of one folder; not of the one that is examined (RFC 3501 §6.3.10)."""
        untagged, _ = self._wire.run("STATUS", Quoted(raw_name), b"(%s)" % self._status_items())
        self._note_all(untagged)
        return next(iter(statuses(untagged).values()), Status())

    def examine(self, raw_name: bytes, known: tuple[int, int] | None = None) -> Examined:
        """Opens a folder read-only. With `known` = (uidvalidity, modseq) and QRESYNC the answer also holds what
        changed and vanished since then. Raises ServerRefused unless the server confirms that it is read-only."""
        resync = known is not None and "QRESYNC" in self.enabled and min(known) > 0
        extra = (b"(QRESYNC (%d %d))" % known,) if resync and known else ()
        self.examined, self._vanished = None, NOTHING
        untagged, reply = self._wire.run("EXAMINE", Quoted(raw_name), *extra)
        read_only = reply.code == "READ-ONLY" or any(parts[0][:14].upper() == b"OK [READ-ONLY]" for parts in untagged)
        if not read_only:
            self._wire.broken = True
            raise ServerRefused(f"{self.host} did not open the folder read-only as asked; it was left alone.")
        self.examined = read_examined(raw_name, untagged, bool({"QRESYNC"} & self.enabled))
        return self.examined

    # Discovery

    def discover(self, first: int, last: int | None = None) -> Iterator[Seen | Bad]:
        """Flags, size, date and identity of the UIDs from `first` to `last` (or to the end), as they come."""
        if self.examined is not None and self.examined.exists == 0:
            return
        if not 0 < first <= (last or LAST) <= LAST:
            raise ValueError(f"not a range of UIDs: {first!r}:{last!r}")
        uids = b"%d:%d" % (first, last) if last else b"%d:*" % first
        for parts in self._wire.stream("UID FETCH", uids, b"(%s)" % self._discovery_items()):
            if not parse.is_fetch(parts):
                self._note(parts)
                continue
            try:
                seen = parse.seen(parse.fetch_items(parts))
            except ValueError as error:
                yield Bad(parse.uid_hint(parts), f"The server's answer cannot be read: {error}.")
                continue
            if seen is not None and first <= seen.uid <= (last or LAST):  # "n:*" past the end names the last message
                yield seen

    def _discovery_items(self) -> bytes:
        items = b"UID FLAGS INTERNALDATE RFC822.SIZE"
        if self.examined is not None and self.examined.mode != "plain":
            items += b" MODSEQ"
        if "OBJECTID" in self.capabilities:
            return items + b" EMAILID"
        return items + b" X-GM-MSGID" if "X-GM-EXT-1" in self.capabilities else items

    def all_uids(self) -> UidSet:
        """Every UID of the examined folder."""
        if self.examined is not None and self.examined.exists == 0:
            return NOTHING
        return self._search(b"1:*")

    def present(self, uids: Iterable[int]) -> set[int]:
        """Those of the given UIDs that exist in the examined folder."""
        asked = UidSet.of(uids)
        return {uid for part in asked.commands() for uid in self._search(part) if uid in asked}

    def find_message_id(self, message_id: str) -> UidSet:
        """The UIDs of the examined folder with this Message-ID (in angle brackets, ASCII)."""
        return self._search_for(b"HEADER", b"Message-ID", Quoted(message_id.encode("ascii", "replace")))

    def find_subject(self, word: str) -> UidSet:
        """The UIDs of the examined folder with this word of ASCII in the subject."""
        return self._search_for(b"SUBJECT", Quoted(word.encode("ascii", "replace")))

    def _search(self, uids: bytes) -> UidSet:
        return self._search_for(b"UID " + uids)

    def _search_for(self, *criteria: bytes | Quoted) -> UidSet:
        found = NOTHING
        short = (b"RETURN (ALL)",) if "ESEARCH" in self.capabilities and self.quirks.esearch else ()
        for parts in self._wire.stream("UID SEARCH", *short, *criteria):
            try:
                result = parse.found_uids(parts)
            except ValueError:
                raise ServerRefused(f"{self.host} answered a search with something that is no list of UIDs.") from None
            found = found | result if result is not None else found
            if result is None:
                self._note(parts)
        return found

    # Changes

    def changes(self, since_modseq: int) -> Iterator[Flags | Vanished | Bad]:
        """Flags changed since a modseq and, with QRESYNC, what vanished (RFC 7162). Raises ValueError for a modseq
        below 1, which would ask for everything. Store a new modseq only after all of it is stored."""
        if since_modseq < 1:
            raise ValueError("changes are asked for since a modseq of at least 1")
        vanished = b" VANISHED" if "QRESYNC" in self.enabled else b""
        yield from self._flags(b"1:*", b"(CHANGEDSINCE %d%s)" % (since_modseq, vanished))

    def flags(self, uids: UidSet) -> Iterator[Flags | Vanished | Bad]:
        """The present flags of these UIDs."""
        for part in uids.commands():
            yield from self._flags(part)

    def _flags(self, uids: bytes, *modifiers: bytes) -> Iterator[Flags | Vanished | Bad]:
        for parts in self._wire.stream("UID FETCH", uids, b"(UID FLAGS)", *modifiers):
            try:
                found = parse.vanished(parts) or (
                    parse.flags_of(parse.fetch_items(parts)) if parse.is_fetch(parts) else None
                )
            except ValueError as error:
                yield Bad(parse.uid_hint(parts), f"The server's answer cannot be read: {error}.")
                continue
            if found is not None:
                yield found

    # Bytes

    def headers(self, uids: Iterable[int]) -> Iterator[Fetched | Missing | Bad]:
        """The header of each message, by BODY.PEEK[HEADER], up to and with the empty line."""
        wanted = [(uid, _HEADER_BYTES) for uid in uids]
        yield from self._download(b"BODY.PEEK[HEADER]", wanted, _HEADER_BYTES * self.quirks.batch)

    def bodies(
        self, wanted: Iterable[tuple[int, int]], byte_budget: int = 4 << 20, spool: Path | None = None
    ) -> Iterator[Fetched | Missing | Bad]:
        """The bytes of each message as the server has them, for (uid, size) pairs: in the given order by batches of
        `byte_budget` bytes, two batches in flight. Messages above 8 MB come last, as files in `spool`. Every UID is
        yielded once at most; those not yielded when an error is raised are still to be fetched."""
        pairs = list(wanted)
        yield from self._download(b"BODY.PEEK[]", [pair for pair in pairs if pair[1] <= LARGE], byte_budget)
        for uid, size in pairs:
            if size > LARGE:
                got = fetch_large(self._wire, uid, spool, self._note)
                yield from self._confirm([uid]) if isinstance(got, Missing) else [got]

    def _download(
        self, item: bytes, wanted: Sequence[tuple[int, int]], budget: int
    ) -> Iterator[Fetched | Missing | Bad]:
        if any(type(uid) is not int or not 0 < uid <= LAST for uid, _ in wanted):
            raise ValueError("UIDs are integers from 1 to 4294967295")
        download = Download(self._wire, item, self.quirks, self._note, budget)
        yield from download.run(wanted)
        yield from self._confirm(download.unanswered)

    def _confirm(self, uids: Sequence[int]) -> Iterator[Missing | Bad]:
        """A UID left out of an answer is gone only if UID SEARCH does not find it."""
        held = self.present(uids) if uids else set()
        for uid in uids:
            yield Bad(uid, "The server holds this message but does not send it.") if uid in held else Missing(uid)
