"""Preparing a mailing: who gets it, then each message made and frozen, in portions, so that a page can show how far.

    assemble      audience → recipients (state new) and skipped clients, each with its reason
    make_some     a portion: words, document, bytes, kept and hashed; or what is wrong, at the recipient
    settled       nothing is left to make: the hash over all that is frozen, which a person approves

Whoever is killed in between goes on where he was: a recipient is made once, and the same data make the same bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.building import Built, Press, build, workshop
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.suppressions import hashed
from mailcrm.mailing import audience
from mailcrm.mailing.assign import Drawn, Lot, Share, assigned
from mailcrm.mailing.audience import Candidate, Chosen, Reach
from mailcrm.mailing.preflight import fingerprint
from mailcrm.store import freezing, mailings, merging, people, send_accounts, suppressions, tracking
from mailcrm.store.mailings import MailingRow
from mailcrm.store.merging import Facts
from mailcrm.store.send_accounts import SendAccountRow

PORTION = 50
"""Recipients that are made before their rows are written."""
EDITABLE = ("draft", "preparing")
"""States of a mailing in which what it sends may still change."""
UNPREPARED: Mapping[str, Any] = {
    "prepared_at": None,
    "prepared_sha": "",
    "prepared_from": "",
    "approved_by": None,
    "approved_at": None,
    "approved_sha": "",
}


def assemble(office: Office, by: By, mailing_id: int) -> int:
    """Choose the recipients anew; what was prepared before is thrown away, an approval with it. Returns how many there
    are to make. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        mailing = editable(edit, mailing_id)
        groups = freezing.named(edit.connection, by.who, audience.from_json(mailing.audience))
        facts = merging.facts(edit.connection, by.who, groups)
        chosen = _chosen(edit, mailing, groups, facts)
        freezing.clear(edit.connection, mailing_id)
        recipients = [one for one in chosen if not one.reason]
        drawn = _drawn(edit, mailing, recipients)
        freezing.add(
            edit.connection,
            [_recipient(edit, mailing_id, one, drawn.get(one.client_id)) for one in recipients],
            [_skip(mailing_id, one) for one in chosen if one.reason],
        )
        mailings.change_mailing(edit.connection, mailing_id, {**UNPREPARED, "state": "preparing"})
        return len(recipients)


def make_some(office: Office, press: Press, by: By, mailing_id: int) -> int:
    """Make the next portion of recipients; returns how many there were, and 0 where all are made. Raises Refused."""
    with office.database.reading() as connection:
        mailing = mailings.mailing(connection, mailing_id)
        if mailing is None:
            raise NotFound("There is no such mailing.")
        waiting = freezing.pending(connection, mailing_id, PORTION) if mailing.state == "preparing" else []
        bench = workshop(connection, mailing, waiting, press.blobs, by.at) if waiting else None
    if bench is None:
        _settle(office, by, mailing)
        return 0
    made = [(one.id, build(bench, press, one)) for one in waiting]
    # Bytes are durable before a row points at them.
    press.blobs.settle()
    with editing(office, by) as edit:
        if not tracking.keep_links(edit.connection, mailing_id, bench.places.new):
            # Another process gave these places to other links meanwhile: the portion is made anew with his.
            return len(waiting)
        for state in ("rendered", "render_error"):
            rows = [_row(number, found) for number, found in made if found.state == state]
            freezing.update_made(edit.connection, rows)
    return len(waiting)


def editable(edit: Edit, mailing_id: int) -> MailingRow:
    """The mailing, where whoever edits may and nothing of it has left. Raises Refused, or NotFound."""
    found = mailings.mailing(edit.connection, mailing_id)
    if found is None:
        raise NotFound("There is no such mailing.")
    user = people.user(edit.connection, edit.by.actor_id) if edit.by.actor_id is not None else None
    if user is not None and user.role == "staff" and found.created_by != user.id:
        raise Refused("Only who made it, managers and admins may change this mailing.")
    if found.state not in EDITABLE:
        raise Refused("This mailing is on its way: what it sends can no longer be changed.")
    return found


def accounts(edit: Edit, mailing: MailingRow) -> dict[int | None, int]:
    """Owner → the account that his mail leaves by; under None the one for all others, where there is one.

    What a member of staff prepares leaves by his own account, whoever owns the client.
    """
    rows = send_accounts.accounts(edit.connection)
    maker = people.user(edit.connection, mailing.created_by) if mailing.created_by is not None else None
    staff_id = maker.id if maker is not None and maker.role == "staff" else None
    return leaving_by(rows, staff_id, mailing.fallback_account_id)


def leaving_by(
    rows: Sequence[SendAccountRow], staff_id: int | None, fallback_id: int | None = None
) -> dict[int | None, int]:
    """`accounts` of these accounts, where a member of staff (with this id) or a manager (None) makes the mailing."""
    own = {row.user_id: row.id for row in rows if row.user_id is not None and row.state == "active"}
    if staff_id is not None:
        return {None: own[staff_id]} if staff_id in own else {}
    return own | ({None: fallback_id} if fallback_id is not None else {})


def _chosen(
    edit: Edit, mailing: MailingRow, groups: Mapping[int, int | None], facts: Mapping[int, Facts]
) -> list[Chosen]:
    leaves = accounts(edit, mailing)
    candidates = [
        Candidate(number, group, leaves.get(facts[number].owner_id, leaves.get(None)), _reaches(facts[number]))
        for number, group in groups.items()
        if number in facts
    ]
    emails = sorted({reach.email for one in candidates for reach in one.reaches})
    forbidden = suppressions.reasons(
        edit.connection, emails, mailing.scope, lambda email: hashed(edit.office.fingerprint, email)
    )
    wanted = audience.from_json(mailing.audience)
    had = freezing.had_offer(edit.connection, mailing.offer_id) if wanted.new_only else ()
    return audience.select(wanted, candidates, set(forbidden), had)


def _drawn(edit: Edit, mailing: MailingRow, chosen: Sequence[Chosen]) -> dict[int, Drawn]:
    shares = [Share(row.id, row.share) for row in mailings.variants(edit.connection, mailing.id)]
    sizes = freezing.sizes(edit.connection, {one.client_id for one in chosen}) if shares else {}
    lots = [Lot(one.client_id, one.group_id, sizes.get(one.client_id, 0)) for one in chosen]
    return assigned(lots, shares, mailing.seed)


def _settle(office: Office, by: By, mailing: MailingRow) -> None:
    if mailing.state != "preparing" or mailing.prepared_at is not None:
        return
    with editing(office, by) as edit:
        sha = fingerprint(freezing.frozen(edit.connection, mailing.id))
        mailings.change_mailing(edit.connection, mailing.id, {"prepared_at": by.at, "prepared_sha": sha})


def _recipient(edit: Edit, mailing_id: int, one: Chosen, drawn: Drawn | None) -> dict[str, Any]:
    return {
        "mailing_id": mailing_id,
        "client_id": one.client_id,
        "contact_id": one.contact_id,
        "address": one.email,
        "account_id": one.account_id,
        "group_id": one.group_id,
        "variant_id": drawn.variant_id if drawn else None,
        "assign_prob": drawn.probability if drawn else 1.0,
        "state": "new",
        "not_before": edit.by.at,
    }


def _skip(mailing_id: int, one: Chosen) -> dict[str, Any]:
    return {"mailing_id": mailing_id, "client_id": one.client_id, "address": one.email, "reason": one.reason}


def _row(number: int, found: Built) -> dict[str, Any]:
    return {"id": number, "state": found.state, "reason": found.reason, **found.values}


def _reaches(facts: Facts) -> tuple[Reach, ...]:
    return tuple(Reach(one.email, one.contact_id, one.person.position) for one in facts.targets)
