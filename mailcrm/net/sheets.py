"""Lists of clients as files: read in the sandbox that reads strangers' files."""

from mailcrm.crm.importing.values import Table
from mailcrm.errors import Refused
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.values import REASONS, Unreadable

LARGEST = 32 << 20
"""Bytes of a file that is taken."""


def read(extractor: Extractor, data: bytes, encoding: str = "") -> tuple[str, str, list[Table]]:
    """Kind (workbook, text, vcard or ldif), encoding and sheets of a file. Raises Refused, saying what is wrong."""
    if len(data) > LARGEST:
        raise Refused("This file cannot be read: it is too large to be read.")
    if not data.strip():
        raise Refused("This file is empty.")
    try:
        kind, used, tables = extractor.tables(data, encoding)
    except Unreadable as error:
        raise Refused(f"This file cannot be read: {REASONS[error.reason]}.") from None
    tables = [table for table in tables if table.lines]
    if not tables:
        raise Refused("This file is empty.")
    return kind, used, tables
