"""Responses as servers send them, and as broken ones do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.net.imap import parse
from mailcrm.net.imap.uids import UidSet
from mailcrm.net.imap.values import Seen, Status


def test_reads_a_message_of_discovery() -> None:
    line = (
        b'12 FETCH (UID 5 FLAGS (\\Seen $Label foo] \\Recent) INTERNALDATE " 1-Jan-2020 10:00:00 +0300" '
        b"RFC822.SIZE 1234 MODSEQ (77) EMAILID (M6d99ac3275bb4e))"
    )
    assert parse.seen(parse.fetch_items([line])) == Seen(
        5, 1234, datetime(2020, 1, 1, 7, tzinfo=UTC), ("$Label", "\\Seen", "foo]"), 77, "M6d99ac3275bb4e"
    )


def test_reads_literals_wherever_they_stand() -> None:
    items = parse.fetch_items([b"1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM TO)] {4}", b'()"\0', b" FLAGS ())"])
    assert items[b"BODY[HEADER.FIELDS (FROM TO)]"] == b'()"\0'
    assert parse.body(items) == b'()"\0'
    assert items[b"FLAGS"] == []


@pytest.mark.parametrize(
    "line",
    [
        b"1 FETCH (UID 5",
        b"1 FETCH (UID 5))",
        b"1 FETCH (UID)",
        b'1 FETCH (UID 5 X "open)',
        b"1 FETCH " + b"(" * 5000 + b")" * 5000,
        b"1 FETCH UID 5",
        b"1 FETCH ((UID) 5)",
    ],
)
def test_isolates_what_cannot_be_read(line: bytes) -> None:
    with pytest.raises(ValueError, match="response"):
        parse.fetch_items([line])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("sign", [b"[", b'"', b"\\", b"(", b"[ ", b"a]"])
def test_absurd_lines_take_no_time(sign: bytes) -> None:
    """Half a megabyte of brackets, quotes or parentheses: no pattern may be quadratic on them."""
    with pytest.raises(ValueError, match="response"):
        parse.tokens([b"1 FETCH (" + sign * (500_000 // len(sign))])


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_never_fails_otherwise_than_with_a_value_error(line: bytes, literal: bytes) -> None:
    for parts in ([b"1 FETCH " + line], [b"1 FETCH (" + line + b" {3}", literal, line]):
        try:
            items = parse.fetch_items(parts)
            parse.seen(items)
            parse.flags_of(items)
            parse.body(items)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("value", "when"),
    [
        (b"17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b"1-jul-1996 02:44:25 +0000", datetime(1996, 7, 1, 2, 44, 25, tzinfo=UTC)),
        (b"32-Jul-1996 02:44:25 +0000", None),
        (b"01-Foo-1996 02:44:25 +0000", None),
        (b"01-Jan-9999 23:59:59 -9900", None),
        (b"01-Jan-0001 00:00:00 +0100", None),
        (b"yesterday", None),
        (None, None),
    ],
)
def test_dates_are_utc_or_nothing(value: bytes | None, when: datetime | None) -> None:
    assert parse.internal_date(value) == when


def test_numbers_as_mail_ru_writes_them() -> None:
    assert parse.number(b"9.3736e+06") == 9_373_600


@pytest.mark.parametrize("value", [b"inf", b"nan", b"9e999", b"", b"x", b"1" * 40, None, []])
def test_what_is_no_number(value: parse.Token) -> None:
    with pytest.raises(ValueError, match=r"number|float|NaN"):
        parse.number(value)


def test_nothing_comes_out_that_a_database_could_not_store() -> None:
    huge = b"9" * 19
    found = parse.seen(
        parse.fetch_items(
            [b"1 FETCH (UID 5 RFC822.SIZE 9e28 MODSEQ (%s) EMAILID (a\0) FLAGS (a\0b \xff %s ok))" % (huge, b"x" * 999)]
        )
    )
    assert found == Seen(5, 1 << 40, None, ("ok", "\N{REPLACEMENT CHARACTER}"))
    assert parse.status_of([b"UIDNEXT", huge, b"MESSAGES", b"1"]) == Status(1)
    many = b" ".join(b"k%d" % number for number in range(5000))
    assert len(parse.flag_names(parse.tokens([b"FLAGS (" + many + b")"])[1])) == 100
    for uid in (b"0", b"4294967296", b"-1", b"NIL"):
        with pytest.raises(ValueError, match=r"UID|number"):
            parse.flags_of(parse.fetch_items([b"1 FETCH (UID " + uid + b" FLAGS ())"]))


def test_status_with_gaps() -> None:
    assert parse.status_of([b"MESSAGES", b"3", b"UIDNEXT", None, b"X", b"1"]) == Status(3)
    assert parse.status_of([]) == Status()


@pytest.mark.parametrize(
    ("line", "uids"),
    [
        (b"SEARCH", UidSet()),
        (b"SEARCH 3 1 2", UidSet.of([1, 2, 3])),
        (b"SEARCH 2 5 (MODSEQ 917)", UidSet.of([2, 5])),
        (b'ESEARCH (TAG "c5") UID ALL 1:3,9', UidSet.of([1, 2, 3, 9])),
        (b'ESEARCH (TAG "c5") UID', UidSet()),
        (b'ESEARCH (TAG "c5") UID ALL', UidSet()),
        (b"5 EXISTS", None),
    ],
)
def test_reads_searches(line: bytes, uids: UidSet | None) -> None:
    assert parse.found_uids([line]) == uids


def test_reads_vanished() -> None:
    found = parse.vanished([b"VANISHED (EARLIER) 9:7,12:*"])
    assert found is not None
    assert found.earlier
    assert 8 in found.uids
    assert 10 not in found.uids
    assert 2_000_000 in found.uids
    now = parse.vanished([b"VANISHED 4"])
    assert now is not None
    assert not now.earlier
