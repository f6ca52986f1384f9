"""Documents that mailcrm made, through real mail and the real documents step: what comes back is known for certain."""

import io
import zipfile
from collections.abc import Iterator

import pytest

from mailcrm.mailing import merge, stamp
from mailcrm.net.typeset.pool import Typesetter
from tests.flow.test_documents import Post
from tests.mailing.test_render import sample
from tests.net.typeset.test_typesetter import word
from tests.office import Office

pytestmark = pytest.mark.server


@pytest.fixture
def post(office: Office, login: str) -> Post:
    """Mail between Anna and clients."""
    return Post(office, login)


@pytest.fixture
def setter() -> Iterator[Typesetter]:
    """A typesetter with one worker."""
    found = Typesetter()
    yield found
    found.close()


def made(setter: Typesetter, client_id: int, **changes: object) -> tuple[bytes, bytes]:
    """The PDF and the Word document of one offer for one client."""
    data = merge.document(sample(**changes), "")
    mark = stamp.stamp("1", client_id, data)
    text = (
        "Offer {{ number }} for {{ client.name }}: {% for term in terms %}{{ term.label }} {{ term.value }}{% endfor %}"
    )
    return setter.pages("modern", "", "pdf", data | {"stamp": mark})[0], setter.word(word(text), data, mark)


def retouched(file: bytes) -> bytes:
    """The Word file as the client changed and renamed it: other words altogether, the same properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                content = content.replace(b"Offer 2026-0001-K7", b"We would rather pay later: agreed with your Mr Hale")
            new.writestr(name, content)
    return out.getvalue()


def test_what_we_made_is_one_document_and_what_comes_back_is_its_answer(post: Post, setter: Typesetter) -> None:
    acme = post.office.client("Acme", "acme.test")
    post.office.client("Other", "other.test")
    paper, letter = made(setter, acme)
    other, _ = made(setter, acme + 1, client=merge.ClientFacts("Other"))
    sent = post.send("joe@acme.test", ("Offer 2026-0001-K7.pdf", paper), ("Offer 2026-0001-K7.docx", letter))
    post.send("pat@other.test", ("Offer 2026-0001-K9.pdf", other))
    back = post.receive("joe@acme.test", ("wishes.docx", retouched(letter)), subject="our wishes")
    post.sync()
    numbers = post.numbers()
    assert numbers["wishes.docx"].startswith("v3 "), numbers
    assert numbers["Offer 2026-0001-K7.pdf"].startswith("v1 ")
    assert numbers["Offer 2026-0001-K7.docx"].startswith("v2 ")
    assert numbers["Offer 2026-0001-K9.pdf"].startswith("v1 ")
    titles = {row[0] for row in post.office.rows("SELECT document_id FROM version WHERE document_id IS NOT NULL")}
    assert len(titles) == 2, "one document for each client"
    assert sent
    assert {basis for _, basis, _ in post.answered()[back]} == {"stamp"}
