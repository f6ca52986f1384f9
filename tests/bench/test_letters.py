"""The mail of the benchmarks: the same for the same seed, in the shares that are promised, and without a fault."""

from collections import Counter

from bench import letters
from bench.letters import Letters
from mailcrm.crm.domains import is_within
from mailcrm.mail import parse


def test_the_same_seed_writes_the_same_letters() -> None:
    first, again, other = (list(Letters(40, seed).write()) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_letters_are_of_the_promised_kinds_and_sizes() -> None:
    written = list(Letters(1000).write())
    counts = Counter(letter.kind for letter in written)
    assert all(abs(counts[kind] / 1000 - share) < 0.04 for kind, share in letters.SHARES)
    mean = sum(len(letter.raw) for letter in written) / len(written)
    assert 50_000 < mean < 80_000
    assert {letter.sent for letter in written} == {True, False}


def test_letters_parse_without_a_defect_and_concern_a_client() -> None:
    answers = 0
    for letter in Letters(200).write():
        parsed = parse.message(letter.raw.replace(b"\n", b"\r\n"))
        people = {a.email.partition("@")[2] for a in parsed.headers.participants}
        assert parsed.defects == ()
        assert parsed.text
        assert any(is_within(domain, {f"client{n}.test" for n in range(1, letters.CLIENTS + 1)}) for domain in people)
        assert any(not a.inline for a in parsed.attachments) == (letter.kind == "attachment")
        answers += bool(parsed.headers.references)
    assert answers > 40
