"""A trial: the message that one client would get, sent to the person who asks, and to nobody else."""

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.building import Press, build, workshop
from mailcrm.flow.edit import By, Office, editing
from mailcrm.mailing.audience import from_json
from mailcrm.store import freezing, mailings, merging, people, send_accounts


def send_trial(office: Office, press: Press, by: By, mailing_id: int) -> str:
    """Queue the message of the first client of a mailing for the user's own address; returns that address. It stands
    in no list and no statistics. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        mailing = mailings.mailing(edit.connection, mailing_id)
        user = people.user(edit.connection, by.actor_id) if by.actor_id is not None else None
        if mailing is None or user is None:
            raise NotFound("There is no such mailing.")
        own = [row for row in send_accounts.accounts(edit.connection) if row.user_id == user.id]
        account = own[0].id if own else mailing.fallback_account_id
        if account is None:
            raise Refused("A trial needs an account to send from: yours, or the one for all others.")
        named = freezing.named(edit.connection, by.who, from_json(mailing.audience))
        client_id = next((n for n in named if n in merging.facts(edit.connection, by.who, [n])), None)
        if client_id is None:
            raise Refused("Choose first whom the mailing is for.")
        values = {"offer_id": mailing.offer_id, "name": mailing.name, "policy": mailings.TEST, "zone": mailing.zone}
        trial = values | {"state": "preparing", "created_by": user.id, "created_at": by.at}
        number = mailings.add_mailing(edit.connection, trial)
        row = {"mailing_id": number, "client_id": client_id, "address": user.login, "account_id": account}
        freezing.add(edit.connection, [row | {"state": "new", "priority": 0, "not_before": by.at}], [])
        waiting = freezing.pending(edit.connection, number, 1)
        test = mailings.mailing(edit.connection, number)
        if test is None:
            raise NotFound("There is no such mailing.")
        bench = workshop(edit.connection, test, waiting, press.blobs, by.at)
        made = build(bench, press, waiting[0])
        if made.state != "rendered":
            raise Refused(f"The message cannot be made: {made.reason}")
        press.blobs.settle()
        # No client: nobody's timeline or statistics may take a trial for an offer.
        freezing.update_made(edit.connection, [{"id": waiting[0].id, **made.values, "state": "rendered"}])
        freezing.forget_client(edit.connection, waiting[0].id)
        freezing.enqueue(edit.connection, {0: [waiting[0].id]}, by.at)
        mailings.change_mailing(edit.connection, number, {"state": "running", "started_at": by.at})
        return user.login
