"""One hand-written message for each defect and style, with what mailcrm has to understand of it."""

import json
from pathlib import Path

import pytest

from mailcrm.mail import parse
from mailcrm.mail.inspect import inspect
from mailcrm.mail.message import ParsedMessage

_FOLDER = Path(__file__).parents[1] / "corpus"


def more(message: ParsedMessage) -> dict[str, object]:
    """What `inspect` does not print but the pairs also tell."""
    bounce = None
    if message.bounce:
        recipients = [
            {"email": r.email, "action": r.action, "status": r.status, "hard": r.hard}
            for r in message.bounce.recipients
        ]
        bounce = {"recipients": recipients, "original_message_id": message.bounce.original_message_id}
    return {"security": message.security, "forwarded": [one.email for one in message.forwarded], "bounce": bounce}


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("*.eml")), ids=lambda path: path.stem)
def test_pair(path: Path) -> None:
    raw = path.read_bytes()
    found = {**inspect(raw), **more(parse.message(raw))}
    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert wanted
    assert {key: found[key] for key in wanted} == wanted
    json.dumps(found)


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("*.eml")), ids=lambda path: path.stem)
def test_every_attachment_is_found_again_by_its_path(path: Path) -> None:
    raw = path.read_bytes()
    for one in parse.message(raw).attachments:
        assert parse.part(raw, one.path) == one.data
        assert len(one.data) == one.size
