"""Documents: the designs that come along, sources of staff in their sandbox, Word files, the stamp in all of them."""

import io
import zipfile
from collections.abc import Iterator

import docx
import pytest
from pypdf import PdfReader

from mailcrm.documents.values import Kind
from mailcrm.errors import Refused
from mailcrm.mailing import merge
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.typeset import pages
from mailcrm.net.typeset.pool import Typesetter
from tests.mailing.test_render import sample


@pytest.fixture(scope="module")
def setter() -> Iterator[Typesetter]:
    """A typesetter with one worker."""
    found = Typesetter()
    yield found
    found.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[Extractor]:
    """What reads the files again."""
    found = Extractor(1)
    yield found
    found.close()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("design", pages.NAMES)
def test_each_design_says_everything_and_carries_its_stamp(
    setter: Typesetter, reader: Extractor, design: str, language: str
) -> None:
    data = merge.document(sample(language), "LINEAGE:VERSION")
    made = setter.pages(design, "", "pdf", data)[0]
    found = reader.extract(made, Kind.PDF)
    assert found.fingerprint.stamp == "LINEAGE:VERSION"
    text = " ".join(found.text.split())
    words = ("Müller & Söhne", "2026-0001-K7", "Valve <DN50>", "Lars Berg", "Anna Lindqvist", "Lindqvist Valves")
    for said in (*words, data["words"]["vat"] if data["totals"][0]["label"] == "VAT" else data["words"]["total"]):
        assert said.casefold() in text.casefold(), said
    assert ("3,024.00" if language == "en" else "3 024,00") in text.replace("\u00a0", " ")
    assert setter.pages(design, "", "pdf", data)[0] == made, "equal data, equal bytes"
    assert "/CreationDate" not in (PdfReader(io.BytesIO(made)).metadata or {})
    assert setter.pages(design, "", "svg", data)[0].startswith(b"<svg")


def test_long_offers_go_on_over_pages(setter: Typesetter) -> None:
    data = merge.document(sample(), "A:B")
    data["items"] = data["items"] * 90
    data["terms"] = [{"label": f"Term {n}", "value": "x " * 40} for n in range(12)]
    assert 2 < len(setter.pages("modern", "", "svg", data)) < 8


@pytest.mark.parametrize("text", ["#panic()", "= Heading", "$x$ _b_ *c* @ref <l>", '"#read("/etc/passwd")"', "ё"])
def test_data_are_text_and_never_markup(setter: Typesetter, reader: Extractor, text: str) -> None:
    data = merge.document(sample(client=merge.ClientFacts(text)), "A:B")
    made = setter.pages("plain", "", "pdf", data)[0]
    found = reader.extract(made, Kind.PDF).text
    assert text.split()[0] in found


@pytest.mark.parametrize(
    "source",
    [
        '#import "@preview/tablex:0.0.8": *',
        '#read("/etc/passwd")',
        '#read("../pool.py")',
        "#unknown",
        "#let f(x) = f(x + 1)\n#f(1)",
        "#let x = range(100000000)",
    ],
)
def test_a_source_reaches_neither_files_nor_network_and_comes_to_an_end(setter: Typesetter, source: str) -> None:
    with pytest.raises(Refused, match="document"):
        setter.pages("", source, "pdf", {})
    made = setter.pages("", '#import "/common.typ": *\n#data.number', "pdf", merge.document(sample(), "A:B"))
    assert made[0].startswith(b"%PDF"), "the next one is served"


def word(*paragraphs: str) -> bytes:
    """A Word file with some paragraphs."""
    document, out = docx.Document(), io.BytesIO()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(out)
    return out.getvalue()


def test_a_word_template_is_filled_in_and_stamped(setter: Typesetter, reader: Extractor) -> None:
    template = word("Offer {{ number }} for {{ client.name }}", "{% for item in items %}{{ item.name }}{% endfor %}")
    data = merge.document(sample(), "")
    made = setter.word(template, data, "LINEAGE:VERSION")
    found = reader.extract(made, Kind.DOCX)
    assert found.text.splitlines()[0] == "Offer 2026-0001-K7 for Müller & Söhne"
    assert "Valve <DN50>" in found.text
    assert found.fingerprint.stamp == "LINEAGE:VERSION"
    assert setter.word(template, data, "LINEAGE:VERSION") == made
    names = zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert len(names) == len(set(names))
    again = setter.word(made, data, "OTHER:STAMP")
    assert reader.extract(again, Kind.DOCX).fingerprint.stamp == "OTHER:STAMP"


@pytest.mark.parametrize(
    "template",
    [
        b"PK no zip",
        b"",
        word("{{ ''.__class__.__mro__[1].__subclasses__() }}"),
        word("{{ nobody.knows }}"),
        word("{% for x in %}"),
    ],
)
def test_a_word_template_that_is_none_is_refused(setter: Typesetter, template: bytes) -> None:
    with pytest.raises(Refused, match="cannot be made"):
        setter.word(template, merge.document(sample(), ""), "A:B")
