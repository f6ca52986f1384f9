"""A promise with a date in the words of a letter: "I will send it by Friday", "пришлю до 15 марта".

English and Russian. Only what the writer himself will do counts ("I will", "we'll", "пришлю", "подготовим"), in a
sentence that is no question and has no "if" and no "not" before it; and only with a day that can be told from the day
of the letter. It is an offer to a person, who may decline it: nothing is made of it by itself.
"""

import re
from dataclasses import dataclass
from datetime import date

from mailcrm.crm import day_words
from mailcrm.crm.remarks import sentences

LONGEST = 200
"""Characters of a sentence that is shown."""

_ENGLISH = re.compile(
    r"\b(?:i|we)(?:(?:'|’)ll| will| shall| can| am going to| are going to)\s+(?:\w+ly\s+|try to |then |also |just |"
    r"definitely )?(?:send|e-?mail|mail|deliver|ship|dispatch|prepare|provide|get back|come back|reply|answer|respond|"
    r"call|ring|phone|confirm|finish|complete|return|sign|pay|let you know|share|forward|submit|check|revert|"
    r"update|review|have|make|issue|give|arrange|organi[sz]e|transfer|quote|calculate|draft|write|"
    r"be back|install|fix|clarify|inform|decide|order|place)\b|"
    r"\byou(?:(?:'|’)ll| will| shall) (?:have|get|receive|hear)\b|"
    r"\b(?:it|they|offer|quote|quotation|invoice|contract|goods|order|drawings?|"
    r"documents?|report)"
    r"(?:(?:'|’)ll| will| shall) be (?:ready|sent|delivered|with you|shipped|finished|done|paid)\b",
    re.I,
)
_RUSSIAN = re.compile(
    r"\b(?:пришл(?:ю|ем)|вышл(?:ю|ем)|отправ(?:лю|им)|подготов(?:лю|им)|сдела(?:ю|ем)|отве(?:чу|тим)|сообщ(?:у|им)|"
    r"перезвон(?:ю|им)|позвон(?:ю|им)|верн(?:усь|емся)|напиш(?:у|ем)|соглас(?:ую|уем)|предостав(?:лю|им)|"
    r"направ(?:лю|им)|переда(?:м|дим)|подпиш(?:у|ем)|оплат(?:им|чу)|оплачу|достав(?:лю|им)|отгру(?:жу|зим)|"
    r"постав(?:лю|им)|законч(?:у|им)|заверш(?:у|им)|уточн(?:ю|им)|провер(?:ю|им)|рассмотр(?:ю|им)|посчита(?:ю|ем)|"
    r"рассчита(?:ю|ем)|да(?:м|дим) (?:ответ|знать|обратную связь)|скин(?:у|ем)|выстав(?:лю|им)|оформ(?:лю|им)|"
    r"прише?л[юё]м|привез(?:у|ем)|смо(?:гу|жем) (?:прислать|выслать|отправить|ответить|подготовить|отгрузить)|"
    r"постара(?:юсь|емся) (?:прислать|выслать|отправить|ответить|подготовить|отгрузить)|получите|"
    r"буд(?:ет|ут) (?:готов\w*|отправлен\w*|отгружен\w*|выслан\w*|у вас|оплачен\w*|подписан\w*))\b",
    re.I,
)
_UNSURE = re.compile(
    r"\b(?:if|unless|whether|would|once you|after you|as soon as you|when you)\b|"
    r"\b(?:will|can|shall|are|am|do|does) not\b|n(?:'|’)t\b|\b(?:если|когда вы|после того|как только вы|бы)\b|"
    r"\bне (?:смо(?:гу|жем)|пришл|отправ|усп|буд|подготов|вышл|получит)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, in the writer's words, and the day that they name."""

    sentence: str
    due: date
    words: str
    """The words that name the day."""


def promised(text: str, written: date) -> Promise | None:
    """The first promise with a day in the new words of a letter that was written on this day; None without one."""
    for sentence in sentences(text):
        if "?" in sentence or _UNSURE.search(sentence) or not (_ENGLISH.search(sentence) or _RUSSIAN.search(sentence)):
            continue
        found = day_words.first(sentence, written)
        if found is not None and found.day >= written:
            return Promise(sentence[:LONGEST], found.day, found.words)
    return None
