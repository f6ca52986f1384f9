"""Archives of mail in files: mbox, Maildir and trees of .eml, read one message at a time."""

import mailbox
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailcrm.errors import NotFound, Refused, StorageFailed

# An mbox quotes lines that look like its own separators (RFC 4155 and the "mboxrd" form): one > too many.
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_SUFFIXES = frozenset({".eml", ".mht"})


class Archive:
    """The messages behind a path; raises NotFound or Refused where there are none to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _readable(path):
            self._box, self._files = _open(path)

    def __len__(self) -> int:
        """How many messages there are."""
        return len(self._box) if self._box is not None else len(self._files)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of each message. Raises StorageFailed where a file cannot be read."""
        with _readable(self.path):
            if self._box is not None:
                for key in self._box.keys():  # noqa: SIM118  (iterating over the box itself would parse every message)
                    raw = self._box.get_bytes(key)
                    yield _QUOTED_FROM.sub(rb"\1", raw) if isinstance(self._box, mailbox.mbox) else raw
            for file in self._files:
                yield file.read_bytes()


def _open(path: Path) -> "tuple[mailbox.mbox | mailbox.Maildir | None, list[Path]]":
    if not path.exists():
        raise NotFound(f"There is nothing at {path}.")
    if path.is_dir() and (path / "cur").is_dir():
        return mailbox.Maildir(path, create=False), []
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        if not files:
            raise Refused(f"{path} is no Maildir, and there is no .eml file in it.")
        return None, files
    if path.suffix.lower() in _SUFFIXES:
        return None, [path]
    with path.open("rb") as file:
        if file.read(5) != b"From ":
            raise Refused(f"{path} is neither an mbox (it does not begin with `From `) nor an .eml file.")
    return mailbox.mbox(path, create=False), []


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror or error}.") from error
