"""Reply text without quote and signature: `split` tells the new words of a body from what they answer.

Works on the lines of plain text (HTML comes here with its blockquotes as "> ", see `body`), in one pass that is
linear in the length of the text. Rules first found in talon, email_reply_parser and mail-parser-reply, generalised.
"""

import re
from dataclasses import dataclass

from mailcrm.mail import phrases, signature

MAX_LINE = 1_000
"""Only the first characters of a line are looked at; no client writes longer attributions."""

MAX_LINES = 20_000
"""Lines of one body that are looked at; the rest goes where the last of them went."""

_MARK = re.compile(r"(?:\s{0,3}|\s{0,8}[A-ZА-ЯЁІЇЄ][A-Za-zА-Яа-яёіїє]{0,3})>")
_NOTES_DATE = re.compile(
    r"[\s>]*(?P<who>\S.{1,80} on )?\d{1,4}[./-]\d\d?[./-]\d{1,4},? \d\d?:\d{2}(?::\d{2})?(?: ?[AP]M)?\s*$", re.I
)
_RULE = re.compile(r"\s*[-_=*~—–]{3,}\s*$")
_WEAK = ("sent", "said", "a", "sent:")
_ENDS = (":", ">", "-", "：", "*", ")")


@dataclass(frozen=True, slots=True)
class Reply:
    """A body in three: the new words, what they quote, the signature; every word of the body is in one of them."""

    new: str
    quoted: str
    signature: str


def split(text: str) -> Reply:
    """The new words of a plain text body apart from what they quote and from the signature.

    Where everything would be quote, everything is taken for new: a forward without a word is not an empty message.
    """
    lines = _lines(text)
    rest = len(lines) - MAX_LINES
    quoted = _quoted(lines[:MAX_LINES])
    signed = signature.marked(lines[:MAX_LINES], quoted)
    if rest > 0:
        quoted += quoted[-1:] * rest
        signed += signed[-1:] * rest
    new = _join(lines, [not q and not s for q, s in zip(quoted, signed, strict=True)])
    if not new:
        return Reply(text.strip(), "", "")
    return Reply(new, _join(lines, quoted), _join(lines, signed))


def _lines(text: str) -> list[str]:
    """The lines of a text; a reply that shares its line with an attribution gets a line of its own."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.endswith("wrote:") and len(line) < MAX_LINE and not phrases.START.match(line):
            match = phrases.MIDLINE.search(line)
            if match and match.start() and not line.startswith(">"):
                lines[at : at + 1] = [line[: match.start()], line[match.start() :]]
                break
    return lines


def _join(lines: list[str], chosen: list[bool]) -> str:
    """The chosen lines as text without blank lines and rules at its ends."""
    picked = [line for line, yes in zip(lines, chosen, strict=True) if yes]
    while picked and (not picked[-1].strip() or _RULE.match(picked[-1][:MAX_LINE])):
        picked.pop()
    return "\n".join(picked).strip("\n").rstrip()


def _marks(lines: list[str]) -> list[bool]:
    """For every line whether it begins with a quote mark; one that only closes a link or address does not."""
    found = [False] * len(lines)
    for at, line in enumerate(lines):
        if ">" in line[:13] and _MARK.match(line):
            before = lines[at - 1][-MAX_LINE:] if at else ""
            found[at] = found[at - 1] or before.rfind("<") <= before.rfind(">") if at else True
    return found


def _quoted(lines: list[str]) -> list[bool]:
    """For every line whether it belongs to a quote."""
    marks = _marks(lines)
    quoted = [False] * len(lines)
    seen, at, above = False, -1, False
    while (at := at + 1) < len(lines):
        if marks[at] or not lines[at].strip():
            seen = seen or (marks[at] and _tells(lines[at][:MAX_LINE]))
            continue
        start = _opening(lines, marks, at)
        if start is None:
            above = True
            continue
        below = _filled(lines, at + 1)
        if below < len(lines) and marks[below]:
            quoted[start:below] = [True] * (below - start)
            seen, at = True, below
        elif start == at and not above and not any(marks[:at]) and phrases.LABEL.match(lines[at][:MAX_LINE]):
            at = _mark_block(lines, quoted, at)
        else:
            quoted[start:] = [True] * (len(lines) - start)
            break
    return _mark_runs(lines, marks, quoted, seen)


def _tells(line: str) -> bool:
    """Whether a line with a quote mark is an attribution, in whatever language: date or address, then a colon."""
    line = line.strip("> ")
    return line.endswith((":", "：")) and bool(phrases.EMAIL.search(line) or phrases.DATE.search(line))


def _mark_block(lines: list[str], quoted: list[bool], at: int) -> int:
    """Mark a header block that heads the whole text: its lines are no words of the writer. Returns its last line."""
    while at < len(lines) and lines[at].strip():
        quoted[at] = True
        at += 1
    return at


def _filled(lines: list[str], at: int) -> int:
    """The first line from `at` on that is not blank, or the number of lines."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _opening(lines: list[str], marks: list[bool], at: int) -> int | None:
    """Where the words begin that open a quote and end (or, for a header block, begin) in line `at`; None for none."""
    line = lines[at][:MAX_LINE]
    if phrases.ORIGINAL.match(line):
        return at
    if ":" in line or "：" in line:
        if _header_block(lines, at):
            return at
        notes = _notes_block(lines, at)
        if notes is not None:
            return notes
    if line.rstrip().endswith(_ENDS) and len(lines[at]) <= MAX_LINE:
        return _attribution(lines, marks, at)
    return None


def _header_block(lines: list[str], at: int) -> bool:
    """Whether a block of From, Sent, To, Subject lines begins at `at`: two different labels at least."""
    first = phrases.LABEL.match(lines[at][:MAX_LINE])
    if not first or first.lastgroup is None or not (first["from"] or first["sent"]):
        return False
    kinds = {_kind(first)}
    for line in lines[at + 1 : at + 7]:
        if not line.strip() and len(kinds) > 1:
            break
        match = phrases.LABEL.match(line[:MAX_LINE])
        if match:
            kinds.add(_kind(match))
    mails = phrases.EMAIL.search(first["value"]) is not None
    return len(kinds) > 2 or (len(kinds) == 2 and (mails or bool(phrases.DATE.search(first["value"]))))


def _notes_block(lines: list[str], at: int) -> int | None:
    """Where a block of Lotus Notes begins whose To line is `at`: name, date and time, To, cc, Subject; else None."""
    first = phrases.LABEL.match(lines[at][:MAX_LINE])
    if not first or not first["to"] or at < 2:
        return None
    labels = (phrases.LABEL.match(line[:MAX_LINE]) for line in lines[at + 1 : at + 9])
    if not any(label and label["subject"] for label in labels):
        return None
    date = next((i for i in range(at - 1, max(at - 4, 0), -1) if lines[i].strip()), at)
    name = next((i for i in range(date - 1, max(date - 4, -1), -1) if lines[i].strip()), date)
    stamp = _NOTES_DATE.match(lines[date][:200])
    return None if not stamp else date if stamp["who"] else name if name < date and len(lines[name]) < 100 else None


def _kind(match: re.Match[str]) -> str:
    """Which label a header line has."""
    return next(name for name in ("from", "sent", "to", "subject") if match[name])


def _attribution(lines: list[str], marks: list[bool], at: int) -> int | None:
    """Where the attribution begins that ends in line `at` ("On … wrote:", up to four lines); None for none."""
    below = _filled(lines, at + 1)
    followed = below < len(lines) and marks[below]
    joined = ""
    for start in range(at, max(at - 4, -1), -1):
        if marks[start] or not lines[start].strip():
            break
        joined = f"{lines[start][:MAX_LINE].strip()} {joined}".strip()
        if len(joined) > MAX_LINE:
            break
        if (phrases.START.match(joined) and _says_so(joined, followed)) or _names(joined, followed):
            return start
    only = lines[at].strip()
    verb = phrases.VERB.search(only) or phrases.VERB_CJK.search(only)
    if verb and only.endswith((":", "：")) and (followed or "<" in only) and (followed or phrases.EMAIL.search(only)):
        return at
    return None


def _names(joined: str, followed: bool) -> bool:
    """Whether words name a person with his address and a day with its year, and say by a verb of writing or by the
    marks that follow that they open a quote: the name first, or a language that we do not know."""
    if phrases.NAME_FIRST.match(joined):
        return True
    if not joined.endswith((":", "：")) or not phrases.EMAIL.search(joined) or not phrases.YEAR.search(joined):
        return False
    verb = phrases.VERB.search(joined) or phrases.VERB_CJK.search(joined)
    return followed or (verb is not None and verb[0].lower() not in _WEAK)


def _says_so(joined: str, followed: bool) -> bool:
    """Whether words that begin like an attribution are one: a date, and a verb of writing or an address at the end."""
    if joined.endswith(")") and not followed:
        return False
    email = phrases.EMAIL.search(joined)
    if not phrases.DATE.search(joined) and not email:
        return False
    verb = phrases.VERB.search(joined) or phrases.VERB_CJK.search(joined)
    if verb and verb[0].lower() in _WEAK:
        verb = verb if email or followed else None
    if verb:
        return joined.endswith((":", "：", "-", "*")) or followed
    tail = joined.rstrip(" :：*")
    return email is not None and tail.endswith((">", ")", email[0])) and (followed or joined.endswith((":", "：")))


def _mark_runs(lines: list[str], marks: list[bool], quoted: list[bool], seen: bool) -> list[bool]:
    """Add the lines with quote marks: all of them after an attribution, else those that no one would write himself."""
    last = max((at for at, line in enumerate(lines) if line.strip() and not quoted[at]), default=-1)
    trusted = seen or sum(marks) > 2
    for at in range(len(lines)):
        if marks[at] and (
            trusted
            or not _marked_words(lines[at])
            or all(marks[i] or not lines[i].strip() for i in range(at, last + 1))
        ):
            quoted[at] = True
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and not quoted[end]:
            end += 1
        if at > 0 and end < len(lines) and marks[at - 1] and marks[end] and _belongs(lines, at, end):
            quoted[at:end] = [True] * (end - at)
        at = max(end, at) + 1
    return quoted


def _marked_words(line: str) -> str:
    """What stands behind the quote mark of a line, initials before the mark included in it."""
    return line[line.find(">") :].strip("> ")


def _belongs(lines: list[str], start: int, end: int) -> bool:
    """Whether the lines between two quoted ones are blank, the rest of a long quoted line, or a link of the quote."""
    filled = [line for line in lines[start:end] if line.strip()]
    if not filled:
        return True
    above = lines[start - 1]
    wrapped = end - start <= 2 and len(filled) == end - start and len(above) >= 60 and bool(_marked_words(above))
    return wrapped or (len(filled) == 1 and filled[0].lstrip().startswith(("(http", "<http", "_nonce")))
