"""Comparisons: what a reader sees, and that nothing is lost."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mailcrm.documents import summary
from mailcrm.documents.compare import CellChange, Fold, Row, column, compare, compare_sheets, folded, paragraphs, words

OLD = """Offer for Acme
The total is 120 000 EUR, delivery within 30 days.
Valid until 12.03.2026.
Discount 5 % for all.
Gone is this.
End"""
NEW = """Offer for Acme
The total is 114 500 EUR, delivery within 45 days.
Valid until 31.03.2026.
Discount 7 % for all.
Entirely new words.
End"""


def shown(rows: tuple[Row, ...]) -> list[str]:
    """Each row as people write changes: [-gone-] {+added+}."""
    marks = {"equal": "{}", "gone": "[-{}-]", "added": "{{+{}+}}"}
    return ["".join(marks[piece.mark].format(piece.text) for piece in row.pieces) for row in rows]


def test_changed_words_stand_inside_their_paragraphs() -> None:
    assert shown(compare(OLD, NEW)) == [
        "Offer for Acme",
        "The total is [-120 000-]{+114 500+} EUR, delivery within [-30-]{+45+} days.",
        "Valid until [-12.03.2026-]{+31.03.2026+}.",
        "Discount [-5-]{+7+} % for all.",
        "[-Gone is this.-]",
        "{+Entirely new words.+}",
        "End",
    ]


def test_a_moved_in_paragraph_does_not_shift_the_rest() -> None:
    assert [
        row.mark for row in compare("one two three\nfour five six", "one two three\nseven eight\nfour five six")
    ] == [
        "equal",
        "added",
        "equal",
    ]


def test_changes_with_only_a_space_between_them_are_one() -> None:
    (row,) = compare("please deliver the red chair to us tomorrow", "please deliver the blue table to us tomorrow")
    assert shown((row,)) == ["please deliver the [-red chair-]{+blue table+} to us tomorrow"]


def test_too_little_in_common_is_shown_as_gone_and_added() -> None:
    rows = compare(
        "The price includes delivery and assembly of everything", "The price excludes tax and all other duties now"
    )
    assert [row.mark for row in rows] in (["gone", "added"], ["changed"])
    assert [row.mark for row in compare("alpha beta gamma delta", "alpha x1 y2 z3 w4 q5 r6 t7 u8")] == ["gone", "added"]


TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "ab", "12", "1,5", ".", "-", "ё"]), max_size=6).map(" ".join), max_size=8
).map("\n".join)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_comparison(old: str, new: str) -> None:
    rows = compare(old, new)
    for keep, drop, whole in (("gone", "added", old), ("added", "gone", new)):
        side = [
            "".join(p.text for p in row.pieces if p.mark != drop)
            for row in rows
            if row.mark in ("equal", "changed", keep)
        ]
        assert side == paragraphs(whole)


@given(st.text("ab ,.1", max_size=30), st.text("ab ,.1", max_size=30))
def test_words_lose_nothing(old: str, new: str) -> None:
    pieces = words(old, new)
    assert "".join(p.text for p in pieces if p.mark != "added") == old
    assert "".join(p.text for p in pieces if p.mark != "gone") == new


def test_equal_paragraphs_are_folded_away_from_the_changes() -> None:
    old = "\n".join(f"paragraph {n}" for n in range(40))
    rows = folded(compare(old, old.replace("paragraph 20", "something else")))
    assert [len(row.rows) if isinstance(row, Fold) else row.mark for row in rows] == [
        18, "equal", "equal", "gone", "added", "equal", "equal", 17,
    ]  # fmt: skip


def test_cells_are_compared_in_aligned_rows() -> None:
    old = [("Prices", [["Chair", "120"], ["Table", "300"], ["Lamp", "40"]]), ("Old", [])]
    new = [("Prices", [["Chair", "125"], ["Bench", "80"], ["Table", "300"]]), ("New", [])]
    assert compare_sheets(old, new) == (
        CellChange("Prices", "cell", "B1", "120", "125"),
        CellChange("Prices", "row_added", "2", new="Bench · 80"),
        CellChange("Prices", "row_gone", "3", old="Lamp · 40"),
        CellChange("Old", "sheet_gone"),
        CellChange("New", "sheet_added"),
    )
    assert [column(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_the_summary_names_sums_dates_shares_and_numbers() -> None:
    found = summary.of_text(compare(OLD, NEW), ["Vera", "Vera"], tracked=3)
    assert [(one.sort, one.label, one.old, one.new) for one in found.values] == [
        ("sum", "The total is", "120 000 EUR", "114 500 EUR"),
        ("date", "Valid until", "12.03.2026", "31.03.2026"),
        ("share", "Discount", "5 %", "7 %"),
        ("number", "EUR delivery within", "30", "45"),
    ]
    assert (found.changed, found.gone, found.added) == (3, 1, 1)
    assert (found.comments, found.comment_authors, found.tracked) == (2, ("Vera",), 3)
    assert summary.of_text(compare(OLD, OLD)).nothing


def test_the_summary_in_russian_and_of_cells() -> None:
    rows = compare("Цена 120 000 руб. до 12 марта 2026", "Цена 114 500,50 руб. до 15 апреля 2026")
    assert [(one.sort, one.old, one.new) for one in summary.of_text(rows).values] == [
        ("sum", "120 000 руб.", "114 500,50 руб."),
        ("date", "12 марта 2026", "15 апреля 2026"),
    ]
    cells = compare_sheets([("A", [["Chair", "120"], ["Name", "x"]])], [("A", [["Chair", "125"], ["Name", "y"]])])
    found = summary.of_sheets(cells)
    assert [(one.label, one.old, one.new) for one in found.values] == [("B1", "120", "125")]
    assert found.changed == 2


def test_only_one_version_has_a_value() -> None:
    assert summary.values_of("120 000 EUR until 12.03.2026, 5 %") == {
        ("sum", "120000eur"),
        ("date", "12.03.2026"),
        ("share", "5%"),
    }


def test_a_changed_word_in_every_third_of_many_paragraphs_is_found() -> None:
    chance = random.Random(5)
    lines = [f"{n} " + " ".join(f"{chance.choice(('price', 'chair', 'and'))}{n}" for n in range(12)) for n in range(90)]
    changed = [f"{line} more" if number % 3 == 0 else line for number, line in enumerate(lines)]
    del changed[40:50]
    rows = compare("\n".join(lines), "\n".join(changed))
    marks = [("gone" if 40 <= n < 50 else "changed" if n % 3 == 0 else "equal") for n in range(90)]
    assert [row.mark for row in rows] == marks
