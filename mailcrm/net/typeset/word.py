"""Word: the fields of a .docx of the company filled in, and the stamp put into its custom properties."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

MAX_UNPACKED = 100 << 20
MAX_PARTS = 2000
_CUSTOM = "docProps/custom.xml"
_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="MailcrmLineage">'
    "<vt:lpwstr>{}</vt:lpwstr></property></Properties>"
)
_LONG_AGO = (2026, 1, 1, 0, 0, 0)


class BadFile(ValueError):
    """A file that is no Word template, or one whose fields cannot be filled in, in words."""


def filled(template: bytes, data: Mapping[str, Any], stamp: str) -> bytes:
    """The document for these data. Raises BadFile."""
    _check(template)
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    out = io.BytesIO()
    try:
        made = DocxTemplate(io.BytesIO(template))
        made.render(dict(data), jinja_env=environment, autoescape=True)
        made.save(out)
    except TemplateError as error:
        raise BadFile(str(error)) from None
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise BadFile(f"It cannot be filled in: {error}") from None
    return _stamped(out.getvalue(), stamp)


def _check(template: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            parts = archive.infolist()
            if "word/document.xml" not in archive.namelist():
                raise BadFile("It is not a Word file (.docx).")
    except zipfile.BadZipFile:
        raise BadFile("It is not a Word file (.docx).") from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise BadFile("It is too large when unpacked.")


def _stamped(document: bytes, stamp: str) -> bytes:
    """The same package with our property alone among its custom ones, and with fixed times: equal data, equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            if name != _CUSTOM:
                _put(new, name, _registered(name, old.read(name)))
        _put(new, _CUSTOM, _PROPERTIES.format(escape(stamp)).encode())
    return out.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _registered(name: str, content: bytes) -> bytes:
    if name == "[Content_Types].xml" and _TYPE.encode() not in content:
        entry = f'<Override PartName="/{_CUSTOM}" ContentType="{_TYPE}"/>'
        return content.replace(b"</Types>", entry.encode() + b"</Types>")
    if name == "_rels/.rels" and _RELATION.encode() not in content:
        entry = f'<Relationship Id="rIdMailcrm" Type="{_RELATION}" Target="{_CUSTOM}"/>'
        return content.replace(b"</Relationships>", entry.encode() + b"</Relationships>")
    return content
