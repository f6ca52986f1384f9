"""The pages in a real browser: accessible, usable by keys, live, quiet towards the world, and whole without scripts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from mailcrm.flow import people
from tests.web.company import ANNA, IDA, PASSWORD, Company, letter
from tests.web.places import HTML_LETTER, numbers, pages
from web.signin import COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
NO_PAGES = re.compile(r"/html$|/clients/\d+/new|/(palette.*)$")
"""Frames and fragments: they are looked at where they stand in a page."""
# The frame of a message is sandboxed: nothing can be run in it, axe neither.
AXE = {
    "iframes": False,
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}


class Watch:
    """What a page asked for and complained of."""

    def __init__(self, page: Page, address: str) -> None:
        self.said: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._note(request.url, address))

    def _hear(self, message: ConsoleMessage) -> None:
        # Hints of the browser ("verbose") are no complaints.
        if message.type in ("error", "warning"):
            self.said.append(f"{message.text} {message.location.get('url', '')}")

    def _note(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "about:")):
            self.foreign.append(url)


@contextmanager
def opened(chromium: Browser, company: Company, address: str, name: str = "anna", **options: object) -> Iterator[Page]:
    """A page in which a user is signed in."""
    context = chromium.new_context(**options)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": company.token(name), "url": address}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


def html_pages(company: Company) -> list[str]:
    """The addresses that show a page to an admin: no files, no fragments, nothing that leads elsewhere."""
    app = company.app()
    browser = company.browser("vera", app=app)
    found = [place for place in pages(company, app) if not NO_PAGES.search(place)]
    answers = {place: browser.get(place, headers={"Accept": "text/html"}) for place in found}
    return [place for place, a in answers.items() if a.mimetype == "text/html" and a.status_code in (200, 404)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_is_accessible_and_quiet(
    chromium: Browser, company: Company, address: str, language: str, scheme: str
) -> None:
    people.edit_user(company.db, company.users["vera"], {"language": language, "theme": scheme}, company.now)
    found: list[str] = []
    width = 390 if language == "ru" and scheme == "dark" else 1280
    with opened(chromium, company, address, "vera", viewport={"width": width, "height": 900}) as page:
        watch = Watch(page, address)
        for place in ["/sign-in", *html_pages(company)]:
            page.goto(address + place, wait_until="domcontentloaded")
            results = Axe().run(page, options=AXE)
            found += [
                f"{place}: {v['id']} {[n['html'][:90] for n in v['nodes'][:2]]}" for v in results.response["violations"]
            ]
    assert not found
    assert not watch.said
    assert not watch.foreign


@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_window(chromium: Browser, company: Company, address: str, width: int) -> None:
    with opened(chromium, company, address, "vera", viewport={"width": width, "height": 800}) as page:
        for place in html_pages(company):
            page.goto(address + place, wait_until="domcontentloaded")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, place


def test_the_frame_of_a_message_runs_nothing_and_asks_nobody(chromium: Browser, company: Company, address: str) -> None:
    with opened(chromium, company, address) as page:
        watch = Watch(page, address)
        page.goto(f"{address}/messages/{company.number(HTML_LETTER)}?as=html")
        frame = page.frame_locator("#html")
        expect(frame.get_by_text("Price list, spring")).to_be_visible()
        assert frame.locator("img[src]").evaluate_all("all => all.map(one => one.naturalWidth)") == [1]
        assert not watch.said
        assert not watch.foreign


def test_new_mail_appears_without_a_reload_and_is_announced(chromium: Browser, company: Company, address: str) -> None:
    client = numbers(company)["client_id"]
    with opened(chromium, company, address) as page:
        watch = Watch(page, address)
        page.goto(f"{address}/clients/{client}")
        page.evaluate("window.kept = true")
        for subject in ("Fresh from the yard", "And one more"):
            page.wait_for_timeout(1500)
            company.deliver("anna", letter(IDA, ANNA, subject, "The valves have come."))
            expect(page.locator("#timeline > li").first).to_contain_text(subject)
            expect(page.locator("#live")).to_contain_text(subject)
        assert page.evaluate("window.kept") is True
        assert not watch.said


def test_new_mail_is_asked_for_where_no_stream_can_be_had(chromium: Browser, company: Company, address: str) -> None:
    client = numbers(company)["client_id"]
    with opened(chromium, company, address) as page:
        page.route("**/stream*", lambda route: route.fulfill(status=503, body=""))
        page.clock.install()
        page.goto(f"{address}/clients/{client}")
        company.deliver("anna", letter(IDA, ANNA, "Slow but sure", "Text."))
        for _ in range(5):
            page.wait_for_timeout(400)
            page.clock.run_for(21_000)
        expect(page.locator("#timeline > li").first).to_contain_text("Slow but sure")


def test_the_keyboard_is_enough(chromium: Browser, company: Company, address: str) -> None:
    client = numbers(company)["client_id"]
    with opened(chromium, company, address) as page:
        page.goto(f"{address}/clients/{client}?kind=human")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert page.evaluate("document.activeElement.textContent") == "Pressure test: date"
        page.keyboard.press("o")
        page.wait_for_url("**/messages/*")
        page.keyboard.press("g")
        page.keyboard.press("t")
        page.wait_for_url("**/tray")
        page.keyboard.press("/")
        page.keyboard.type("signed offer")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=signed+offer")
        page.keyboard.press("Control+k")
        page.keyboard.type("gidro")
        expect(page.locator("#places")).to_contain_text("Гидромаш")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/clients/{company.clients['Завод «Гидромаш»']}")
        page.keyboard.press("?")
        page.wait_for_url("**/help")


def test_what_was_typed_is_still_there_when_a_form_is_refused(
    chromium: Browser, company: Company, address: str
) -> None:
    with opened(chromium, company, address) as page:
        page.goto(f"{address}/deals/new?client={company.clients['Nordwind Pumpen GmbH']}")
        page.locator("[name=title]").fill("Filters <2027>")
        page.locator("[name=value]").fill("12 pieces")
        page.locator("main form button.main").click()
        expect(page.locator("#notices .wrong")).to_be_visible()
        expect(page.locator("[name=title]")).to_have_value("Filters <2027>")
        expect(page.locator("[name=value]")).to_have_value("12 pieces")
        page.reload()
        expect(page.locator("[name=title]")).to_have_value("")


def test_single_keys_can_be_switched_off(chromium: Browser, company: Company, address: str) -> None:
    people.edit_user(company.db, company.users["anna"], {"keys": False}, company.now)
    with opened(chromium, company, address) as page:
        page.goto(f"{address}/clients")
        page.keyboard.press("g")
        page.keyboard.press("t")
        page.keyboard.press("?")
        page.wait_for_timeout(300)
        assert page.url == f"{address}/clients"
        page.keyboard.press("Control+k")
        expect(page.locator("#palette-q")).to_be_focused()


def test_the_list_is_searched_while_typing_and_older_messages_are_appended(
    chromium: Browser, company: Company, address: str
) -> None:
    for number in range(60):
        company.deliver("anna", letter(IDA, ANNA, f"Number {number}", "Text."))
    with opened(chromium, company, address) as page:
        page.goto(f"{address}/clients")
        page.locator("#client-q").press_sequentially("nord")
        expect(page.locator("#list tbody tr")).to_have_count(1)
        page.wait_for_url("**/clients?*q=nord*")
        page.locator("#list tbody a").click()
        expect(page.locator(".timeline > li")).to_have_count(50)
        page.get_by_role("link", name="Older messages").click()
        expect(page.locator(".timeline > li")).to_have_count(75)


def test_everything_works_without_scripts(chromium: Browser, company: Company, address: str) -> None:
    people.change_password(company.db, company.users["anna"], PASSWORD, company.now)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/clients/1")
    page.get_by_label("E-mail address").fill("anna@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nordwind Pumpen GmbH")
    page.locator("summary", has_text="Any kind").click()
    page.get_by_role("link", name="Automatic reply").first.click()
    expect(page.locator(".timeline > li")).to_have_count(1)
    page.get_by_role("link", name="Clients", exact=True).click()
    page.locator("#client-q").fill("nord")
    page.locator(".bar button").click()
    page.get_by_role("link", name="Nordwind").click()
    page.get_by_role("link", name="Signed offer").first.click()
    page.get_by_role("button", name="Not about this client").click()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("#notices")).to_contain_text("It is as it was before.")
    page.get_by_role("link", name="Tray").click()
    page.locator(".acts").first.get_by_label("Give to the client").fill("Atelier Fontaine")
    page.get_by_role("button", name="Give").first.click()
    expect(page.locator("#notices")).to_contain_text("now belongs to Atelier Fontaine")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Mailboxes").click()
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Anna Lindqvist").first.click()
    page.get_by_label("Language").select_option("ru")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="Выйти здесь").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()
