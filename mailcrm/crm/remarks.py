"""What the new words of a letter amount to: only thanks, only "we will come back to you", or something that is asked.

English and Russian. A letter is taken for thanks only where each of its words belongs there: of two mistakes, an
unanswered question that nobody sees is the worse one.
"""

import re

_LONGEST = 600
"""Characters: whoever writes more says more than thanks."""
_MOST_WORDS = 30
"""Of one sentence."""

_GREETING = re.compile(
    r"^(?:[\w .'’-]{1,40},\s*)?(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|привет|здравствуйте|"
    r"добр(?:ый|ое|ого) (?:день|утро|вечер|времени суток)|уважаем(?:ый|ая|ые))\b[^\n.!?,]{0,60}[,.!]?\s*$",
    re.I,
)
_ADDRESSING = re.compile(
    r"^(?:[\w .'’-]{1,40},\s*)?(?:dear|hi|hello|hey|привет|здравствуйте|добр(?:ый|ое) (?:день|утро|вечер)|"
    r"уважаем(?:ый|ая|ые))\b[^\n.!?,]{0,40}[,!]\s+(?=\S)",
    re.I,
)
"""A greeting before the first words of the same line."""
_CLOSING = re.compile(
    r"^(?:with )?(?:best|kind|warm|many|kindest|warmest)? ?(?:regards|wishes|greetings)\b|"
    r"^(?:yours|sincerely|br|rgds)\b|^best[,.!]?$|^cheers[,.!]?$|"
    r"^с (?:уважением|наилучшими|искренним)|^всего (?:доброго|наилучшего|хорошего)|"
    r"^sent from my |^отправлено (?:с|из) |^--",
    re.I,
)
_NAME = re.compile(r"^(?:[A-ZА-ЯЁ][\w.'’-]*)(?: [A-ZА-ЯЁ][\w.'’-]*){0,2}[,.]?$")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[a-zа-я0-9][a-zа-я0-9'’-]*", re.I)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


_CORE = _words(
    """
    thanks thank thx ty cheers received noted ok okay understood acknowledged appreciated appreciate great
    perfect got excellent wonderful super спасибо благодарю благодарим благодарны спс получили получил получила
    получено получен получены принято принял приняли приняла понял поняла поняли понятно ясно хорошо ок окей
    отлично прекрасно замечательно супер взаимно признательны учтем учли
    """
)
_AROUND = _words(
    """
    you very much many so a an lot again for the your this that it and all quick prompt fast help support answer
    reply response information info message mail email e-mail letter documents document offer invoice invoices
    file files update contract price list prices quote quotation drawing drawings details confirmation have has
    we i i've we've well fine good receipt safely with best nice day weekend week evening same to too is are was
    everything in order sounds of my me our us both on kind kindly time just now today also indeed большое
    огромное вам тебе за ваш вашу ваше ваши ответ оперативный быстрый скорый оперативность помощь поддержку
    информацию информация письмо документы документ счет счета предложение кп договор прайс прайс-лист чертеж
    чертежи файл файлы материалы данные все в порядке и с к сведению подтверждаю подтверждаем получение очень это
    уже сегодня мы я хорошего доброго дня вечера выходных удачного удачной недели отличного нам мне от вас тоже
    еще раз заранее внимание сотрудничество понимание вложение вложения его их ее товар груз посылку
    """
)
_HOLDING = re.compile(
    r"\b(?:(?:we|i)(?:'ll|’ll| will| shall) (?:get|come|be) back to you|(?:we|i)(?:'ll|’ll| will| shall) "
    r"(?:review|check|look (?:at|into|through)|study|discuss|consider|revert|reply|respond|answer|"
    r"let you know|forward it)|"
    r"will (?:revert|get back|let you know)|"
    r"верн[уеё]\w* (?:к вам )?с (?:ответом|обратной|решением)|вернусь к вам|вернемся к вам|рассмотр(?:им|ю)|"
    r"изуч(?:им|у)|посмотр(?:им|ю)|провер(?:им|ю)|ответ(?:им|лю)\b|отвечу|сообщ(?:им|у)|"
    r"дад(?:им|им вам) (?:ответ|обратную связь)|напиш(?:ем|у)|перезвон(?:ю|им)|переда(?:м|дим|л|ла) (?:коллегам|дальше|"
    r"руководству|в работу)|взял[аи]? в работу|приняли в работу)\b",
    re.I,
)
_REQUEST = re.compile(
    r"\bplease(?! find| see| note)(?: \w+){0,2} (?:send|confirm|let|advise|review|sign|return|tell|provide|check|reply|"
    r"answer|call|give|share|forward|pay|specify|fill|update|accept|approve)\b|\b(?:could|can|would|will) you\b|"
    r"\blet (?:me|us) know\b|\b(?:look(?:ing)? forward to|await(?:ing)?|waiting for) (?:your|hearing|the|a)\b|"
    r"\bneed your\b|\bwe would be glad to (?:hear|get|receive)\b|"
    r"\b(?:прошу|просим|просьба|пришлите|вышлите|сообщите|подтвердите|уточните|подскажите|напишите|ответьте|ждем|жду|"
    r"ожидаем|дайте знать|подпишите|согласуйте|рассмотрите|скажите|верните|заполните|оплатите|перезвоните|позвоните|"
    r"дайте (?:ответ|обратную))\b|\bне могли бы\b|\bможете ли\b",
    re.I,
)
_ADDRESS = re.compile(r"https?://\S+")


def _plain(text: str) -> str:
    return text.replace("ё", "е").replace("Ё", "Е").replace("\u00a0", " ")


def sentences(text: str) -> list[str]:
    """The sentences of a letter without its greeting, its closing formula and the name below it."""
    kept: list[str] = []
    for line in _plain(text)[:8000].splitlines():
        line = line.strip(" \t*_>•-—–") if not line.startswith("--") else line
        if not line or (not kept and _GREETING.match(line)):
            continue
        if kept and _CLOSING.match(line):
            break
        kept.append(line if kept else _ADDRESSING.sub("", line))
    while len(kept) > 1 and _NAME.match(kept[-1]) and kept[-1].lower().rstrip(".,") not in _CORE:
        kept.pop()
    return [one.strip() for one in _SENTENCE.split("\n".join(kept)) if one.strip()]


def is_thanks(text: str) -> bool:
    """Whether a letter only thanks or says that something arrived, so that nobody need answer."""
    found = sentences(text)
    return len(text) <= _LONGEST and all(map(_polite, found)) and any(map(_thanks, found))


def is_holding(text: str) -> bool:
    """Whether a letter only says that an answer will come ("we will get back to you"): then it is they who owe one."""
    found = sentences(text)
    if not found or len(text) > _LONGEST or asks(text):
        return False
    promised = [one for one in found if _HOLDING.search(one)]
    return bool(promised) and all(one in promised or _polite(one) for one in found)


def asks(text: str) -> bool:
    """Whether a letter wants an answer: a question mark, or the words of a request."""
    plain = _ADDRESS.sub(" ", _plain(text))
    return "?" in plain or bool(_REQUEST.search(plain))


def _thanks(sentence: str) -> bool:
    return _polite(sentence) and any(word in _CORE for word in _WORD.findall(sentence.lower()))


def _polite(sentence: str) -> bool:
    """Whether nothing is said but what thanks and wishes are made of; up to two names may stand there."""
    words = _WORD.findall(sentence)
    if "?" in sentence or len(words) > _MOST_WORDS:
        return False
    strange = [word for word in words if word.lower() not in _CORE | _AROUND]
    return len(strange) <= 2 and all(word[:1].isupper() for word in strange)
