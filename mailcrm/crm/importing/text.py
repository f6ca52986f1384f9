"""Text files with separated values: bytes of any encoding to text, and text to lines."""

import csv
import io
import re
from collections.abc import Iterator

from mailcrm.crm.importing.values import Line

ENCODINGS = (
    "utf-8",
    "windows-1251",
    "koi8-r",
    "cp866",
    "utf-16",
    "windows-1252",
    "windows-1250",
    "mac-cyrillic",
    "shift_jis",
)
"""Those that a person may choose from where the guess was wrong."""
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ";\t,|"
_SAMPLE = 200_000
_LARGEST_CELL = 1 << 20
_COMMON = frozenset("оеаинтсрвлкмдпу")
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text of a file and the encoding that it was read in; never raises, unless the encoding is unknown."""
    if encoding:
        return data.decode(encoding, "replace").removeprefix("\ufeff"), encoding
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace").removeprefix("\ufeff"), name.removesuffix("-sig")
    head = data[:_SAMPLE]
    if name := wide(head):
        return data.decode(name, "replace"), "utf-16"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        name = max(("windows-1251", "koi8-r", "cp866", "windows-1252", "shift_jis"), key=lambda one: _sense(head, one))
        return data.decode(name, "replace"), name


def wide(data: bytes) -> str:
    """The codec of UTF-16 without a mark, Latin or Cyrillic; empty for anything else."""
    for name, high in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if len(high) > 1 and b"\x00" in high and (high.count(0) + high.count(4)) * 10 > 9 * len(high):
            return name
    return ""


def _sense(data: bytes, encoding: str) -> float:
    """How much bytes look like words in an encoding."""
    text = data.decode(encoding, "replace")
    high = [c for c in text if c > "\x7f"]
    if encoding == "shift_jis":
        # Nearly every high byte of it begins a pair: a wrong guess leaves many marks of damage.
        return 0.9 if len(_JAPANESE.findall(text)) * 10 > 9 * max(1, len(high)) else 0.0
    if encoding == "windows-1252":
        letters = sum(c.isalpha() and c.islower() for c in high)
        ascii_letters = sum(c.isascii() and c.isalpha() for c in text)
        # Accents are rare among plain letters; Russian read as Western is nothing but accents.
        return 0.8 * letters / max(1, len(high)) if ascii_letters > 2 * len(high) else 0.1
    cyrillic = sum("а" <= c.casefold() <= "я" or c in "ёЁ№«»–—" for c in high)
    common = sum(c in _COMMON for c in high)
    small = sum(c.islower() for c in high)
    return (cyrillic + common + small) / max(1, len(high)) / 3 if cyrillic else 0.0


def lines(text: str) -> Iterator[Line]:
    """The lines of a text with separated values; a line that uses another separator is split by its own.

    Excel's first line "sep=;" is followed. A quotation mark in the middle of a cell is no mark.
    """
    text = text.replace("\x00", "").replace("\r\r\n", "\n")
    named = re.match(r"sep=(.)\r?\n", text)
    mark = named[1] if named else _separator(text[:_SAMPLE])
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    start = 1
    for cells in reader:
        number, start = start, reader.line_num + 1
        if named and number == 1:
            continue
        if any(cell.strip() for cell in cells):
            yield Line(number, tuple(_unguarded(cell.strip()) for cell in _split_again(cells, mark)))


def _unguarded(cell: str) -> str:
    """Without the mark that exports put before what looks like a formula: +7 … is a telephone number."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _split_again(cells: list[str], mark: str) -> list[str]:
    if len(cells) > 1 or not cells:
        return cells
    others = [one for one in _SEPARATORS if one != mark and one in cells[0]]
    # A comma alone may be punctuation; two of a kind are columns.
    likely = max(others, key=cells[0].count, default="")
    return next(csv.reader([cells[0]], delimiter=likely)) if likely and cells[0].count(likely) > 1 else cells


def _separator(text: str) -> str:
    """The separator that makes the most columns of the same number in the most lines."""
    best, most = ",", 0.0
    for mark in _SEPARATORS:
        try:
            widths = [len(cells) for cells in csv.reader(io.StringIO(text, newline=""), delimiter=mark)][:100]
        except csv.Error:
            continue
        widths = [width for width in widths if width]
        usual = max(set(widths), key=widths.count, default=0)
        score = (usual - 1) ** 0.5 * widths.count(usual) / max(1, len(widths))
        if usual > 1 and score > most:
            best, most = mark, score
    return best
