"""A list of clients taken in: rows a second, with and without history to be found; and taken back."""

import io
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from bench import measure
from mailcrm.flow import import_undo, imports
from mailcrm.flow.edit import By, Office
from mailcrm.flow.migrate import migrate
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database

_HEAD = ("Компания", "ИНН", "ФИО", "Должность", "Телефон", "E-mail", "Сайт", "Адрес", "Метки", "Примечание")
_WORDS = ("Север", "Импульс", "Меридиан", "Гранит", "Вектор", "Атлант", "Прогресс", "Маяк", "Содружество", "Кристалл")


def run(rows: int) -> str:
    """Take in a workbook of so many rows, the same one again, and take both back; a section in Markdown."""
    data = _workbook(rows)
    with tempfile.TemporaryDirectory(prefix="mailcrm-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'mailcrm.db'}")
        migrate(database)
        keyring = Keyring.load(Path(folder) / "key", create=True)
        office = Office(database, keyring.fingerprint, frozenset({"example.com"}), phone_region="RU")
        extractor = Extractor(1)
        blobs = open_blobs(BlobPlace(Path(folder) / "blobs"))
        tools = imports.Tools(office, blobs, extractor, lambda: datetime.now(UTC))
        try:
            lines = _acts(tools, data, rows)
        finally:
            extractor.close()
            database.close()
    head = ("act", "s", "rows/s", "CPU s")
    return f"## Import: a workbook of {rows:,} rows, SQLite\n\n{measure.table(head, lines)}\n"


def _acts(tools: imports.Tools, data: bytes, rows: int) -> list[tuple[str, float, float, float]]:
    by = By(None, datetime.now(UTC))
    found: list[tuple[str, float, float, float]] = []

    def timed(name: str, begun: tuple[float, float]) -> None:
        wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
        found.append((name, wall, rows / wall, cpu))

    def now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    begun = now()
    first = imports.upload(tools, by, "bench.xlsx", data)
    timed("upload and guess", begun)
    begun = now()
    imports.check(tools, by, first)
    timed("look through", begun)
    begun = now()
    imports.run(tools, by, first)
    timed("import", begun)
    second = imports.upload(tools, by, "bench.xlsx", data)
    begun = now()
    imports.run(tools, by, second)
    timed("import the same again", begun)
    for number in (second, first):
        begun = now()
        import_undo.undo(tools, by, number)
        timed("undo the second" if number == second else "undo the first", begun)
    with tools.office.database.reading() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM client").scalar_one()
    if left:
        raise AssertionError(f"{left} clients are left after the undo")
    return found


def _workbook(rows: int) -> bytes:
    """Companies with one to three people each, as sales people keep them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True}) as book:
        page = book.add_worksheet("Клиенты")
        page.write_row(0, 0, _HEAD)
        for number in range(rows):
            company = number * 2 // 3
            word = _WORDS[company % len(_WORDS)]
            page.write_row(number + 1, 0, (
                f"ООО «{word}-{company}»", "", f"ИВАНОВ Пётр{number}", "директор",
                f"8 (495) {number % 900 + 100}-{number % 90 + 10}-{number // 900 % 90 + 10}",
                f"p{number}@{word.encode().hex()[:6]}{company}.example",
                "", f"Москва, ул. Лесная, {number}", "опт" if number % 3 else "опт, VIP", "Звонить утром",
            ))  # fmt: skip
    return out.getvalue()
