"""What a rebuild would change."""

from mailcrm.documents.library import fold
from mailcrm.documents.place import Law
from mailcrm.documents.rebuild import differences, heirs
from mailcrm.documents.rules import in_force, split
from tests.documents.test_lineage import Mail, text


def _mail() -> Mail:
    mail = Mail()
    for changed in ((), (1,), (1, 2), (1, 2, 3)):
        mail.send("Offer ACME.docx", text(*changed))
    return mail


def test_what_grew_in_time_order_needs_no_change() -> None:
    mail = _mail()
    rebuilt = fold(mail.occurrences, mail.prints, mail.law)
    assert differences(mail.library.versions, rebuilt.versions) == ()


def test_a_late_first_version_renumbers_and_the_document_keeps_its_name() -> None:
    mail, late = _mail(), Mail()
    for occurrence in mail.occurrences[1:]:
        late.library.take(occurrence, mail.prints[occurrence.sha256], late.law)
    stored = late.library.versions
    rebuilt = fold(mail.occurrences, mail.prints, mail.law).versions
    first, *rest = [one.sha256 for one in mail.occurrences]
    assert heirs(stored, rebuilt) == {first: rest[0]}
    found = differences(stored, rebuilt)
    assert [one.sha for one in found] == sorted([first, *rest])
    assert {one.rebuilt.document for one in found if one.rebuilt} == {rest[0]}
    assert sorted(one.rebuilt.number for one in found if one.rebuilt) == [1, 2, 3, 4]


def test_a_split_moves_only_what_leaves() -> None:
    mail = _mail()
    shas = [one.sha256 for one in mail.occurrences]
    law = Law(in_force(split(shas[:3], shas[3:], in_force([]))))
    found = differences(mail.library.versions, fold(mail.occurrences, mail.prints, law).versions)
    moved = [one for one in found if one.stored and one.rebuilt and one.stored.document != one.rebuilt.document]
    assert [(one.sha, one.rebuilt.number) for one in moved if one.rebuilt] == [(shas[3], 1)]
    stayed = [one.rebuilt for one in found if one not in moved]
    assert [version.decided_by for version in stayed if version] == ["user", "user"]
