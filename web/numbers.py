"""Numbers of rows as they come in addresses and forms: anything else is no number."""

_MOST = 2**63


def whole(text: str) -> int | None:
    """The number of a row that `text` is; None for all else, and for what no column can hold."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else _MOST
    return found if found < _MOST else None


def wholes(texts: list[str]) -> list[int]:
    """Those of the texts that are numbers of rows."""
    return [number for number in map(whole, texts) if number is not None]
