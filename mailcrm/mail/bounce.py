"""Delivery reports: RFC 3464, and the dozens of forms that servers wrote and write without it.

Reports are read by structure. The words of messages that may come from people are never looked at: what is no
report by its structure has to come from a mail system (`from_system`) before its words count.
"""

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from itertools import islice

from flufl.bounce import all_failures

from mailcrm.mail import address, charset, reasons, words
from mailcrm.mail.message import BounceRecipient, BounceReport
from mailcrm.mail.slim import Field

MAX_REPORT = 200_000
"""Bytes of a report whose words are looked at; what follows is the returned message."""
MAX_NOTICE = 20_000
"""Characters of what a mail system wrote for people that are looked at."""
MAX_RECIPIENTS = 100

_DAEMON = re.compile(
    r"mailer[-_ ]?daemon|mail[. ]?delivery?[. ](?:sub)?system|mail deliver system|delivery subsystem|"
    r"mdaemon|ndr administrator|automatic.{0,12}bounce|returned mail",
    re.I,
)
_OTHER_NOTICE = re.compile(r"notificationType\W{1,8}(?:Complaint|Delivery)\b")
_SURE_SUBJECT = re.compile(
    r"\W{0,3}(?:undeliver|returned mail|failure notice|failed mail|mail delivery (?:fail|problem|error|notif)|"
    r"delivery (?:failure|status|notification|problem|report|error|has failed)|non-?delivery|nondeliverable|"
    r"mail (?:system error|could not be delivered|failure)|message (?:delivery|undeliver)|unzustellbar|"
    r"недоставленное|не доставлено|сообщение не доставлено|メールエラー|配信エラー|送信エラー|rapport de non|"
    r"no se puede entregar|mancato recapito|niedostarcz|onbestelbaar)",
    re.I,
)
_SYSTEM = re.compile(
    r"mailer[-_ ]?daemon|(?<![\w.])po+st[-_ ]?master|mail[. ]?deliver(?:y)?[. ](?:sub)?system|mail delivery service|"
    r"mdaemon|ndr administrator|mail administrator|system administrator|mail ?deliver system|"
    r"delivery subsystem|returned mail|mail router|mail agent|internet mail|"
    r"smtp[-_ ](?:server|gateway|mail[-_ ]service)|automatic.{0,12}bounce|"
    r"mail-?system|mmdf|no-?reply@.{0,60}(?:dion\.ne\.jp|sns\.amazonaws\.com)|autoresponder|uucp@|^\W*<>",
    re.I,
)
_SUBJECT = re.compile(
    r"undeliver|not deliver|failure|fail(?:ed|s)?\b|return(?:ed|ing)|deliver[a-z]* (?:status|problem|error|report|"
    r"notification|delay)|non[- ]?deliver|unable to deliver|bounce|mail (?:system )?error|message status|delayed|"
    r"could not|couldn'?t|cannot|nondeliverable|unzustellbar|zustell|nicht zugestellt|non remis|échec|no entregad|"
    r"rejected|warning: message|errors? (?:from|sending)|error sending|unknown (?:user|address|local)|undelivered|"
    r"недоставлен|не доставлен|доставк|доставить|доставленo|エラー|配信|配送|problem|delivery|loop alert|user unknown|"
    r"notification|mail status",
    re.I,
)
_EVIDENCE = re.compile(
    r"\b[45]\d\d[ -](?:#?[45]\.\d|\w)|\b[45]\.\d{1,3}\.\d{1,3}\b|could not be delivered|(?:was|were|is) (?:not|un)"
    r"(?: able to be)? ?deliver|undeliverable|user (?:is )?unknown|unknown user|delivery (?:to|of|has|attempt)|"
    r"permanent(?:ly)? (?:fatal )?error|transcript of session|failed recipient|not be reached|unable to deliver|"
    r"delivery fail|did not reach|couldn'?t be|no such user|bounced|unknown (?:address|recipient|local)|not known|"
    r"returned to (?:the )?sender|message (?:delayed|rejected)|メール|送信|宛先|не удалось|не может быть|"
    r"not (?:been )?deliver|Final-Recipient|notificationType",
    re.I,
)
_COPY = re.compile(
    r"^[ \t]*(?:[-_=*#+> ]{0,80}(?:below this line|original message|un"
    r"sent message|returned (?:message|mail|copy)|"
    r"message header|copy of (?:the|your) (?:message|original)|(?:this is a|the) copy of|"
    r"text of (?:the|your) message|"
    r"start of (?:the )?(?:returned|original)|headers? (?:of|from) (?:the|your)|"
    r"the (?:following|header|body) (?:is|of)|"
    r"your original message|forwarded message|message (?:text|body|contents)|included (?:is|message)|"
    r"first \d+ lines|original mail|return(?:ed)? message|the unsent message)[^\n]{0,80}|Return-Path:|"
    r"Received: [^\n]{1,80}|Received: from[^\n]*)$",
    re.I | re.M,
)
_FIELD = re.compile(r"^(Original-Recipient|Final-Recipient|X-Actual-Recipient|Action|Status|Diagnostic-Code|"
                    r"Remote-MTA|Reporting-MTA|Original-Rcpt-To|Removal-Recipient|Original-Mail-From)[ \t]*:[ \t]*"
                    r"((?:[^\n]|\n[ \t]+(?=\S))*)", re.I | re.M)  # fmt: skip
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.:\-/])([45]\d\d)(?=[ \-:<]|$)(?! ?(?:lines|bytes|kb|octets))", re.M)
_ID = re.compile(r"^[ \t>]*Message-I[dD][ \t]*:\s*<([^<>\s]{1,900})>", re.I | re.M)
_LINE_ADDRESS = re.compile(
    r"^[ \t]*(?:[-*>] ?)?<?([^\s<>()\[\]:;,\"]+@[\w.\-]+)>?[ \t]*(?:[:;,]|$|\.{3}|\([^)\n]{0,80}\)|[ \t]|on \d)", re.M
)
_NEAR = re.compile(
    r"(?:RCPT TO|to|recipients?(?: address)?|address(?:ee)?|user|for|mailbox|reached|宛先|あて先|(?<=\d) )"
    r"[^\n@<]{0,30}[:=]?[ \t]*[<\"'(]?([^\s<>()\[\]:;,\"']+@[\w.\-]+)",
    re.I,
)


def from_system(fields: Iterable[Field]) -> bool:
    """Whether the header says that a mail system wrote the message: the gate before any word of it is read."""
    return _trust(fields) > 0


def _trust(fields: Iterable[Field]) -> int:
    """How sure the header is that a mail system wrote: 0 not at all, 1 it may be a postmaster in person, 2 sure."""
    author, path, listed = 0, 0, False
    for name, value in fields:
        if name == "x-failed-recipients":
            return 2
        if name == "return-path":
            mailbox = value.strip(b" <>").lower()
            path = 2 if mailbox.partition(b"@")[0] == b"mailer-daemon" else int(mailbox in (b"", b"#@[]"))
        elif name == "from":
            shown = words.text(value)[:300]
            author = 2 if _DAEMON.search(shown) else int(bool(_SYSTEM.search(shown)))
        listed = listed or name in ("list-id", "list-post")
    return 0 if listed and not author else min(author + path, 2)


def looks_like_report(fields: list[Field], subject: str, text: str) -> bool:
    """Whether a message that may be a mail system's reports on a delivery; a postmaster also writes as a person."""
    trust = _trust(fields)
    if not trust or _OTHER_NOTICE.search(text[:MAX_REPORT]):
        return False
    author = next((words.text(value)[:300] for name, value in fields if name == "from"), "")
    if _DAEMON.search(author) or _SURE_SUBJECT.match(subject[:300]):
        return True
    told, shown = bool(_SUBJECT.search(subject[:300])), bool(_EVIDENCE.search(text[:MAX_REPORT]))
    return (told or shown) if trust > 1 else (told and shown)


def structured(text: str, notice: str, raw: bytes) -> BounceReport:
    """The report in the text of a delivery-status part (RFC 3464 §2) of the message `raw`; `notice` is what the server
    wrote for people."""
    found: list[BounceRecipient] = []
    notice = notice[:MAX_NOTICE]
    phase = _phase(notice, raw)
    script = _SCRIPT.search(notice)
    for block in _blocks(text[:MAX_REPORT].replace("\r\n", "\n")):
        values = {name.lower(): " ".join(value.split()) for name, value in reversed(_FIELD.findall(block))}
        email = _recipient(values)
        if not email and not ("action" in values and "status" in values):
            continue
        diagnostic = values.get("diagnostic-code", "")
        match = _STATUS.search(values.get("status", "")) or _STATUS.search(diagnostic)
        action = (values.get("action", "") or "failed").split(" ")[0].strip(";,.").lower()
        action = "failed" if action in ("failure", "fail", "error") else action
        status = _better_status(match[1] if match else "", diagnostic)
        told = diagnostic
        if reasons.reason(status, told) == "undefined":
            told = f"{told} {_about(notice, email)}"
        if script:
            hard = action not in _NOT_FAILED and reasons.hard("", script[1])
        else:
            hard = action not in _NOT_FAILED and reasons.hard(status, f"{told} {phase}")
        found.append(BounceRecipient(email, action, status, diagnostic[:1000], hard))
        if len(found) >= MAX_RECIPIENTS:
            break
    return BounceReport(_unique(found))


def _blocks(text: str) -> Iterator[str]:
    """The groups of fields, one a recipient; also where the blank lines between them are missing."""
    for block in re.split(r"\n[ \t]*\n", text):
        if len(re.findall(r"^Final-Recipient[ \t]*:", block, re.I | re.M)) > 1:
            yield from re.split(r"\n(?=Final-Recipient[ \t]*:)", block, flags=re.I)
        else:
            yield block


_NOT_FAILED = ("delayed", "delivered", "relayed", "expanded")
_PHASE = re.compile(r"(?:in reply to (?:end of )?|smtp command\s+|after )DATA\b", re.I)


_SCRIPT = re.compile(r"\bwas automatically rejected:\s{0,5}([^\n]{1,300})")
"""What a script of the recipient's mailbox (Sieve) says, which also writes a status that it does not mean."""
_INNER = re.compile(r"^[ \t]*(?:<<< (?=[45]\d\d)|Diagnostic-Code:[ \t]*|Status:[ \t]*)([^\n]{3,300})", re.I | re.M)
"""The lines of another report that a report returns, which tell why where it does not itself."""


def _phase(notice: str, raw: bytes) -> str:
    """Words for `reasons` where a filter refused: after DATA, or in a gateway that does not say when."""
    out = [reasons.AFTER_DATA] if _PHASE.search(notice[:MAX_REPORT]) else []
    out += [reasons.BY_GATEWAY] if reasons.by_gateway(raw[:MAX_REPORT]) else []
    return " ".join(out)


def _recipient(values: dict[str, str]) -> str:
    """The address a per-recipient block is about: the one that was written to, if it tells."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "removal-recipient"):
        value = values.get(name, "")
        found = address.find(value.partition(";")[2] or value) if value else []
        if found:
            return found[0]
    return ""


def _better_status(status: str, diagnostic: str) -> str:
    """The status of the server's own words where the field only says that something failed (X.0.0)."""
    if not status or status.endswith(".0.0"):
        match = _STATUS.search(diagnostic)
        if match and not match[1].endswith(".0.0"):
            return match[1]
        code = _CODE.search(diagnostic)
        if not status and code:
            return f"{code[1][0]}.0.0"
    return status


def _unique(found: list[BounceRecipient]) -> tuple[BounceRecipient, ...]:
    """Each address once, the first time it is named; blocks without an address only where no other has one."""
    named = {one.email: one for one in reversed(found) if one.email}
    return tuple(reversed(named.values())) or tuple(found[:1])


_DELAY = re.compile(r"\bdelay|will (?:continue|keep|be) (?:to )?(?:try|trying|retr)|still trying|warning", re.I)


def unstructured(raw: bytes, fields: Iterable[Field], text: str, own: Iterable[str]) -> BounceReport:
    """What a report in a form of its own says, by its words; `own` are addresses that are never the failed ones."""
    notice = original_removed(text)[:MAX_NOTICE]
    status, code = _STATUS.search(notice), _CODE.search(notice)
    inner = "" if status or code else _inner(raw)
    status = status or _STATUS.search(inner)
    told = status[1] if status else f"{code[1][0]}.0.0" if code else ""
    action = "delayed" if _DELAY.search(notice[:1500]) and not told.startswith("5") else "failed"
    found = []
    failed = _failed(raw, fields, notice, set(own))
    for email in failed:
        about = _about(notice, email)
        match = _STATUS.search(about)
        one = match[1] if match else told
        said = f"{inner or about} {_phase(notice if len(failed) <= 2 else about, raw)}"
        found.append(BounceRecipient(email, action, one, about[:500], action == "failed" and reasons.hard(one, said)))
    if not found:
        subject = " ".join(words.text(value) for name, value in fields if name == "subject")
        hard = action == "failed" and reasons.hard(told, f"{inner or notice} {subject}")
        found = [BounceRecipient("", action, told, notice[:500], hard)]
    return BounceReport(tuple(found[:MAX_RECIPIENTS]))


def _inner(raw: bytes) -> str:
    """Why, in the words of a report that the message returns; empty where it returns none."""
    return " ".join(match[1].strip() for match in islice(_INNER.finditer(charset.guess(raw[:MAX_REPORT])), 5))


def original_removed(text: str) -> str:
    """The words of the mail system without the copy of the message that it returns."""
    match = _COPY.search(text, 20)
    return text[: match.start()] if match and text[: match.start()].strip() else text[:4000]


def _about(notice: str, email: str) -> str:
    """What a notice says about one address: the lines that name it, if they tell why, else what follows them."""
    low = notice.lower()
    at = low.find(email) if email else -1
    if at < 0:
        return " ".join(notice[:2000].split())
    lines = " ".join(line for line in notice[at - 200 if at > 200 else 0 :][:1500].split("\n") if email in line.lower())
    if reasons.reason("", lines) != "undefined":
        return " ".join(lines.split())
    after = notice[at : at + 900]
    other = next((m.start() for m in _LINE_ADDRESS.finditer(after) if m.start() and m[1].lower() != email), len(after))
    block = after[:other] if len(after[:other].strip()) > len(email) + 12 else after
    if reasons.reason("", block) == "undefined":
        block = notice[max(at - 300, 0) : at + 900]
    return " ".join(block.split())


def _failed(raw: bytes, fields: Iterable[Field], notice: str, own: set[str]) -> list[str]:
    """The addresses that could not be reached: named by a field, by flufl.bounce, or in the notice."""
    named = [
        found for name, value in fields if name == "x-failed-recipients" for found in address.find(words.text(value))
    ]
    if not named:
        named = [email for email in _library(raw) if email not in own] or list(_library(raw))
    if not named:
        named = [email for email in _mentioned(notice) if email not in own]
    return [one for one in dict.fromkeys(named) if not any(other != one and other.endswith(one) for other in named)]


def _library(raw: bytes) -> Iterator[str]:
    """What flufl.bounce finds; called only behind the gate, because it reads words."""
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:MAX_REPORT]))
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return
    for found in sorted({*permanent, *temporary}):
        email = address.normalise(found.decode("latin-1") if isinstance(found, bytes) else str(found))
        if email:
            yield email


def _mentioned(notice: str) -> Iterator[str]:
    """Addresses in the notice, those at the beginning of lines first."""
    for pattern in (_LINE_ADDRESS, _NEAR):
        for match in pattern.finditer(notice[:20_000]):
            email = address.normalise(match[1].strip("<>.'`"))
            if email and not email.startswith(("postmaster@", "mailer-daemon@")):
                yield email


def original_id(raw: bytes, start: int) -> str:
    """The Message-ID of the message that a report is about: the first one in its body."""
    text = charset.guess(raw[start : start + 4 * MAX_REPORT].replace(b"\r\n", b"\n"))
    match = _ID.search(text)
    return match[1] if match else ""
