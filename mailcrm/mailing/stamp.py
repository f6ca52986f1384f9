"""The stamp in every document that mailcrm makes: which offer for which client, and which content exactly.

It is found again in the PDF keywords or the custom properties of Word, so a file that comes back is known for certain.
"""

import json
from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"


def stamp(offer: str, client_id: int, data: Mapping[str, Any]) -> str:
    """`lineage:version`: the same offer for the same client has the same lineage, the same data the same version."""
    said = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return f"{_short(f'{offer}|{client_id}', 16)}:{_short(said, 16)}"


def _short(text: str, letters: int) -> str:
    return b32encode(sha256(text.encode("utf-8", "surrogatepass")).digest()).decode()[:letters]


def own_number(number: str, client_id: int) -> str:
    """The number of an offer as one client reads it: 2026-0412-K7. It has no letter that could be read as another."""
    letters = ""
    while True:
        client_id, rest = divmod(client_id, len(_LETTERS))
        letters = _LETTERS[rest] + letters
        if not client_id:
            return f"{number}-{letters}"
