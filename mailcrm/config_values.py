"""One TOML table read into one frozen dataclass: unknown keys, wrong types and wrong values become ConfigError."""

import ipaddress
import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from mailcrm.errors import ConfigError

T = TypeVar("T")
_WORDS = {str: "a text in quotes", int: "a whole number", bool: "true or false", date: "a date such as 2026-01-31"}


def checked(
    *, required: bool = False, choices: tuple[str, ...] = (), low: int | None = None, high: int | None = None
) -> Mapping[str, Any]:
    """The metadata of a dataclass field that `read` checks values by."""
    return {"required": required, "choices": choices, "low": low, "high": high}


def fail(path: Path, key: str, mend: str) -> ConfigError:
    """The error, in one line, for `key` in the file `path`."""
    return ConfigError(f"{path}: {key}: {mend}.")


def is_loopback(host: str) -> bool:
    """True for this machine itself: localhost, 127.0.0.0/8 and ::1."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read(cls: type[T], table: object, path: Path, prefix: str, hidden: tuple[str, ...] = ()) -> T:
    """A `cls` made of the keys of `table`; `hidden` fields cannot be given. Raises ConfigError."""
    if not isinstance(table, dict):
        raise fail(path, prefix, f"must be a table; write it as [{prefix}]")
    known = {f.name: f for f in fields(cls) if f.name not in hidden}  # type: ignore[arg-type]
    hints = get_type_hints(cls)
    for key in table:
        if key not in known:
            raise fail(path, _dotted(prefix, key), _mend(key, list(known)))
    values = {key: _value(known[key], hints[key], value, path, prefix) for key, value in table.items()}
    for name, one in known.items():
        if one.metadata.get("required") and not values.get(name):
            raise fail(path, _dotted(prefix, name), "is missing; it must be given")
    return cls(**values)


def _dotted(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _mend(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1, cutoff=0.6)
    return f'no such key; did you mean "{close[0]}"?' if close else f"no such key; there are: {', '.join(known)}"


def _value(one: "Field[Any]", hint: Any, value: object, path: Path, prefix: str) -> object:
    key = _dotted(prefix, one.name)
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value, path, key)
    made = _converted(hint, value, path, key)
    choices, low, high = (one.metadata.get(name) for name in ("choices", "low", "high"))
    if choices and made not in choices:
        close = get_close_matches(str(made), choices, n=1)
        hint_text = f'; did you mean "{close[0]}"?' if close else ""
        raise fail(path, key, f'must be one of {", ".join(c for c in choices if c)}, not "{made}"{hint_text}')
    if isinstance(made, int) and ((low is not None and made < low) or (high is not None and made > high)):
        raise fail(path, key, f"must be between {low} and {high}, not {made}")
    return made


def _converted(hint: Any, value: object, path: Path, key: str) -> object:
    if get_origin(hint) is tuple:
        return _list(get_args(hint)[0], value, path, key)
    if get_origin(hint) is types.UnionType:
        hint = next(a for a in get_args(hint) if a is not type(None))
    if hint is Path:
        if not isinstance(value, str) or not value:
            raise fail(path, key, "must be a path in quotes")
        return path.absolute().parent / Path(value).expanduser()
    # bool is an int and a date-time is a date, to Python but not to people.
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)) or isinstance(value, datetime):
        raise fail(path, key, f"must be {_WORDS[hint]}, not {value!r}")
    return value


def _list(kind: type, value: object, path: Path, key: str) -> tuple[object, ...]:
    if not isinstance(value, list) or not all(type(item) is kind for item in value):
        what = 'texts, such as ["example.com"]' if kind is str else "dates, such as [2026-01-31]"
        raise fail(path, key, f"must be a list of {what}")
    return tuple(value)
