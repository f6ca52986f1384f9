"""File names as people write them, in English and Russian."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.documents.names import NameKey, name_key

STEMS = {
    "offer acme": (
        "Offer ACME v2.docx", "Offer_ACME_final(3).docx", "FW_ Offer ACME v2.docx", "2026-03-12 Offer ACME.docx",
        "Offer ACME (signed).pdf", "Offer ACME - Copy (2).docx", "Offer ACME 1.docx", "Offer-ACME-rev4.docx",
        "OFFER_ACME_DRAFT.docx", "Copy of Offer ACME.docx", "Offer ACME [2].docx", "Re: Offer ACME.docx",
        "Offer ACME 12.03.pdf", "Offer ACME 12 March 2026.pdf", "Offer ACME_v1.2.docx", "Offer ACME version 3.docx",
        "Offer ACME ver. 3.docx", "Offer ACME 2nd version.docx", "offer  acme.docx", "Offer%20ACME.docx",
        "Offer+ACME.docx", "Offer ACME redline.docx", "Offer ACME tracked.docx",
        "Offer ACME (edited).docx", "Offer ACME updated.docx", "Offer ACME.docx.pdf", "Offer ACME.pdf.p7s",
        "Offer ACME 2026-03.docx", "Offer ACME 20260312.docx", "20260312-1435 Offer ACME.pdf", "Offer ACME_EN.pdf",
        "Offer ACME eng.pdf", "Offer ACME last.docx", "Offer ACME accepted.pdf", "Offer ACME - copy.docx",
        "Fwd_ Offer ACME.docx", "Offer ACME, v. 2.docx", "Offer ACME #2.docx", "OfferAcme v2.docx",
        "Offer ACME v2a.docx", "Offer ACME 2.1.docx", "Offer ACME 1.0.3.docx", "Offer ACME scan.pdf",
        "Offer ACME countersigned.pdf",
    ),
    "кп ромашка": (
        "Копия КП Ромашка от 12.03.2026 (2).docx", "КП_Ромашка_v3_финал.pdf", "КП Ромашка 12.03.pdf", "КП Ромашка.docx",
        "КП 3.2 Ромашка.pdf", "КП Ромашка версия 2.docx", "КП Ромашка ред. 3.docx", "КП Ромашка (черновик).docx",
        "КП Ромашка с правками.docx", "КП Ромашка подписано.pdf", "КП Ромашка с подписью.pdf", "Отв_ КП Ромашка.docx",
        "КП Ромашка 12 марта 2026.docx", "КП Ромашка 12 марта 2026 г..docx", "КП Ромашка - копия.docx",
        "КП Ромашка - копия (2).docx", "КП Ромашка окончательный.docx", "КП Ромашка итог.docx", "кп ромашка.DOCX",
        "КП «Ромашка».docx", "КП \"Ромашка\".docx", "КП Ромашка согласовано.docx", "КП Ромашка обновлённое.docx",
        "КП Ромашка новое.docx", "КП Ромашка рус.docx", "КП Ромашка испр.docx", "Черновик 1 КП Ромашка.docx",
        "КП Ромашка вер.4.docx", "КП Ромашка_2версия.docx", "КП Ромашка скан.pdf", "КП Ромашка с печатью.pdf",
        "Пер_ КП Ромашка.docx", "КП Ромашка от 01.02.2025.docx", "КП Ромашка на 01.02.2025.docx", "КП—Ромашка.docx",
        "КП Ромашка 2026-03-12.docx", "КП Ромашка протокол разногласий.docx", "КП Ромашка актуальная.docx",
        "КП Ромашка с комментариями.docx", "КП Ромашка последняя.docx", "КП Ромашка вариант 2.docx",
    ),
    "проект системы": (
        "Проект системы.docx", "Проект системы (v.2).docx", "Проект системы v2.docx", "Проект_системы_2.docx",
        "Проект системы(1).docx", "ПРОЕКТ СИСТЕМЫ.docx", "Проект системы 10.11.docx", "Проект системы утверждён.docx",
    ),
    "мед учет": ("Мёд учёт.docx", "Мед учет v2.docx", "МЁД_УЧЁТ.docx"),
    "договор 45 12": (
        "Договор №45-12 от 01.02.2025 подписан.pdf", "Договор № 45-12.docx", "Договор №45-12 с правками.docx",
        "Договор_45-12_v2.docx",
    ),
    "счет 1043": ("Счет 1043.pdf", "Счёт №1043.pdf", "Счет_1043_подписан.pdf", "Счет 1043 от 12.03.2026.pdf"),
    "contract 2024": ("Contract 2024.docx", "Contract_2024_v2.docx", "Contract 2024 signed.pdf"),
    "acme q3": ("Acme Q3.docx", "Acme_Q3_v2.docx", "ACME Q3 final.docx"),
    "mobile checklist": (
        "Mobile_Checklist-English_1.1.3.1.xlsx", "Mobile Checklist 1.1.xlsx",
    ),
    "commercial offer acme": ("CommercialOffer_ACME_rev4_EN.pdf", "Commercial Offer ACME.pdf",),
    "standard": (
        "Standard 4.0.3-ru.docx", "Standard v3.0.1 Redline.docx", "Standard_Version_2.docx", "Standard 3.0.docx",
    ),
}  # fmt: skip
CASES = [(name, stem) for stem, names in STEMS.items() for name in names]


@pytest.mark.parametrize(("name", "stem"), CASES)
def test_all_names_of_a_document_have_one_stem(name: str, stem: str) -> None:
    assert name_key(name).stem == stem


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("Offer v2.docx", (2,)), ("Offer_v.2.docx", (2,)), ("Offer 3.2.docx", (3, 2)), ("Offer rev4.docx", (4,)),
        ("Договор ред. 3.docx", (3,)), ("Offer 1.1.3.1.xlsx", (1, 1, 3, 1)), ("2версия КП.docx", (2,)),
        ("Черновик 1 КП.docx", (1,)), ("Offer 12.docx", (12,)), ("Offer.docx", ()), ("Счет 1043.pdf", ()),
        ("ТЗ Е.В. 588-2 v3.docx", (3,)), ("Contract 2024.docx", ()), ("Offer 12.03.2026.docx", ()),
    ],
)  # fmt: skip
def test_versions_in_names(name: str, version: tuple[int, ...]) -> None:
    assert name_key(name).version == version


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("Offer 2026-03-12.docx", "2026-03-12"), ("Offer от 01.02.2025.docx", "01-02-2025"), ("КП 12.03.pdf", "12-03"),
        ("КП 12 марта 2026.pdf", "12-марта-2026"), ("Прайс 2025-03.xlsx", "2025-03"), ("Offer 1.1.3.1.xlsx", ""),
        ("Offer20260312.pdf", "20260312"), ("Offer 45-67.docx", ""), ("КП 12 марта 2026 г.pdf", "12-марта-2026"),
    ],
)  # fmt: skip
def test_dates_in_names(name: str, date: str) -> None:
    assert name_key(name).date == date


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("Offer final.docx", {"final"}), ("FINAL_final_v2_Offer.docx", {"final"}), ("Offer (signed).pdf", {"signed"}),
        ("Договор с правками.docx", {"edited"}), ("Договор согласован.docx", {"approved"}), ("Offer new.docx", {"new"}),
        ("Договор подписан скан.pdf", {"signed", "scan"}), ("Offer draft.docx", {"draft"}), ("Finland.docx", set()),
        ("Newton.docx", set()), ("Скандинавия.docx", {"scan"}), ("Design.docx", set()),
    ],
)  # fmt: skip
def test_flags_in_names(name: str, flags: set[str]) -> None:
    assert name_key(name).flags == flags


@pytest.mark.parametrize(
    ("name", "generic"),
    [
        ("scan.pdf", "hard"), ("scan0012.pdf", "hard"), ("image001.png", "hard"), ("документ.docx", "hard"),
        ("IMG_1234.jpg", "hard"),
        ("Без имени.docx", "hard"), ("v2.docx", "hard"), ("2026-03-12.pdf", "hard"), ("document (3).docx", "hard"),
        ("price.xlsx", "soft"), ("КП.docx", "soft"), ("Договор.docx", "soft"), ("Прайс 2025-03.xlsx", "soft"),
        ("Offer 12.docx", "soft"), ("Коммерческое предложение.docx", "soft"), ("Offer ACME.docx", ""),
        ("Счет 1043.pdf", ""),
    ],
)  # fmt: skip
def test_names_that_say_little(name: str, generic: str) -> None:
    assert name_key(name).generic == generic


def test_copies_languages_and_numbers() -> None:
    assert name_key("Offer_ACME_final(3).docx").copy == 3
    assert name_key("Offer ACME - Copy (2).docx").copy == 2
    assert name_key("Копия КП (2).docx").copy == 2
    assert name_key("Copy of Offer.docx").copy == 1
    assert name_key("Standard 4.0-en.pdf").language == "en"
    assert name_key("Checklist-English_1.1.xlsx").language == "english"
    assert name_key("Счет 1043 от 12.03.2026.pdf").numbers == {"1043"}
    assert name_key("Offer 12.docx").numbers == frozenset()
    assert name_key("OfferAcme.docx").compact == name_key("offeracme.docx").compact


WORDS = st.sampled_from(
    ["offer", "acme", "ромашка", "стул", "table", "garden", "поставка", "мебель", "chairs", "завод"]
)
BASES = st.lists(WORDS, min_size=2, max_size=4, unique=True).map(" ".join)
STYLES = st.sampled_from(
    [
        "{} v2", "{}_v3", "{} (2)", "{} final", "{} финал", "Копия {}", "{} - Copy", "2026-03-12 {}",
        "{} от 12.03.2026",
        "{} ред. 3", "FW_ {}", "{} с правками", "{} (signed)", "{} версия 2", "{} 3.2", "{} 1.2.3", "{} 12.03", "{} 7",
    ]
)  # fmt: skip


@given(BASES, STYLES, st.sampled_from(["docx", "pdf", "xlsx", "odt"]))
def test_every_style_keeps_the_stem(base: str, style: str, extension: str) -> None:
    assert name_key(f"{style.format(base)}.{extension}").stem == base


@given(BASES, STYLES)
def test_case_underscores_and_spaces_do_not_count(base: str, style: str) -> None:
    name = style.format(base)
    assert name_key(name.upper()).stem == name_key(name.replace(" ", "_")).stem == name_key(name).stem == base


@given(BASES)
def test_a_stem_is_its_own_stem(base: str) -> None:
    assert name_key(name_key(base).stem) == name_key(base)


@pytest.mark.parametrize("name", ["FW_", "FW_.docx", "Re: .pdf", ".docx", "%20", "v2", "(3)", "№ 1", "1.1.1"])
def test_a_name_of_nothing_but_additions_says_nothing_and_still_has_a_stem(name: str) -> None:
    key = name_key(name)
    assert key.stem
    assert key.generic == "hard"


ADDITIONS = st.sampled_from(
    ["FW_", "Re: ", "copy", "копия", "v2", "(2)", "final", "12.03.2026", "en", "№", "%20", "_", "-", " ", "²", ".docx"]
)


@given(st.text(max_size=80) | st.lists(ADDITIONS, max_size=6).map("".join))
def test_any_name_has_a_key_and_is_never_empty_where_it_has_a_letter(name: str) -> None:
    key = name_key(name)
    assert isinstance(key, NameKey)
    assert key.stem or not any(character.isalnum() for character in name)
