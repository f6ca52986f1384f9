"""Typst: a source and data in, pages out. Root fixed, no packages, no fonts of the system, no clock."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import typst

BUILTIN = Path(__file__).parent / "builtin"
"""The only folder that a source may read: what comes with mailcrm."""
NAMES = ("modern", "classic", "plain")
_NOWHERE = "/nonexistent"
_made: dict[str, typst.Compiler] = {}


class BadSource(ValueError):
    """A source that cannot be set, in the words of Typst."""


def compiled(builtin: str, source: bytes, form: str, data: Mapping[str, Any]) -> Sequence[bytes]:
    """The pages (one file for pdf) of a template that comes with mailcrm, or of a source. Raises BadSource."""
    if b"@preview" in source or b"@local" in source:
        raise BadSource("Packages are not available here.")
    given = json.dumps(data, ensure_ascii=False)
    compiler, inputs = _compiler(builtin), {"data": given}
    try:
        if builtin in NAMES:
            found = compiler.compile(format=cast(Any, form), sys_inputs=inputs)
        else:
            found = compiler.compile(input=source, format=cast(Any, form), sys_inputs=inputs)
    except (typst.TypstError, RuntimeError) as error:
        raise BadSource(_words(error)) from None
    return [found] if isinstance(found, bytes) else cast("list[bytes]", found)


def _compiler(builtin: str) -> typst.Compiler:
    if builtin not in _made:
        source = str(BUILTIN / f"{builtin}.typ") if builtin in NAMES else b""
        _made[builtin] = typst.Compiler(
            input=cast(Any, source),
            root=str(BUILTIN),
            font_paths=[str(folder) for folder in _font_folders()],
            ignore_system_fonts=True,
            package_path=_NOWHERE,
            package_cache_path=_NOWHERE,
        )
    return _made[builtin]


def _font_folders() -> list[Path]:
    found = find_spec("font_manrope")
    places = found.submodule_search_locations if found else None
    return [Path(place) / "files" for place in places or ()]


def _words(error: Exception) -> str:
    """What Typst says, without the places of this machine."""
    said = getattr(error, "message", "") or str(error)
    hints = getattr(error, "hints", None) or []
    return ". ".join([str(said), *map(str, hints)]).replace(str(BUILTIN), "")
