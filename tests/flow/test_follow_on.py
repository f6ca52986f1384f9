"""A finished mailing goes on to those who came into its groups since; what was begun can be taken back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import follow_on, groups, mailings
from mailcrm.flow.groups import GroupForm
from mailcrm.mailing import audience
from mailcrm.mailing.audience import Audience
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store.database import Database
from tests.flow.test_prepare import Campaign


@pytest.fixture(scope="module")
def setter() -> Iterator[Typesetter]:
    """A typesetter that nobody needs here."""
    found = Typesetter()
    yield found
    found.close()


@pytest.fixture
def campaign(db: Database, tmp_path: Path, now: Any, setter: Typesetter) -> Campaign:
    """A campaign that has a mailing to come."""
    return Campaign(db, tmp_path / "blobs", now, setter)


def ended(campaign: Campaign, state: str = "accepted") -> None:
    """Everything that is queued has left."""
    with campaign.db.writing() as connection:
        connection.exec_driver_sql(f"UPDATE recipient SET state = '{state}' WHERE state = 'queued'")
        connection.exec_driver_sql(f"UPDATE mailing SET state = 'done' WHERE id = {campaign.mailing}")


def test_new_members_get_the_offer_and_nobody_gets_it_twice(campaign: Campaign) -> None:
    office, maria = campaign.office, campaign.maria
    first, second, out = (campaign.client(name, f"{name.lower()}@x.test") for name in ("First", "Second", "Out"))
    group = groups.add_group(office, maria, GroupForm("Pumps"))
    groups.put(office, maria, group, (first, out))
    wanted = Audience(groups=(group,), left_out=(out,), people="all", position="purchasing")
    mailings.set_audience(office, maria, campaign.mailing, wanted)
    mailings.set_variants(office, maria, campaign.mailing, [("A", {}, 1.0), ("B", {"discount": "9"}, 1.0)])
    campaign.prepare()
    campaign.approve()
    with pytest.raises(Refused, match="not ended"):
        follow_on.send_to_new(office, maria, campaign.mailing, "More")
    ended(campaign, "failed")
    with pytest.raises(Refused, match="Nobody is new"):
        follow_on.send_to_new(office, maria, campaign.mailing, "More")
    groups.put(office, maria, group, (second,))
    with campaign.db.reading() as connection:
        assert follow_on.new_members(connection, maria.who, campaign.row) == 1
    staff = replace(campaign.by, actor_id=campaign.room.user_id)
    with pytest.raises(Refused, match="Only who made it"):
        follow_on.send_to_new(office, staff, campaign.mailing, "More")
    old, campaign.mailing = campaign.row, follow_on.send_to_new(office, maria, campaign.mailing, "More")
    assert (campaign.row.name, campaign.row.state, campaign.row.approved_sha) == ("More", "draft", "")
    assert audience.from_json(campaign.row.audience) == replace(wanted, new_only=True)
    campaign.prepare()
    assert [row[0] for row in campaign.rows("address")] == ["second@x.test"]
    assert campaign.skipped() == {"First": "had-it", "Out": "left-out"}
    assert campaign.rows("variant_id")[0][0] is not None
    campaign.approve()
    ended(campaign)
    with pytest.raises(Refused, match="Nobody is new"):
        follow_on.send_to_new(office, maria, old.id, "Again")


def test_a_draft_can_be_taken_back_and_nothing_else(campaign: Campaign) -> None:
    one = campaign.client("One", "one@x.test")
    campaign.aim(one)
    campaign.prepare()
    with pytest.raises(Refused, match="Only a draft"):
        follow_on.discard(campaign.office, campaign.maria, campaign.mailing)
    mailings.back_to_draft(campaign.office, campaign.maria, campaign.mailing)
    assert follow_on.discard(campaign.office, campaign.maria, campaign.mailing) == campaign.offer
    with pytest.raises(NotFound):
        follow_on.discard(campaign.office, campaign.maria, campaign.mailing)


def test_a_mailing_for_no_group_has_no_new_members(campaign: Campaign) -> None:
    campaign.aim(campaign.client("One", "one@x.test"))
    campaign.prepare()
    campaign.approve()
    ended(campaign)
    with pytest.raises(Refused, match="for no group"):
        follow_on.send_to_new(campaign.office, campaign.maria, campaign.mailing, "More")
