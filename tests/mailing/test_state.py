"""States: every path ends, and the only way back into the queue is named."""

import pytest

from mailcrm.mailing.state import FINAL, MAILING_NEXT, NEXT, OPEN, may


def test_every_state_is_open_or_final() -> None:
    assert set(NEXT) == set(OPEN) | set(FINAL)
    assert not set(OPEN) & set(FINAL)
    assert {after for step in NEXT.values() for after in step} <= set(NEXT)
    assert {after for step in MAILING_NEXT.values() for after in step} <= set(MAILING_NEXT)


@pytest.mark.parametrize("after", sorted(NEXT))
def test_what_may_have_gone_is_never_sent_again_by_itself(after: str) -> None:
    assert may("accepted", after) is False
    assert may("sending", after) == (after in ("accepted", "deferred", "failed", "uncertain"))
    assert may("uncertain", after) == (after in ("accepted", "failed", "deferred"))
    assert may("cancelled", after) is False
