"""Sets of UIDs: what servers send, what we send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.net.imap.uids import COMMAND_BYTES, LAST, UidSet


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (b"1", ((1, 1),)),
        (b"1:3,9", ((1, 3), (9, 9))),
        (b"9:7,8:12", ((7, 12),)),
        (b"12:*", ((12, LAST),)),
        (b"*:12,3", ((3, 3), (12, LAST))),
        (b"1,2,3,5:4", ((1, 5),)),
    ],
)
def test_reads_sets_as_servers_send_them(text: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    assert UidSet.parse(text).ranges == ranges


@pytest.mark.parametrize("text", [b"", b"0", b"a", b"1:", b"4294967296", b"1,,2", b"-1"])
def test_refuses_what_is_no_set(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"UIDs|int"):
        UidSet.parse(text)


@pytest.mark.parametrize("uids", [[0], [True], ["1"], [1.0], [LAST + 1]])
def test_takes_only_integers_for_uids(uids: list[int]) -> None:
    with pytest.raises(ValueError, match="UIDs"):
        UidSet.of(uids)


@given(st.sets(st.integers(1, LAST)), st.sets(st.integers(1, 3000)))
def test_says_what_it_was_made_of(wide: set[int], dense: set[int]) -> None:
    uids = wide | dense
    made = UidSet.of(uids)
    assert set(made) == uids
    assert len(made) == len(uids)
    assert all(uid in made for uid in uids)
    assert (LAST + 1) not in made
    assert {uid + 1 for uid in uids if uid + 1 in made} == {uid + 1 for uid in uids} & uids
    commands = list(made.commands())
    assert all(len(command) <= COMMAND_BYTES for command in commands)
    assert [uid for command in commands for uid in UidSet.parse(command)] == sorted(uids)


def test_a_set_of_everything_costs_nothing() -> None:
    assert 4_000_000_000 in UidSet.parse(b"1:*")
    assert (UidSet.parse(b"5:*") | UidSet.of([1, 4])).ranges == ((1, 1), (4, LAST))
