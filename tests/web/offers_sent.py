"""What the invented company offered, and what came back: enough of everything that its pages show."""

import json
import random
from datetime import timedelta

from mailcrm.mailing.token import TokenKeys
from mailcrm.model import SendAccount, TermKind, TrackedLink
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.store.rows import insert
from tests.offering import Offering
from tests.web.company import Company

DOCUMENT = b"%PDF-1.4\n% The offer of Nordwind Pumpen GmbH\n"


def send_offers(company: Company, people: int = 24) -> Offering:
    """A mailing with two variants to clients of the company, with answers of every kind."""
    keys = TokenKeys.derived(company.keyring.derive)
    offering = Offering(company.db, company.now - timedelta(days=30), keys, {"created_by": company.users["anna"]})
    _terms(company, offering)
    variants = [offering.variant("List price", True), offering.variant("−10 %, 30 days", discount="10", payment="30")]
    blobs = open_blobs(BlobPlace(company.folder / "blobs"))
    sha = blobs.keep(DOCUMENT)
    blobs.settle()
    clients = sorted(company.clients.items())
    chance = random.Random(4)
    for i in range(people):
        name, client = clients[i % len(clients)] if i < len(clients) else (f"Trial {i}", None)
        variant = i % 2
        terms = {"discount": "10", "payment": "30"} if variant else {"payment": "14"}
        values = {"variant_id": variants[variant], "assign_prob": 0.5, "account_id": 1, "terms": json.dumps(terms),
                  "total": 12_500_000, "margin": 2_500_000 - 800_000 * variant, "name": name,
                  **({"document_sha256": sha, "document_name": "Offer 2026-0412.pdf"} if i == 0 else {})}  # fmt: skip
        number = offering.recipient(f"buyer{i}@trial{i}.example", client, **values)
        _came_back(company, offering, number, i, chance)
    return offering


def _terms(company: Company, offering: Offering) -> None:
    with company.db.writing() as connection:
        kinds = [("discount", "Discount", "percent"), ("payment", "Payment", "days")]
        rows = [{"offer_id": offering.offer_id, "key": key, "label": label, "kind": kind, "position": i,
                 "required": True} for i, (key, label, kind) in enumerate(kinds)]  # fmt: skip
        insert(connection, TermKind, rows)
        account = {"user_id": company.users["anna"], "address": "anna@example.com", "name": "Anna Lindqvist",
                   "host": "mail.example.com", "created_at": company.now}  # fmt: skip
        insert(connection, SendAccount, [account])
        link = {"mailing_id": offering.mailing_id, "position": 0, "url": "https://example.com/list", "trap": False}
        insert(connection, TrackedLink, [link])


def _came_back(company: Company, offering: Offering, number: int, i: int, chance: random.Random) -> None:
    day = timedelta(days=1 + chance.random() * 6)
    if i in (2, 5, 9, 13):
        offering.event(number, "accept", day, source="web", method="token", detail=json.dumps({"name": "Lars Holm"}))
        _decided(company, number, "accepted")
    elif i in (4, 6):
        detail = json.dumps({"name": "Eva Roth", "reason": "price", "words": "Too expensive this year."})
        offering.event(number, "decline", day, source="web", method="token", detail=detail)
        _decided(company, number, "declined")
    elif i == 7:
        words = json.dumps({"status": "5.1.1", "words": "550 5.1.1 no such user"})
        offering.event(number, "bounce", timedelta(minutes=3), detail=words)
    elif i == 8:
        back = (company.now + timedelta(days=9)).date().isoformat()
        offering.event(number, "auto-reply", day, detail=json.dumps({"back": back}))
    elif i in (10, 11):
        words = {"looks_like": "yes", "words": "Please send the invoice."} if i == 10 else {}
        detail = json.dumps({"from": f"buyer{i}@trial{i}.example", **words})
        offering.event(number, "reply", day, method="message-id", detail=detail)


def _decided(company: Company, number: int, decision: str) -> None:
    with company.db.writing() as connection:
        connection.exec_driver_sql(f"UPDATE recipient SET decision = '{decision}', decided_at = accepted_at"
                                   f" WHERE id = {number}")  # fmt: skip
