"""The generated set: what clients and a company do to their documents, through real mail, against the known truth."""

import hashlib
import io
import random
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from pypdf import PdfWriter

from demo.files import winmail
from mailcrm.flow.rebuild import differences
from mailcrm.store.database import Database
from tests.documents.twins import sentence
from tests.flow.test_documents import Post
from tests.net.extract.files import docx, inserted, package, pdf
from tests.office import Office

pytestmark = pytest.mark.server

STYLES = (
    "Offer {c} v{n}.docx", "Offer_{c}_{n} final.docx", "FW_ Offer {c} v{n}.docx", "2026-03-0{n} Offer {c}.docx",
    "Копия Offer {c} ({n}).docx", "Offer {c} ред. {n}.docx", "document.docx",
)  # fmt: skip
CLIENTS = 10
Text = list[str]


class Story:
    """One client's history; notes for each answer which bytes it answers and whether that can be proved."""

    def __init__(self, post: Post, chance: random.Random, number: int) -> None:
        self.post, self.chance, self.name = post, chance, f"Acme{number}"
        self.joe = f"joe@acme{number}.test"
        self.text: Text = [sentence(chance) for _ in range(14)]
        self.sent: list[tuple[str, Text, bytes]] = []
        self.truth: dict[str, tuple[str, bool, str]] = {}
        """Message-ID → (SHA-256 that is answered, it can be proved, what the client did)."""
        self.family: set[str] = set()
        post.office.client(self.name, f"acme{number}.test")

    def revise(self, text: Text | None = None) -> Text:
        changed = list(self.text if text is None else text)
        for place in self.chance.sample(range(len(changed)), 2):
            changed[place] = sentence(self.chance)
        return changed

    def offer(self, wrap: Callable[[str, bytes], tuple[str, bytes]] = lambda name, data: (name, data)) -> str:
        """The next version goes out; returns the Message-ID."""
        self.text = self.revise()
        data = docx(self.text)
        filename = self.chance.choice(STYLES).format(c=self.name, n=len(self.sent) + 1)
        name = self.post.send(self.joe, wrap(filename, data))
        self._note(name, data)
        return name

    def as_pdf(self) -> str:
        data = pdf(self.text)
        name = self.post.send(self.joe, (f"Offer {self.name}.pdf", data))
        self._note(name, data)
        return name

    def _note(self, name: str, data: bytes) -> None:
        self.sent.append((name, self.text, data))
        self.family.add(hashlib.sha256(data).hexdigest())

    def answer(self, which: int, what: str, proof: bool, *files: tuple[str, bytes], linked: bool = True) -> None:
        name, _, data = self.sent[which]
        to = name if linked else ""
        made = self.post.receive(self.joe, *files, to_answer=to, text="Thank you.", subject=f"Re: {what}")
        self.truth[made] = (hashlib.sha256(data).hexdigest(), proof, what)
        self.family |= {hashlib.sha256(file).hexdigest() for _, file in files}


def history(story: Story) -> None:
    """Thirteen answers, in ways that prove what they answer and in ways that do not."""
    story.offer()
    story.answer(0, "reply", False)
    story.offer()
    two = story.sent[1][1]
    commented = docx(two, comments=[("Joe", "Too dear.")])
    story.answer(1, "comments", True, ("remarks.docx", commented), linked=False)
    story.offer()
    tracked = [two[0], "<w:p><w:r><w:t>" + two[1] + "</w:t></w:r>" + inserted(" or less") + "</w:p>", *two[2:]]
    story.answer(1, "tracked changes, stale", True, ("with changes.docx", docx(tracked)), linked=False)
    edited = story.revise(story.sent[2][1])
    story.answer(2, "silent edit", False, (f"Offer {story.name} edited.docx", docx(edited)), linked=False)
    stale = list(two)
    stale[4] = sentence(story.chance)
    story.answer(1, "silent edit, stale", False, (f"Offer {story.name} our copy.docx", docx(stale)), linked=False)
    story.as_pdf()
    story.answer(3, "signed PDF", True, ("scan.pdf", signed(story.sent[3][2])), linked=False)
    story.answer(0, "reply, stale", False)
    story.answer(2, "sent back as it is", True, ("back.docx", story.sent[2][2]), linked=False)
    story.offer(lambda name, data: ("offer.zip", package({name: data})))
    story.answer(4, "reply to a zip", False)
    story.offer(lambda name, data: ("winmail.dat", winmail("offer.docx", data)))
    story.answer(5, "reply to a winmail.dat", False)
    story.post.send(f"pat@{story.joe.partition('@')[2]}", ("forwarded.docx", story.sent[2][2]))


def signed(data: bytes) -> bytes:
    """A PDF with something added after the bytes that were sent."""
    writer, out = PdfWriter(io.BytesIO(data), incremental=True), io.BytesIO()
    writer.add_metadata({"/Subject": "signed"})
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def capture(request: pytest.FixtureRequest) -> Callable[[str], None]:
    def show(text: str) -> None:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{text}")

    return show


def test_which_version_did_they_answer(
    office: Office, login: str, capture: Callable[[str], None], db: Database
) -> None:
    chance = random.Random(11)
    post = Post(office, login)
    stories = [Story(post, chance, number) for number in range(CLIENTS)]
    price = docx([sentence(chance) for _ in range(20)])
    for story in stories:
        history(story)
        post.send(story.joe, ("Price list.docx", price))
    post.sync()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    found = post.answered()
    for story in stories:
        for message, (sha, proof, what) in story.truth.items():
            right = [one[0] for one in found.get(message, [])] == [sha]
            counts["proved" if proof else "without proof"]["right" if right else "wrong"] += 1
            counts[what]["right" if right else "wrong"] += 1
    capture("\n".join(f"{what:28} {c['right']:4} of {c.total():4}" for what, c in counts.items()))
    assert counts["proved"]["wrong"] == 0
    assert counts["without proof"]["right"] >= 0.8 * counts["without proof"].total()
    documents = dict(office.rows("SELECT sha256, document_id FROM version"))
    owners = [{documents[sha] for sha in story.family if sha in documents} for story in stories]
    capture(f"documents for each client's one offer: {sorted(len(one) for one in owners)}")
    assert not any(a & b for i, a in enumerate(owners) for b in owners[:i]), "clients were mixed"
    assert office.rows("SELECT scope FROM document WHERE scope = 'broadcast'") == [("broadcast",)]
    assert differences(db) == []
