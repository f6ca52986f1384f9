"""The addresses of every page, filled in for a furnished company."""

from flask import Flask

from mailcrm.mailing.replies import CLICK, OPEN, UNSUBSCRIBE
from mailcrm.mailing.replies import OFFER as OFFER_PAGE
from mailcrm.mailing.token import TokenKeys, public_token
from mailcrm.mailing.tracking import packed
from mailcrm.store.report_figures import MEASURES
from tests.web.company import Company
from web.kinds import KINDS

OFFER, HTML_LETTER, BORIS_LETTER, KLARA_LETTER = (
    "2@company.test",
    "7@company.test",
    "8@company.test",
    "9@company.test",
)


_ELSEWHERE = ("static", "timeline.stream", "entrance.provider", "entrance.provider_back")
"""Files, a stream, and what sends the browser to an identity provider and takes it back."""


def numbers(company: Company) -> dict[str, int]:
    """What stands for the variables of addresses."""
    offer = company.number(OFFER)
    return {
        "client_id": company.clients["Nordwind Pumpen GmbH"],
        "contact_id": company.one("SELECT min(id) FROM contact"),
        "thread_id": company.one(f"SELECT thread_id FROM message WHERE id = {offer}"),
        "message_id": company.number(HTML_LETTER),
        "position": 0,
        "mailbox_id": company.rooms["anna"].mailbox_id,
        "user_id": company.users["anna"],
        "document_id": company.documents["offer"],
        "version_id": company.documents["pdf"],
        "number": 1,
        "offer_id": company.offers["valves"],
        "file_number": 1,
        "template_id": company.one("SELECT max(id) FROM template"),
        "rule_id": 1,
        "import_id": company.imports[0],
        "form": "csv",
        "group_id": company.groups["hand"],
        "handover_id": company.groups["handover"],
        "absence_id": company.groups["absence"],
        "task_id": company.one("SELECT min(id) FROM task"),
        "note_id": company.one("SELECT min(id) FROM note"),
        "turn": "us",
        "field_id": company.one("SELECT min(id) FROM field"),
        "mailing_id": company.one("SELECT min(mailing_id) FROM recipient"),
        "account_id": company.one("SELECT min(id) FROM send_account"),
        "deal_id": company.deals["pumps"],
        "stage_id": company.deals["stage"],
        "move_id": company.one("SELECT max(id) FROM deal_move"),
        "record_id": 1,
        "measure": "answered",
        **tokens(company),
    }


def tokens(company: Company) -> dict[str, object]:
    """The tokens of public pages, of the first recipient to whom something was sent."""
    keys = TokenKeys.derived(company.keyring.derive)
    recipient = company.one("SELECT min(id) FROM recipient WHERE state = 'accepted'")
    return {
        "offer_token": public_token(keys, OFFER_PAGE, recipient),
        "leave_token": public_token(keys, UNSUBSCRIBE, recipient),
        "click_token": public_token(keys, CLICK, packed(recipient, 0)),
        "open_token": public_token(keys, OPEN, packed(recipient, 0)),
    }


def pages(company: Company, app: Flask) -> list[str]:
    """Every address that answers to GET, streams and static files aside, and some with parameters."""
    filled = numbers(company)
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            # The API is no page: it answers to tokens only, and has tests of its own.
            if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi":
                continue
            if "GET" not in (rule.methods or ()) or rule.endpoint in _ELSEWHERE:
                continue
            values = {name: filled[name] for name in rule.arguments}
            found.append(app.url_for(rule.endpoint, **values))
    client, message = filled["client_id"], filled["message_id"]
    offer, first = company.documents["offer"], company.documents["offer"]
    sheet, strange = company.documents["sheet"], company.documents["hostile"]
    return [
        *sorted(found),
        f"/clients/{client}?direction=in&kind=human&period=month",
        f"/clients/{client}?kind=bounce",
        *(f"/clients/{client}?kind={kind}" for kind in KINDS),
        f"/clients/{company.clients['Kowalski Instalacje']}",
        f"/clients/{company.clients['Kowalski Instalacje']}?kind=task",
        f"/clients/{company.clients['Kowalski Instalacje']}/tasks",
        "/?whose=all",
        f"/?whose=user-{company.users['boris']}",
        "/?whose=group-1",
        "/board/them?whose=all",
        "/board/us?off=1&old=1",
        "/board/us?whose=all&after=2026-01-01T00:00:00%2B00:00~1~1",
        "/tasks?owner=all&span=overdue",
        "/tasks?owner=groups&order=newest",
        "/tasks?owner=all&span=done",
        f"/tasks/new?message={message}",
        f"/clients/{company.clients['Brightwater Utilities']}/tasks",
        f"/clients/{client}?person=1",
        f"/clients/{client}?person=999999",
        f"/clients/{client}?by={company.users['anna']}",
        f"/clients/{client}?by={company.users['klara']}",
        f"/clients/{client}/new?after=0",
        f"/clients/{client}/dossier?period=year&entries=200",
        f"/clients/{company.clients['Brightwater Utilities']}/dossier?period=week",
        f"/messages/{message}?as=html",
        "/audit?act=opened&kind=client&since=2026-01-01&until=2099-12-31",
        f"/audit?client={client}&user={company.users['anna']}",
        f"/clients/{client}/audit?act=added",
        "/audit?before=1",
        f"/mine/messages?client={client}",
        f"/mine/purge?client={client}",
        "/mine/messages?with=nobody@knows.test",
        "/groups/new?kind=rule",
        "/groups?archived=1",
        f"/groups/{company.groups['rule']}?order=last_in",
        f"/groups/{company.groups['rule']}/edit",
        f"/groups/{company.groups['hand']}?q=nobody",
        f"/handovers/new?kind=client&id={client}",
        f"/handovers/new?kind=group&id={company.groups['rule']}",
        f"/handovers/new?kind=user&id={company.users['anna']}",
        "/clients?q=nord&order=last_in",
        "/clients?archived=1",
        "/clients?order=industry&f.industry=Shipping&tag=1",
        f"/imports/{company.imports[1]}",
        f"/clients/{client}/merge?other={company.clients['Brightwater Utilities']}",
        f"/clients/{client}/merge?client=Brightwater+Utilities",
        f"/imports/{company.imports[1]}/errors.xlsx",
        "/clients?order=industry&after=%3Dshipping~1",
        "/search?q=offer",
        "/search?q=nothing-at-all+has:nonsense+after:never",
        f"/clients/{company.clients['Brightwater Utilities']}/documents",
        f"/documents/{offer}/compare?old={first}&new={company.documents['pdf']}&all=1",
        f"/documents/{offer}/versions/{first}",
        f"/documents/{sheet}",
        f"/documents/{sheet}/compare",
        f"/documents/{sheet}/versions/{sheet}",
        f"/documents/{strange}",
        f"/documents/{strange}/compare",
        f"/documents/{strange}/versions/{strange}",
        "/documents?q=offer",
        f"/documents/suggestions?document={offer}",
        "/documents?q=nothing-at-all",
        "/offers?state=draft&q=valves",
        "/offers?q=nothing-at-all",
        f"/mailings/{company.offers['mailing']}",
        f"/mailings/{company.offers['mailing']}?edit=1",
        f"/mailings/{company.offers['draft']}",
        f"/offers/{company.offers['valves']}/terms?set=1",
        f"/offers/{company.offers['valves']}/preview?as={client}",
        f"/offers/{company.offers['valves']}/preview?client=nothing-at-all",
        "/templates/new?kind=pdf",
        "/templates/new?kind=docx",
        f"/templates/{company.one('SELECT max(id) FROM template') - 1}",
        f"/clients/{company.clients['Brightwater Utilities']}/deals",
        f"/deals?q=pump&owner={company.users['anna']}",
        "/deals?q=nothing-at-all",
        *(f"/deals/list?order={order}&state=open" for order in ("expected", "value", "title", "client")),
        "/deals/list?archived=1",
        f"/deals/list?stage={company.deals['stage']}&owner={company.users['anna']}&order=value&after=84000~3",
        *(f"/reports?period=year&parts={key}&quiet=30" for key in ("user", "owner", "group", "client")),
        f"/reports?since=2020-01-01&until=2029-01-01&owner={company.users['anna']}&client={client}",
        f"/reports?period=last-month&by={company.users['anna']}",
        *(f"/reports/rows/{key}?period=year" for key in MEASURES),
        f"/deals/new?client={client}&message={message}",
        f"/deals/{company.deals['lost']}",
        f"/deals/{company.deals['lost']}/edit",
        "/mailboxes/why?message_id=2@company.test",
        "/mailboxes/why?message_id=nobody@knows.test",
    ]
