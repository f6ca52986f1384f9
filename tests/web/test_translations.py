"""Russian is complete: every sentence of the sources, the compiled catalogue, and every page a reader opens."""

import ast
import re
from html import unescape
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.web.company import Company
from tests.web.places import pages
from web.sentences import SENTENCES, shape

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "web" / "translations" / "ru" / "LC_MESSAGES"
MARKS = {"_": None, "gettext": None, "ngettext": (1, 2), "_l": None, "_m": None, "lazy_gettext": None}
LATIN = re.compile(r"[A-Za-z]{2,}")
ALLOWED = {
    "DKIM",
    "Exchange",
    "Online",
    "smtp",
    "host",
    "mailcrm",
    "Message",
    "PDF",
    "Word",
    "Excel",
    "RU",
    "DE",
    "OpenDocument",
    "LDIF",
    "vCard",
    "xls",
    "ods",
    "vcf",
    "csv",
    "CSV",
    "XML",
    "xlsx",
    "ID",
    "IMAP",
    "Enter",
    "Ctrl",
    "Esc",
    "English",
    "has",
    "in",
    "from",
    "to",
    "client",
    "file",
    "after",
    "before",
    "inbox",
    "sent",
    "attachment",
    "eml",
    "example",
    "com",
    "info",
    "name",
    "uuencode",
    "Typst",
    "HTML",
    "docx",
    "import",
    "common",
    "cost",
    "EUR",
    "typ",
    "discount",
    "price",
    "quantity",
    "vat",
    "delivery_cost",
    "valid_until",
    "winmail",
    "dat",
    "fsck",
    "implicit",
    "starttls",
    "plain",
    "Test",
    "Standard",
    "Webhooks",
    "SHA",
}
"""Latin words that stand in Russian text rightly: names of things that are typed or pressed."""


def source_messages() -> set[str]:
    """What the sources ask to be translated, singular forms."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    found = extract_from_dir(ROOT / "web", methods, options, MARKS)  # type: ignore[arg-type]
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    catalogue = read_po((CATALOGUE / "messages.po").open("rb"))
    entries = {m.id if isinstance(m.id, str) else m.id[0]: m for m in catalogue if m.id}
    assert source_messages() == set(entries)
    bare = [
        name
        for name, message in entries.items()
        if message.fuzzy or not all([message.string] if isinstance(message.string, str) else message.string)
    ]
    assert not bare


def test_placeholders_are_the_same_in_the_translation() -> None:
    names = re.compile(r"%\((\w+)\)s")
    for message in read_po((CATALOGUE / "messages.po").open("rb")):
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        targets = [message.string] if isinstance(message.string, str) else list(message.string)
        if message.id:
            assert {frozenset(names.findall(one)) for one in sources} == {
                frozenset(names.findall(one)) for one in targets
            }


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    source, compiled = (
        read_po((CATALOGUE / "messages.po").open("rb")),
        read_mo((CATALOGUE / "messages.mo").open("rb")),
    )

    def listed(catalogue: Catalog) -> dict[str, object]:
        return {str(m.id if isinstance(m.id, str) else m.id[0]): "|".join(m.string) for m in catalogue if m.id}

    assert listed(source) == listed(compiled)


def test_pages_in_russian_hold_no_other_words(company: Company) -> None:
    app = company.app()
    browser = company.browser("vera", "ru", app)
    for address in pages(company, app):
        answer = browser.get(address, headers={"Accept": "text/html"})
        if answer.status_code != 200 or answer.mimetype != "text/html" or re.search(r"/(html|headers|raw)$", address):
            continue
        strange = set(LATIN.findall(_chrome(answer.text))) - ALLOWED - _data_words(company)
        assert not strange, f"{address}: {strange}"


def _chrome(page: str) -> str:
    """What a person reads or hears of a page, without what others wrote."""
    page = re.sub(r'<(span|dd|pre)[^>]*class="?code.*?</\1>', " ", page, flags=re.DOTALL)
    # What stands in the documents themselves.
    page = re.sub(
        r'<article class="sheet letter.*?</article>|<div class="prose.*?</div>|<p class="notice sum.*?</p>',
        " ",
        page,
        flags=re.DOTALL,
    )
    page = re.sub(
        r'<p class="lines.*?</p>|<table class="list cells.*?</table>|<(del|ins)>.*?</\1>', " ", page, flags=re.DOTALL
    )
    page = re.sub(r"<(p class=\"?text|div class=\"prose|mark|q lang|time|option value|kbd|code).*?</\w+>", " ", page)
    heard = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', page)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *heard]))


def _data_words(company: Company) -> set[str]:
    """The words of the invented company itself: names, addresses, subjects and texts."""
    words: set[str] = {"GmbH", "Anna", "Vera", "Klara", "valid", "nobody", "knows", "test", "main"}
    queries = (
        "SELECT name || ' ' || note || ' ' || website || ' ' || tax_id || ' ' || postal_address FROM client",
        "SELECT name || ' ' || position FROM contact",
        "SELECT email || ' ' || name FROM mail_address",
        "SELECT email FROM contact_address UNION SELECT domain FROM client_domain UNION SELECT login FROM user_account",
        "SELECT subject || ' ' || preview || ' ' || message_id FROM message",
        "SELECT text FROM message_body",
        "SELECT filename FROM attachment UNION SELECT evidence FROM link UNION SELECT name FROM folder",
        "SELECT counterpart || ' ' || counterpart_name || ' ' || subject FROM triage UNION SELECT address FROM mailbox",
        "SELECT name FROM user_account UNION SELECT name FROM tag",
        "SELECT label || ' ' || key || ' ' || choices FROM field UNION SELECT value FROM client_field",
        "SELECT label || ' ' || key FROM term_kind UNION SELECT name || ' ' || unit FROM offer_item",
        "SELECT title FROM offer UNION SELECT filename FROM offer_file",
        "SELECT name || ' ' || subject || ' ' || text || ' ' || html FROM template",
        "SELECT name || ' ' || address || ' ' || website || ' ' || email FROM letterhead",
        "SELECT name || ' ' || settings FROM client_import UNION SELECT value FROM import_problem",
        "SELECT title || ' ' || lost_reason FROM deal UNION SELECT name FROM deal_stage",
        "SELECT name FROM occurrence UNION SELECT title FROM document",
        "SELECT title FROM task UNION SELECT text || ' ' || place FROM note UNION SELECT sentence FROM spoken_promise",
        "SELECT label FROM term_kind UNION SELECT title FROM offer UNION SELECT name FROM mailing",
        "SELECT name FROM variant UNION SELECT name || ' ' || note || ' ' || rule FROM client_group",
        "SELECT note FROM absence UNION SELECT note FROM handover",
        "SELECT name || ' ' || address || ' ' || document_name FROM recipient UNION SELECT detail FROM event",
        "SELECT name || ' ' || address FROM send_account",
    )
    with company.db.reading() as connection:
        for query in queries:
            for value in connection.exec_driver_sql(query).scalars():
                words.update(LATIN.findall(str(value)))
    return words | {"nonsense", "never", "nothing", "at", "all", "imap", "nord", "offer"}


def test_every_refusal_of_flow_has_its_sentence() -> None:
    """What flow refuses with an f-string or a text is among SENTENCES, so that Russian readers understand it."""
    shapes = [shape(one) for one in SENTENCES]
    used = [
        "imports",
        "merging",
        "duplicates",
        "absences",
        "board",
        "notes",
        "tasks",
        "accounts",
        "fields",
        "second_factor",
        "departures",
        "privacy",
        "purge",
        "doors",
        "groups",
        "handover",
        "corrections",
        "people",
        "passwords",
        "sessions",
        "addresses",
        "clients",
        "contacts",
        "links",
        "mailboxes",
        "tokens",
        "webhooks",
        "offers",
        "offer_terms",
        "templates",
        "views",
        "mailings",
        "prepare",
        "trial",
        "consents",
        "bulk",
        "follow_on",
    ]
    unknown = []
    for name in used:
        for node in ast.walk(ast.parse((ROOT / "mailcrm" / "flow" / f"{name}.py").read_text("utf-8"))):
            is_refusal = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Refused", "NotFound")
            if is_refusal and node.args:  # type: ignore[attr-defined]
                sentence = _filled(node.args[0])  # type: ignore[attr-defined]
                if sentence and not any(one.fullmatch(sentence) for one in shapes):
                    unknown.append(f"{name}: {sentence}")
    assert not unknown


def _filled(node: ast.AST) -> str:
    """A sentence with something in each of its gaps."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "something" for part in node.values)
    return ""
