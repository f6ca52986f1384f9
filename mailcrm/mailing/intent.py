"""What an answer seems to say, read from its new words: a suggestion for a person, never counted by itself.

English and Russian. A condition or a negation before the words turns a yes into a question; where yes and no stand
side by side nothing is suggested but a question.
"""

import re
from dataclasses import dataclass

MAX_TEXT = 3000
MOST_LEAVING_WORDS = 5

_YES = re.compile(
    r"\b(?:we |i )?accept(?:ed)?\b|\bplease (?:proceed|go ahead)|\bgo ahead\b|"
    r"\bwe(?:'ll| will| would like to) take (?:it|the)|"
    r"\bwe agree\b|\bi agree\b|\bagreed\b|\bwe confirm\b|\border confirmed\b|\bplace (?:the|an|our) order\b|"
    r"\bdeal\b[.!]|"
    r"\bsend (?:us )?(?:the |an |your )?invoice|\bapproved\b|"
    r"принимаем|согласн[ыа]|соглас[ен]н?\b|подтверждаем|подтверждаю|оформляй|оформите|берем\b|берём\b|"
    r"выставляйте сч[её]т|выставите сч[её]т|пришлите сч[её]т|нас устраивает|меня устраивает|запускайте|"
    r"утвержда(?:ем|ю)|утвердили",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\bno,? thanks?\b|\bno,? thank you\b|\bnot interested\b|\bwe (?:have to |must |will )?decline\b|\bdeclined?\b|"
    r"\b(?:won'?t|will not|can(?:not|'t)|do(?:n't| not)) "
    r"(?:accept|proceed|order|take|need|agree|be (?:going|ordering))|"
    r"\bdecided (?:against|on another|to go with (?:another|someone|a different))|\bnot (?:at )?this time\b|"
    r"не интересует|неинтересно|не интересно|отказыва(?:емся|юсь)|вынужден[ыа]? отказ|не принимаем|не согласн|"
    r"не устраивает|не подходит|не актуально|неактуально|не будем|выбрали друг|не нужно|не требуется|спасибо,? нет",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"\btoo (?:expensive|high|much)\b|\b(?:price|cost)s? (?:is|are|seems?|looks?)? ?(?:too |quite |very )?high\b|"
    r"\b(?:better|lower|best) price\b|\bdiscount\b|\bcheaper\b|\bover (?:our )?budget\b|\bbudget\b|"
    r"дорого|дороже|высок(?:ая|ие) цен|цен[аы] (?:слишком )?высок|скидк|дешевле|бюджет|снизить цен|по цене",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\bif\b|\bprovided\b|\bunless\b|\bas long as\b|\bonce you\b|\bsubject to\b|\bbut\b|\bcould you\b|\bwould you\b|"
    r"\bbefore we\b|\bwhen\b|\bnot sure\b|\bmaybe\b|\bperhaps\b|\bconsider|\bthink about\b|"
    r"\bесли\b|\bпри условии|\bкогда\b|\bно\b|\bоднако\b|\bлибо\b|\bможет быть\b|\bвозможно\b|\bподума|\bрассмотр|"
    r"\bпосле того\b|\bкак только\b|\bли\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(?:not|no|never|n't|cannot|can't|won't|don't|не|нет|никогда|вряд ли)\b", re.IGNORECASE)
_ASK = re.compile(r"\?|\bcould you\b|\bcan you\b|\bplease (?:clarify|explain|specify)|\bуточните|\bподскажите", re.I)
_LEAVE = re.compile(
    r"\b(?:unsubscribe|remove me|take me off|stop (?:sending|emailing|writing)|opt[ -]?out)\b|"
    r"отпи(?:шите|сать|ска)|удалите (?:меня|нас|наш)|не присылайте|прекратите рассылку|больше не пишите|"
    r"abmelden|abbestellen|austragen|keine weiteren (?:e-?)?mails",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Intent:
    """What it looks like, and the words that say so."""

    looks_like: str
    """yes, no, price, question or empty."""
    words: str = ""


def intent(new_text: str) -> Intent:
    """What the new words of an answer look like; empty where they say nothing of an offer."""
    found: list[Intent] = []
    for sentence in _SENTENCE.split(new_text[:MAX_TEXT]):
        text = " ".join(sentence.split())
        told = _of_sentence(text)
        if told:
            found.append(Intent(told, text[:160]))
    kinds = {one.looks_like for one in found}
    if {"yes", "no"} <= kinds:
        return Intent("question", next(one.words for one in found if one.looks_like in ("yes", "no")))
    if "yes" in kinds and kinds & {"price", "question"}:
        return Intent("question", next(one.words for one in found if one.looks_like in ("price", "question")))
    for kind in ("no", "price", "yes", "question"):
        match = next((one for one in found if one.looks_like == kind), None)
        if match:
            return match
    return Intent("")


def _of_sentence(text: str) -> str:
    yes, no = _YES.search(text), _NO.search(text)
    doubt = bool(_CONDITION.search(text) or _ASK.search(text))
    if no:
        return "question" if doubt and not _PRICE.search(text) else "no"
    if yes:
        turned = _NEGATION.search(text[: yes.start()]) is not None
        return "question" if doubt or turned else "yes"
    if _PRICE.search(text):
        return "price"
    return "question" if _ASK.search(text) else ""


def wants_out(new_text: str) -> str:
    """certain where the first words are nothing but a wish to be unsubscribed, maybe where they are more, else empty.

    Certain means certain enough to suggest it first; only our own token suppresses without a person.
    """
    first = next((" ".join(line.split()) for line in new_text.split("\n") if line.strip()), "")
    if not _LEAVE.search(first[:200]):
        return ""
    return "certain" if len(first.split()) <= MOST_LEAVING_WORDS else "maybe"
