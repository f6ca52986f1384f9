"""Reports of mail servers: our own server's words about a client's address belong to that client."""

from mailcrm.crm.explicit import Explicit
from mailcrm.crm.match import Company, Directory, Verdict, decide
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders

COMPANY = Company(frozenset({"firm.example"}), {"anna@firm.example": 1}, frozenset(), frozenset())
KNOWN = Directory(addresses={"max@acme.example": frozenset({7})}, domains={"acme.example": frozenset({7})})
REPORT = ParsedHeaders(
    subject="Undelivered Mail Returned to Sender",
    from_=(Address("Mail Delivery System", "mailer-daemon@mx.firm.example"),),
    to=(Address("", "anna@firm.example"),),
    content_type="multipart/report",
)


def test_a_report_of_our_own_server_asks_for_its_body() -> None:
    decided = decide(REPORT, COMPANY, KNOWN, Explicit())

    assert (decided.verdict, decided.needs_body, decided.direction) == (Verdict.IGNORE, True, "in")


def test_a_report_is_filed_under_the_client_it_is_about() -> None:
    decided = decide(REPORT, COMPANY, KNOWN, Explicit(), [Address("", "max@acme.example")])

    assert decided.verdict is Verdict.KEEP
    assert [(f.client, f.rule, f.evidence) for f in decided.found] == [(7, "report", "max@acme.example")]


def test_a_report_about_nobody_known_leaves_nothing() -> None:
    decided = decide(REPORT, COMPANY, KNOWN, Explicit(), [Address("", "friend@private.example")])

    assert (decided.verdict, decided.rule, decided.found) == (Verdict.IGNORE, "unmatched", ())


def test_a_colleague_is_no_report() -> None:
    letter = ParsedHeaders(from_=(Address("Anna", "anna@firm.example"),), to=(Address("", "boris@firm.example"),))

    assert decide(letter, COMPANY, KNOWN, Explicit()).rule == "internal"
