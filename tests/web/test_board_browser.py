"""The board in a real browser: by keys alone, and without scripts."""

import re

import pytest
from playwright.sync_api import Browser, expect

from mailcrm.flow import people
from tests.web.company import PASSWORD, Company
from tests.web.test_browser import Watch, opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_board_is_worked_by_keys_alone(chromium: Browser, company: Company, address: str) -> None:
    with opened(chromium, company, address) as page:
        watch = Watch(page, address)
        page.goto(f"{address}/clients")
        page.keyboard.press("g")
        page.keyboard.press("b")
        page.wait_for_url(f"{address}/")
        rows = page.locator("section:has(#us) li[data-row]")
        before = rows.count()
        first = rows.first.locator(".on a").inner_text()
        page.keyboard.press("j")
        expect(rows.first.locator("a:focus, button:focus")).to_have_count(1)
        page.keyboard.press("t")
        page.wait_for_url(re.compile(r"/tasks/new\?"))
        expect(page.locator("#f-title")).to_have_value(re.compile(re.escape(first)))
        expect(page.locator("#f-title")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
        expect(page.locator("#notices")).to_contain_text("The task is added.")
        page.keyboard.press("j")
        page.keyboard.press("e")
        expect(page.locator("#notices")).to_contain_text("Nobody waits here any more.")
        expect(rows).to_have_count(before - 1)
        page.get_by_role("button", name="Undo").click()
        expect(rows).to_have_count(before)
        assert not watch.said + watch.foreign


def test_the_board_works_without_scripts(chromium: Browser, company: Company, address: str) -> None:
    people.change_password(company.db, company.users["anna"], PASSWORD, company.now)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/")
    page.get_by_label("E-mail address").fill("anna@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    rows = page.locator("section:has(#us) li[data-row]")
    before = rows.count()
    rows.first.locator("summary").click()
    rows.first.get_by_role("button", name="In a week").click()
    expect(rows).to_have_count(before - 1)
    page.get_by_role("link", name="Waiting for our answer").click()
    page.get_by_role("link", name="Put off").click()
    expect(page.locator("li[data-row]")).to_have_count(1)
    page.get_by_role("link", name="Tasks", exact=True).click()
    page.get_by_role("button", name="Done: Confirm the delivery date").click()
    expect(page.locator("#notices")).to_contain_text("Done.")
    page.get_by_role("link", name="Done", exact=True).click()
    expect(page.get_by_text("Confirm the delivery date")).to_be_visible()
    context.close()
