"""The whole story of an offer, as people meet it: from a list of clients to what their answers say.

In pages of a real browser, through a real IMAP and a real SMTP server; nothing is put into the database by hand.
"""

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
import xlsxwriter
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from mailcrm.store import statistics
from mailcrm.store.visibility import EVERYTHING
from tests.office import Office
from tests.web.replying import away, bounce, edited, files, opened, reply, text
from tests.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Client:
    """A client with the terms that only he may see."""

    name: str
    contact: str
    address: str
    owner: str
    discount: str
    payment: str

    @property
    def total_shown(self) -> str:
        """What 40 valves at 84 come to for him."""
        return f"{Decimal(3360) * (100 - Decimal(self.discount)) / 100:,.2f}"

    @property
    def total_shown_ru(self) -> str:
        """The same as Russians write it."""
        return self.total_shown.replace(",", " ").replace(".", ",")


CLIENTS = (
    Client("Nordwind Pumpen", "Ida Brandt", "ida@nordwind.example", "anna", "3.5", "31"),
    Client("Harbour Works", "Tom Reed", "tom@harbour.example", "anna", "4.5", "32"),
    Client("Atelier Fontaine", "Lise Fontaine", "lise@fontaine.example", "anna", "5.5", "33"),
    Client("Brückner Anlagen", "Jonas Brückner", "jonas@brueckner.example", "anna", "6.5", "34"),
    Client("ООО «Волга-Насос»", "Олег Маслов", "oleg@volga.example", "boris", "7.5", "35"),
    Client("АО «Кама-Сталь»", "Вера Зимина", "vera@kama.example", "boris", "8.5", "36"),
    Client("Gone Trading", "Nobody Here", "nobody@gone.example", "boris", "9.5", "37"),
    Client("Sunny Leisure", "Pat Holiday", "pat@sunny.example", "boris", "10.5", "38"),
    Client("Quill Engineering", "Ann Quill", "ann@quill.example", "boris", "11.5", "39"),
    Client("Meridian Marine", "Lars Holm", "lars@meridian.example", "anna", "12.5", "41"),
)
OTHER = Client("Elsewhere Ltd", "Max Other", "max@elsewhere.example", "anna", "13.5", "42")

SELLERS = ("anna@example.com", "boris@example.com")


@pytest.fixture
def stage(office: Office, chromium: Browser) -> Stage:
    """The company before its first day."""
    return Stage(office, chromium)


def test_an_offer_from_the_list_of_clients_to_what_their_answers_say(stage: Stage, tmp_path: Path) -> None:
    with stage.running():
        begin(stage)
        import_clients(stage.page("Anna"), stage.address, listed(tmp_path))
        group_them(stage)
        make_offer(stage)
        prepare_mailing(stage)
        approve_mailing(stage)
        check_what_went_out(stage)
        stage.read()
        answer(stage)
        accept_by_browser(stage)
        stage.read()
        check_the_board(stage)
        check_the_timelines(stage)
        check_the_documents(stage)
        check_the_statistics(stage)


def begin(stage: Stage) -> None:
    """Four people; those who sell add their mailbox and their account."""
    for name, role in (("Vera", "admin"), ("Olga", "manager"), ("Anna", "staff"), ("Boris", "staff")):
        stage.hire(name, role)
    for name in ("Anna", "Boris"):
        page = stage.open(name, "/mailboxes/new")
        page.get_by_label("Sign-in name at the server").fill(stage.logins[f"{name.casefold()}@example.com"])
        page.get_by_label("Password of the mailbox").fill("pass")
        page.get_by_role("button", name="Add").click()
        page = stage.open(name, "/accounts")
        page.get_by_role("link", name="Send from it").click()
        page.get_by_role("button", name="Add").click()
        expect(page.locator("h1")).to_have_text(f"{name.casefold()}@example.com")
    for name in ("Anna", "Boris"):
        page = stage.page(name)
        stage.until(lambda page=page: probed(page), f"{name}'s account is tried out")  # type: ignore[misc]
        expect(page.get_by_text("mailcrm puts the copies there")).to_be_visible()


def probed(page: Page) -> bool:
    """Whether the page of an account tells what its server does."""
    page.reload()
    return page.get_by_text("is kept: replies are recognised by it").is_visible()


def listed(folder: Path) -> Path:
    """The list of clients as a sales person has it: a workbook, with somebody without an address."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Company", "Contact", "E-mail", "Responsible", "Tags"])
        for number, one in enumerate(CLIENTS, 1):
            sheet.write_row(number, 0, [one.name, one.contact, one.address, f"{one.owner}@example.com", "spring"])
        sheet.write_row(11, 0, ["Silent Partners", "Sam Quiet", "", "anna@example.com", "spring"])
        sheet.write_row(12, 0, [OTHER.name, OTHER.contact, OTHER.address, "anna@example.com", "autumn"])
    path = folder / "clients.xlsx"
    path.write_bytes(data.getvalue())
    return path


def import_clients(page: Page, address: str, sheet: Path) -> None:
    """Upload, look, import."""
    page.goto(f"{address}/imports")
    page.get_by_label("File").set_input_files(sheet)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Look through the whole list").click()
    page.get_by_role("button", name="Import a list").click()
    expect(page.get_by_role("link", name="To the newest clients")).to_be_visible()


def group_them(stage: Stage) -> None:
    """Those with the tag, by rule."""
    page = stage.open("Vera", "/groups/new?kind=rule")
    page.get_by_label("Name", exact=True).fill("Spring buyers")
    page.get_by_label("New condition").select_option(label="Tag")
    page.get_by_role("button", name="Add the condition").click()
    page.get_by_label("Value of the condition on Tag").select_option("spring")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("11 clients").first).to_be_visible()


def make_offer(stage: Stage) -> None:
    """The offer with a line, and terms: some in the grid, some from a pasted sheet."""
    page = stage.open("Anna", "/offers/new")
    page.get_by_label("Title").fill("Valves for spring")
    page.get_by_label("Least margin, per cent").fill("5")
    page.get_by_role("button", name="Save").click()
    line = {"name": "Gate valve DN50", "quantity": "40", "unit": "pc", "price": "84", "cost": "55"}
    for column, value in line.items():
        page.locator(f"[name={column}-1]").fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Edit the terms").click()
    page.locator("[name=d0-discount]").fill("0")
    page.locator("[name=d0-payment]").fill("14")
    for one in CLIENTS[:5]:
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=one.name, exact=True))
        row.locator("[name$=-discount]").fill(one.discount)
        row.locator("[name$=-payment]").fill(one.payment)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Paste or upload a sheet").click()
    lines = [f"{one.address}\t{one.discount}\t{one.payment}" for one in (*CLIENTS[5:], OTHER)]
    page.get_by_label("The sheet").fill("\n".join(["Client\tDiscount\tPayment", *lines]))
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("button", name="Set the terms of 6 clients").click()
    expect(page.locator("[name^=v][name$=-payment]")).to_have_count(11)
    page.goto(f"{stage.address}/offers/1/preview")
    page.get_by_label("Client", exact=True).fill(CLIENTS[7].name)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("complementary")).to_contain_text(CLIENTS[7].total_shown)


def prepare_mailing(stage: Stage) -> None:
    """Whom it is for, when it leaves, and what the check finds."""
    page = stage.open("Vera", "/offers/1")
    page.get_by_role("button", name="Send it to clients").click()
    page.get_by_label("Spring buyers").check()
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="10 recipients")).to_be_visible()
    expect(page.get_by_role("heading", name="1 client is left out")).to_be_visible()
    expect(page.get_by_role("row", name="Silent Partners")).to_contain_text("has no e-mail address")


def approve_mailing(stage: Stage) -> None:
    """Whoever made it may not approve it; another one may, and it leaves."""
    page = stage.page("Vera")
    page.get_by_role("button", name="Approve it for 10 recipients").click()
    expect(page.get_by_text("Somebody else has to approve it")).to_be_visible()
    page = stage.open("Anna", "/mailings/1")
    expect(page.get_by_text("Now a manager or an admin has to approve it.")).to_be_visible()
    page = stage.open("Olga", "/mailings")
    page.get_by_role("link", name="Valves for spring").click()
    page.get_by_role("button", name="Approve it for 10 recipients").click()
    stage.until(lambda: len(stage.post.to_clients()) == 10, "the server took ten messages")
    page.reload()


def check_what_went_out(stage: Stage) -> None:
    """Each got his own terms and nobody else's, from his own manager, in his language; and Sent has the same bytes."""
    taken = stage.post.to_clients()
    assert set(taken) == {one.address for one in CLIENTS}
    for one in CLIENTS:
        sent = taken[one.address]
        message = opened(sent)
        assert sent.sender == f"{one.owner}@example.com"
        everything = said(message)
        assert len(everything) == 3, "text, HTML and PDF"
        for part, words in everything.items():
            assert one.name in words, part
            assert one.total_shown in words or one.total_shown_ru in words, (part, words)
            for other in (*CLIENTS, OTHER):
                if other is not one:
                    for secret in (other.name, other.contact, other.address, other.total_shown, other.total_shown_ru):
                        assert secret not in words, (one.name, part, secret)
    stage.until(lambda: sum(len(stage.sent_folder(a)) for a in SELLERS) == 10, "ten copies in Sent")
    kept = {raw.replace(b"\r\n", b"\n") for address in SELLERS for raw in stage.sent_folder(address)}
    assert kept == {one.data.replace(b"\r\n", b"\n") for one in taken.values()}


def said(message: EmailMessage) -> dict[str, str]:
    """All words that a client finds: text, HTML, and the document."""
    found = {"text": text(message), "html": text(message, "html")}
    for name, data in files(message).items():
        found[name] = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(data)).pages)
    return {part: words.replace("\u00a0", " ").replace("\u202f", " ") for part, words in found.items()}


REPLIES = {
    "ida@nordwind.example": ("gmail", "Yes, we accept your offer. Please send the invoice."),
    "tom@harbour.example": ("outlook", "Can you deliver in week 40?"),
    "lise@fontaine.example": ("apple", "Too expensive for us this year, thank you."),
    "jonas@brueckner.example": ("thunderbird-de", "Danke, wir melden uns nach Ostern."),
    "oleg@volga.example": ("mailru", "Здравствуйте! Пришлите, пожалуйста, паспорт на задвижку."),
    "vera@kama.example": ("yandex", "Получили, рассматриваем."),
    "ann@quill.example": ("outlook", "Please see our remark on the first page."),
}


def answer(stage: Stage) -> None:
    """Six people reply, each in his program; one returns the document; one is away; one address is dead."""
    taken, now = stage.post.to_clients(), datetime.now(UTC)
    for address, (program, words) in REPLIES.items():
        sent = taken[address]
        papers = files(opened(sent))
        returned = {"Offer, our remarks": edited(next(iter(papers.values())), "60 days, please")}
        attached = returned if address.startswith("ann@") else {}
        stage.deliver(sent.sender, reply(sent, program, words, now, **attached))
    back = (now + timedelta(days=9)).date()
    sent = taken["pat@sunny.example"]
    stage.deliver(sent.sender, away(sent, f"I am out of office until {back:%d %B %Y}.", now))
    sent = taken["nobody@gone.example"]
    stage.deliver(sent.sender, bounce(sent, now))


def accept_by_browser(stage: Stage) -> None:
    """A client opens the link of his message, looks at his terms and accepts; both sides get word of it."""
    one = CLIENTS[9]
    sent = stage.post.to_clients()[one.address]
    (link,) = re.findall(rf"{stage.address}/o/\S+", text(opened(sent)))
    page = stage.chromium.new_context(locale="en-GB").new_page()
    page.goto(link)
    expect(page.get_by_role("heading", name="Valves for spring")).to_be_visible()
    expect(page.locator("main")).to_contain_text(one.total_shown)
    with page.expect_download() as saved:
        page.get_by_role("link", name=".pdf").click()
    assert saved.value.path().read_bytes() == next(iter(files(opened(sent)).values()))
    page.get_by_label("Your name").fill(one.contact)
    page.get_by_role("button", name="Accept the offer").click()
    expect(page.get_by_text("You accepted this offer")).to_be_visible()
    page.context.close()
    told = lambda: {t.recipient for t in stage.post if t.sender == "crm@example.com"}  # noqa: E731
    stage.until(lambda: {one.address, "anna@example.com"} <= told(), "both sides are told")


STANDINGS = {
    "Nordwind Pumpen": "Replied",
    "Harbour Works": "Replied",
    "Atelier Fontaine": "Replied",
    "Brückner Anlagen": "Replied",
    "ООО «Волга-Насос»": "Replied",
    "АО «Кама-Сталь»": "Replied",
    "Gone Trading": "Bounced",
    "Sunny Leisure": "Away",
    "Quill Engineering": "Replied",
    "Meridian Marine": "Accepted",
}


def check_the_board(stage: Stage) -> None:
    """Each recipient stands where he is, with the evidence; a person turns a suggestion into a decision."""
    page = stage.open("Vera", "/mailings/1")
    page.get_by_role("link", name="Who got what").click()
    for name, standing in STANDINGS.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row.get_by_role("cell").nth(1)).to_contain_text(standing)
    for name, words in (
        ("Nordwind Pumpen", "our Message-ID is in its references"),
        ("Gone Trading", "550 5.1.1 No such user here"),
        ("Sunny Leisure", "back on"),
        ("Meridian Marine", "by the link of this recipient"),
    ):
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row).to_contain_text(words)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Nordwind Pumpen", exact=True))
    row.get_by_role("button", name="Record as accepted").click()
    expect(row.get_by_role("cell").nth(1)).to_contain_text("Accepted")


TOLD = {
    "ida@nordwind.example": ["Offer accepted", REPLIES["ida@nordwind.example"][1]],
    "nobody@gone.example": ["Undelivered Mail Returned to Sender"],
    "pat@sunny.example": ["Automatic reply: Valves for spring"],
    "ann@quill.example": ["v2 of Offer"],
    "lars@meridian.example": ["Offer accepted"],
}
"""What came back, as the timeline of the client tells it; without a line here, the words of his reply."""


def check_the_timelines(stage: Stage) -> None:
    """On each client's timeline: the offer at his price, the message with version 1, and what he answered."""
    for one in CLIENTS:
        page = timeline_of(stage, one)
        told = TOLD.get(one.address) or [REPLIES[one.address][1]]
        entries = page.locator("#timeline > li")
        expect(entries).to_have_count(2 + len(told))
        expect(entries.filter(has_text=one.total_shown.removesuffix(".00"))).to_have_count(1)
        expect(entries.filter(has_text=re.compile("v1 of (Offer|КП) 2026"))).to_have_count(1)
        expect(entries.filter(has_text="Newsletter")).to_have_count(0)
        for words in told:
            expect(entries.filter(has_text=words)).to_have_count(1)


def timeline_of(stage: Stage, one: Client) -> Page:
    """The page of a client, by its name in the list of its owner."""
    page = stage.open(one.owner.title(), f"/clients?q={quote(one.name)}")
    page.get_by_role("link", name=one.name, exact=True).click()
    return page


def check_the_documents(stage: Stage) -> None:
    """The returned file is the next version of the client's own document, and answers the first."""
    page = timeline_of(stage, CLIENTS[8])
    page.get_by_role("navigation", name="About the client").get_by_role("link", name="Documents").click()
    page.get_by_role("link", name="Offer 2026-").click()
    returned = page.get_by_role("row").filter(has_text="Offer, our remarks.pdf")
    expect(returned).to_contain_text("with comments of the client after v1")
    expect(page.get_by_role("row").filter(has_text="first version")).to_contain_text("the file carries our own mark")
    documents = "SELECT count(DISTINCT document_id), count(*) FROM version WHERE document_id IS NOT NULL"
    assert stage.office.rows(documents) == [(10, 11)], "one document for each client, and one returned version"


def check_the_statistics(stage: Stage) -> None:
    """The numbers of the page, and the same when all clients have had their three weeks."""
    page = stage.open("Vera", "/mailings/1/statistics")
    for name, count in (("Accepted", 2), ("Declined", 0), ("Replied (people)", 7), ("Unsubscribed", 0),
                        ("Recipients", 10), ("Taken by the server", 10), ("Bounced", 1), ("Uncertain", 0)):  # fmt: skip
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=name, exact=True))
        expect(row.get_by_role("cell").nth(1)).to_have_text(str(count))
    with stage.office.db.reading() as connection:
        found = statistics.counts(connection, EVERYTHING, [1], datetime.now(UTC) + timedelta(days=22))["1"]
    assert (found.matured, found.rate.count, found.rate.of) == (9, 2, 9)
    assert (found.bounced, found.delivered, found.maturing) == (1, 9, 0)
    page = stage.open("Vera", "/suppressions")
    expect(page.get_by_role("row").filter(has_text="nobody@gone.example")).to_have_count(1)
