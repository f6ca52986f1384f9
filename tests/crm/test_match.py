"""Which client a message concerns: every rule, and their order."""

from dataclasses import replace

import pytest

from mailcrm.crm.explicit import Explicit
from mailcrm.crm.match import Company, Decision, Directory, Verdict, author, decide, direction
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders

COMPANY = Company(frozenset({"example.com"}), {"anna@gmail.com": 1}, frozenset({"gmail.com"}), frozenset())
ACME, OTHER = 5, 6
DIRECTORY = Directory(
    addresses={"joe@acme.test": frozenset({ACME}), "both@shared.test": frozenset({ACME, OTHER})},
    domains={"acme.co.uk": frozenset({ACME}), "gmail.com": frozenset({OTHER}), "other.test": frozenset({OTHER})},
    threads={"t1": {ACME: frozenset({"kim@partner.test", "anna@example.com"})}},
    written_to=frozenset({"known@stranger.test"}),
)
ANNA = "anna@example.com"


def _people(*emails: str) -> tuple[Address, ...]:
    return tuple(Address("", email) for email in emails)


def _mail(sender: str, *to: str, **more: object) -> ParsedHeaders:
    return replace(ParsedHeaders(from_=_people(sender), to=_people(*to)), **more)  # type: ignore[arg-type]


def _decide(headers: ParsedHeaders, company: Company = COMPANY, asked: Explicit = Explicit()) -> Decision:  # noqa: B008
    return decide(headers, company, DIRECTORY, asked)


def _clients(decision: Decision) -> dict[int, str]:
    return {found.client: found.rule for found in decision.found if not found.suggested}


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
def test_an_address_is_found_in_every_field(field: str) -> None:
    decision = _decide(_mail(ANNA, **{field: _people("joe@acme.test")}))
    assert (decision.verdict, decision.rule, _clients(decision)) == (Verdict.KEEP, "address", {ACME: "address"})


def test_of_an_address_with_several_clients_all_are_linked() -> None:
    assert _clients(_decide(_mail("both@shared.test", ANNA))) == {ACME: "address", OTHER: "address"}
    decision = _decide(_mail("joe@acme.test", ANNA, "somebody@other.test"))
    assert _clients(decision) == {ACME: "address", OTHER: "domain"}
    assert {found.role for found in decision.found} == {"from", "to"}


@pytest.mark.parametrize(
    "email", ["xjoe@acme.test", "joe@acme.test.evil.test", "oe@acme.test", "joe@acme.testx", "joe"]
)
def test_nothing_matches_by_a_part_of_an_address(email: str) -> None:
    assert _decide(_mail(email, ANNA)).rule == "unmatched"


def test_an_empty_to_matches_nothing() -> None:
    empty = replace(DIRECTORY, addresses={"": frozenset({ACME})}, domains={"": frozenset({ACME})})
    assert decide(_mail("x@nobody.test"), COMPANY, empty, Explicit()).rule == "unmatched"
    assert decide(ParsedHeaders(), COMPANY, empty, Explicit()).verdict is Verdict.IGNORE


def test_a_domain_matches_with_its_subdomains_but_not_its_neighbours() -> None:
    assert _clients(_decide(_mail("new@acme.co.uk", ANNA))) == {ACME: "domain"}
    assert _clients(_decide(_mail("new@mail.acme.co.uk", ANNA))) == {ACME: "domain"}
    assert _clients(_decide(_mail("new@notacme.co.uk", ANNA))) == {}
    assert _clients(_decide(_mail("new@co.uk", ANNA))) == {}


def test_free_mail_never_matches_by_its_domain() -> None:
    assert _clients(_decide(_mail("stranger@gmail.com", ANNA))) == {}


def test_internal_mail_is_not_kept_whatever_else() -> None:
    for headers in (
        _mail("boris@example.com", ANNA),
        _mail("boris@eu.example.com", "anna@gmail.com"),
        _mail("boris@example.com"),
        _mail("boris@example.com", ANNA, references=("t1",)),
    ):
        assert (_decide(headers).rule, _decide(headers).direction) == ("internal", "internal")
    assert _decide(_mail("boris@example.com", ANNA), replace(COMPANY, store_all=True)).rule == "internal"
    assert _decide(_mail("boris@example.com", ANNA, "joe@acme.test")).rule == "address"


def test_never_comes_before_every_rule_but_a_wish() -> None:
    company = replace(COMPANY, never=frozenset({"joe@acme.test", "other.test"}))
    assert _decide(_mail("joe@acme.test", ANNA, "both@shared.test"), company).rule == "never"
    assert _decide(_mail("x@mail.other.test", ANNA), company).rule == "never"
    assert _decide(_mail(ANNA, "joe@acme.test"), company).rule == "never"
    assert _decide(_mail(ANNA, "joe@acme.test", "both@shared.test"), company).rule == "address"
    assert _decide(_mail("x@notother.test", ANNA), company).rule == "unmatched"
    asked = Explicit(True, (), "keyword crm")
    assert _clients(_decide(_mail("joe@acme.test", ANNA), company, asked)) == {ACME: "address"}


def test_a_wish_beats_internal_and_names_its_client_first() -> None:
    decision = _decide(_mail("boris@example.com", ANNA), asked=Explicit(True, (OTHER,), "folder CRM/Other"))
    assert (decision.verdict, decision.rule, _clients(decision)) == (Verdict.KEEP, "explicit", {OTHER: "explicit"})
    decision = _decide(_mail("joe@acme.test", ANNA), asked=Explicit(True, (OTHER,), "folder CRM/Other"))
    assert _clients(decision) == {OTHER: "explicit", ACME: "address"}
    decision = _decide(_mail("mum@family.test", ANNA), asked=Explicit(True, (), "keyword crm"))
    assert (decision.verdict, decision.rule, decision.found) == (Verdict.KEEP, "explicit", ())


def test_a_thread_passes_its_client_on_to_a_stranger_who_took_part() -> None:
    decision = _decide(_mail("kim@partner.test", ANNA, references=("t0", "t1", "t9")))
    assert (decision.rule, _clients(decision)) == ("thread", {ACME: "thread"})
    assert _clients(_decide(_mail("kim@partner.test", ANNA, in_reply_to=("t1",)))) == {ACME: "thread"}


def test_a_thread_is_only_suggested_to_others() -> None:
    decision = _decide(_mail("eve@evil.test", ANNA, references=("t1",)))
    assert _clients(decision) == {}
    assert [(found.client, found.suggested) for found in decision.found] == [(ACME, True)]
    assert (decision.verdict, decision.rule) == (Verdict.METADATA, "triage")


def test_staff_in_a_thread_and_people_of_other_clients_pass_nothing_on() -> None:
    assert _clients(_decide(_mail(ANNA, "x@nobody.test", references=("t1",)))) == {}
    assert _clients(_decide(_mail("x@other.test", ANNA, references=("t1",)))) == {OTHER: "domain"}


def test_the_message_itself_is_the_better_evidence() -> None:
    decision = _decide(_mail("joe@acme.test", "kim@partner.test", ANNA, references=("t1",)))
    assert _clients(decision) == {ACME: "address"}


def test_a_forward_is_asked_for_its_body_and_matched_by_what_is_inside() -> None:
    forward = _mail("mum@family.test", ANNA, subject="Fwd: Offer")
    assert _decide(forward).needs_body
    assert not _decide(replace(forward, subject="Offer")).needs_body
    inside = decide(forward, COMPANY, DIRECTORY, Explicit(), _people("joe@acme.test", "x@other.test"))
    assert _clients(inside) == {ACME: "forwarded", OTHER: "forwarded"}
    own = decide(forward, COMPANY, DIRECTORY, Explicit(), _people(ANNA))
    assert own.verdict is Verdict.IGNORE


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        (_mail(ANNA, "x@nobody.test"), True),
        (_mail("known@stranger.test", ANNA), True),
        (_mail("x@nobody.test", ANNA), False),
        (_mail(ANNA, "x@nobody.test", auto_submitted="auto-replied"), False),
        (_mail("known@stranger.test", ANNA, is_bulk=True), False),
        (_mail("known@stranger.test", ANNA, auto_submitted="no"), True),
    ],
)
def test_the_tray_shows_what_goes_both_ways_or_was_sent(headers: ParsedHeaders, shown: bool) -> None:
    assert (_decide(headers).rule == "triage") is shown
    assert _decide(headers, replace(COMPANY, tray=False)).rule == "unmatched"


def test_store_all_keeps_what_no_rule_found() -> None:
    decision = _decide(_mail("x@nobody.test", ANNA), replace(COMPANY, store_all=True))
    assert (decision.verdict, decision.rule, decision.found) == (Verdict.KEEP, "store-all", ())


def test_direction_is_that_of_the_author() -> None:
    assert direction(_mail(ANNA, "joe@acme.test"), COMPANY) == "out"
    assert direction(_mail("anna@gmail.com", "joe@acme.test"), COMPANY) == "out"
    assert direction(_mail("joe@acme.test", ANNA), COMPANY) == "in"
    assert direction(_mail(ANNA, "boris@example.com"), COMPANY) == "internal"
    sender = ParsedHeaders(sender=_people(ANNA), to=_people("joe@acme.test"))
    assert direction(sender, COMPANY) == "out"


def test_the_author_behind_a_list_that_writes_its_own_name_into_from() -> None:
    team = Address("Joe via Team", "team@list.test")
    munged = ParsedHeaders(from_=(team,), to=(Address("", "team@list.test"),), reply_to=_people("joe@acme.test"))
    assert author(munged).email == "joe@acme.test"
    via = ParsedHeaders(from_=(team,), to=_people(ANNA), list_id="<team.list.test>", reply_to=_people("joe@acme.test"))
    assert author(via).email == "joe@acme.test"
    plain = ParsedHeaders(from_=_people("joe@acme.test"), to=_people(ANNA), reply_to=_people("office@acme.test"))
    assert author(plain).email == "joe@acme.test"
    to_list = ParsedHeaders(from_=(team,), to=(team,), reply_to=(team,))
    assert author(to_list).email == "team@list.test"


def test_every_decision_says_how_it_came_about() -> None:
    decision = _decide(_mail("joe@acme.test", ANNA))
    assert [step.rule for step in decision.steps] == ["explicit", "never", "internal", "thread", "address", "domain"]
    assert decision.steps[4].outcome == f"client {ACME} (joe@acme.test)"
    assert [s.rule for s in _decide(_mail("x@nobody.test", ANNA)).steps][-2:] == ["forwarded", "triage"]
