"""Which recipient a message is about: the layers, and what a stranger can make up."""

import base64
from email.message import EmailMessage

import pytest

from mailcrm.mail import parse
from mailcrm.mailing.replies import Candidate, choose, clues, named_in, thread_index, thread_index_recipient
from mailcrm.mailing.token import TokenKeys, message_id, message_token, public_token

KEYS = TokenKeys(((1, b"k" * 32),))
OTHER = TokenKeys(((1, b"x" * 32),))


def _mail(text: str = "Thank you.", **headers: str) -> bytes:
    message = EmailMessage()
    for name, value in {
        "From": "Bob <bob@client.test>",
        "To": "anna@firm.test",
        "Subject": "Re: Valves",
        **headers,
    }.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def test_our_message_id_in_any_reference_newest_first() -> None:
    old, new = message_id(KEYS, 5, "firm.test"), message_id(KEYS, 9, "firm.test")
    raw = _mail(References=f"<a@x> {old} {new}", In_Reply_To="<rewritten@outlook.test>")
    found = clues(parse.message(raw), KEYS)
    assert found.named == (("message-id", 9), ("message-id", 5))
    assert found.ids == ("rewritten@outlook.test", "a@x")


def test_blanks_and_capitals_inside_an_id_are_forgiven() -> None:
    shouted = message_id(KEYS, 9, "firm.test").upper().replace("@", " @")
    raw = _mail().replace(b"Subject:", b"References: " + shouted.encode() + b"\r\nSubject:", 1)
    assert clues(parse.message(raw), KEYS).named == (("message-id", 9),)


def test_what_others_signed_is_nothing() -> None:
    forged = message_id(OTHER, 9, "firm.test")
    link = f"https://offers.firm.test/o/{public_token(OTHER, 'offer', 9)}"
    wrong_purpose = f"https://offers.firm.test/o/{public_token(KEYS, 'unsubscribe', 9)}"
    raw = _mail(f"{link}\n{wrong_purpose}\n", In_Reply_To=forged, To=f"anna+{message_token(OTHER, 9)}@firm.test")
    assert clues(parse.message(raw), KEYS).named == ()


def test_address_token_link_in_the_quote_and_thread_index() -> None:
    raw = _mail(
        f"ok\n\n> See https://offers.firm.test/o/{public_token(KEYS, 'offer', 7)}\n",
        To=f"anna+{message_token(KEYS, 9)}@firm.test",
        Thread_Index=base64.b64encode(base64.b64decode(thread_index(KEYS, 8, 10**17)) + b"reply").decode(),
    )
    found = clues(parse.message(raw), KEYS)
    assert dict(found.named) == {"address": 9, "thread-index": 8, "offer-link": 7}


def test_a_thread_index_survives_replies_and_no_forgery() -> None:
    ours = thread_index(KEYS, 77, 133_000_000_000_000_000)
    assert thread_index_recipient(KEYS, ours) == 77
    assert thread_index_recipient(OTHER, ours) is None
    for nonsense in ("", "AAAA", "%%%", "A" * 30):
        assert thread_index_recipient(KEYS, nonsense) is None


def test_mail_to_the_address_for_leaving() -> None:
    token = public_token(KEYS, "unsubscribe", 12)
    assert clues(parse.message(_mail(Subject=f"unsubscribe {token}")), KEYS).leaving == 12
    assert clues(parse.message(_mail(Subject=f"Re: offer {token}")), KEYS).leaving is None
    assert clues(parse.message(_mail(Subject=f"unsubscribe {public_token(KEYS, 'offer', 12)}")), KEYS).leaving is None


def test_a_bounce_names_the_message_it_is_about() -> None:
    ours = message_id(KEYS, 3, "firm.test")
    report = (
        "From: MAILER-DAEMON@mx.test\r\nTo: anna@firm.test\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNo.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; bob@client.test\r\nAction: failed\r\n"
        "Status: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: anna@firm.test\r\nMessage-ID: {ours}\r\nSubject: Valves\r\n\r\nHello\r\n--b--\r\n"
    )
    assert clues(parse.message(report.encode()), KEYS).named == (("message-id", 3),)


def test_the_strongest_layer_wins_and_the_others_are_shown() -> None:
    found = [Candidate(1, "sender"), Candidate(2, "offer-link"), Candidate(3, "message-id"), Candidate(4, "message-id")]
    match = choose(found, [1, 2, 3, 4])
    assert match is not None
    assert (match.recipient_id, match.layer, match.certain) == (3, "message-id", True)
    assert set(match.others) == {1, 2, 4}
    assert choose(found, []) is None


def test_sender_and_subject_are_a_suggestion() -> None:
    match = choose([Candidate(1, "sender")], [1])
    assert match is not None
    assert not match.certain


def test_one_file_at_two_clients_is_a_suggestion() -> None:
    match = choose([Candidate(1, "document"), Candidate(2, "document")], [1, 2])
    assert match is not None
    assert not match.certain


@pytest.mark.parametrize("recipient", [0, 1, 2**40 - 1])
def test_any_recipient_has_a_name(recipient: int) -> None:
    ours = message_id(KEYS, recipient, "firm.test")
    to = f"anna+{message_token(KEYS, recipient)}@firm.test"
    leaving = f"unsubscribe {public_token(KEYS, 'unsubscribe', recipient)}"
    for raw in (_mail(In_Reply_To=ours), _mail(To=to), _mail(Subject=leaving)):
        headers = parse.headers(raw)
        assert named_in(headers, "", KEYS)
        assert not named_in(headers, "", OTHER)
    assert named_in(parse.headers(_mail()), ours.strip("<>"), KEYS)
    assert not named_in(parse.headers(_mail(To="anna+sales@firm.test")), "", KEYS)
