"""The words and patterns of `names`: what people add to a file name when they make a version, a copy or a scan."""

import re


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.I)


def _word(alternatives: str) -> re.Pattern[str]:
    """Any of the alternatives as whole words, where an underscore ends a word too."""
    return _pattern(r"(?<![^\W_])(?:", alternatives, r")(?![^\W_])")


EXTENSIONS = _pattern(
    r"(?:\.(?:docx?|docm|dotx?|rtf|odt|pdf|xlsx?|xlsm|xlsb|ods|odp|csv|pptx?|txt|p7m|p7s|sig|zip|rar|7z",
    r"|jpe?g|png|gif|bmp|webp|tiff?|heic|eml|msg|html?|xml))+$",
)
PREFIX = _pattern(r"^(?:(?:re|fw|fwd|отв|пер)(?:[:_]+\s*|\s+(?=\S)))+")
CAMEL = re.compile(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ](?:[a-zа-яё]|\d))")

COPY = _pattern(
    r"[- ]+(?:copy|копия|kopie|copie)(?:[- ]*\(?(\d{1,3})\)?)?$",
    r"|^(?:copy of|копия|copy)[- ]+|[- ]+(?:\(?conflicted copy.*|\(?конфликт.*)$",
    r"|\s*\((\d{1,3})\)\s*$|\s*\[(\d{1,3})\]\s*$",
)

_YEAR = r"(?:19|20)\d{2}"
_MONTH_NUMBER = r"(?:0[1-9]|1[0-2])"
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    r"|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[a-zа-я]*"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TWO_DIGIT_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_S = r"[-_. ]"

DATE = _pattern(
    r"(?<!\d)(?<!\d\.)(?:от\s+|dated\s+|на\s+)?(?:",
    rf"{_YEAR}{_S}?{_MONTH_NUMBER}{_S}?{_TWO_DIGIT_DAY}",
    rf"|{_DAY}{_S}(?:0?[1-9]|1[0-2]){_S}(?:{_YEAR}|\d{{2}})",
    rf"|{_TWO_DIGIT_DAY}[-_.]{_MONTH_NUMBER}",
    rf"|{_DAY}{_S}{_MONTH}(?:{_S}(?:19|20)?\d{{2}})?",
    r")(?:\s*г(?:ода)?\b\.?)?(?!\d)(?!\.\d)",
)
DATE_WORD = re.compile(r"^(?:от|dated|на)\s+|\s*г(?:ода)?\.?$")
YEAR_MONTH = _pattern(rf"(?<!\d){_YEAR}{_S}{_MONTH_NUMBER}(?!{_S}?\d)")
TIME = _pattern(r"(?<!\d)(?:[01]\d|2[0-3])[-.:ч][0-5]\d(?:[-.:][0-5]\d)?(?!\d)")
GLUED_TIME = _pattern(r"^[- T]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?!\d)")

LONG_VERSION = _pattern(r"(?<![\d.])(?:v\.?\s?)?(\d{1,2}(?:\.\d{1,3}){2,4})(?![\d.]*\d)")
VERSIONS = (
    # One letter counts only where it is glued to the digit: "Е.В. 588-2" has no version 588.
    _pattern(
        r"(?<![a-zа-яё0-9])[(\[]?(?:(?:v|r|в)\.?(?=\d)|(?:v|r)\.? (?=\d{1,2}(?!\d))",
        r"|(?:ver|version|вер|версия|ред|редакция|rev|revision|draft|черновик|вариант)\.?[- #]*)",
        r"(\d{1,4}(?:[._]\d{1,4}){0,3}[a-zа-я]?)[)\]]?(?![a-zа-я0-9])",
    ),
    _pattern(
        r"(?<![a-zа-яё0-9])(\d{1,3})[- ]?(?:я|-я|st|nd|rd|th)?[- ]?(?:версия|редакция|version|ред)(?![a-zа-яё])",
    ),
    _pattern(r"(?<=[a-zа-я)\]])[- ]v(\d{1,3})(?![a-z0-9])"),
)
DOTTED = _pattern(r"(?<![\d.])(\d{1,2}\.\d{1,3}(?:\.\d{1,3}){0,3})(?![\d.]|\d)")
LAST_NUMBER = _pattern(r"(?<=[^\W\d])[- ]+(\d{1,2})$")

FLAGS = {
    "final": _word(r"final|финал|финальн\w*|окончат\w*|итог|итогов\w*|чистов\w*|finalized|last|latest|последн\w*"),
    "draft": _word(r"draft|черновик|проект договора(?!\w)|предварит\w*|prelim\w*|wip"),
    "signed": _word(
        r"signed|подписан\w*|подпис\w*|подп|executed|countersigned|с подписью|со? скан\w*|с печат\w*|esigned|docusigned"
    ),
    "edited": _word(
        r"edits?|edited|правк\w*|с правками|исправл\w*|испр|с замечани\w*|замечани\w*|comments?|commented|redlined?"
        r"|tracked|marked ?up|changes|с комментариями|протокол разногласий"
    ),
    "new": _word(r"new|нов\w{2,3}|updated?|обновл\w*|актуальн\w*|upd|fixed|correct\w*|уточн\w*|clean|old|стар\w{2,3}"),
    "approved": _word(r"approved|accepted|согласован\w*|утвержд\w*|принят\w*"),
    "scan": _word(r"scan(?:ned)?\d*|скан\w*"),
}
LANGUAGE = _word(
    r"en|eng|english|ru|rus|рус\w*|англ\w*|de|fr|es|ua|kz|it|pt|zh|zh cn|ja|ko|tr|ar|fa|pl",
)

_SAYS_NOTHING = (
    r"scan\w*|скан\w*|image|img|photo|фото|picture|screenshot|снимок( экрана)?|document|doc|документ|file|файл"
    r"|untitled|без имени|новый документ|new document|microsoft word document|attachment|вложение|noname|unnamed"
    r"|att|part|winmail|smime|invite|signature|logo|dsc|pdf|output|export|download|oledata|book|книга|лист"
)
_SAYS_WHAT_SORT = (
    r"sheet|presentation|презентация|reply|ответ|приложение|print|письмо|contract|договор|offer|proposal|quote"
    r"|quotation|invoice|счет|акт|кп|коммерческое предложение|тз|техническое задание|price|price ?list|прайс"
    r"|прайс ?лист|terms|nda|agreement|соглашение|реквизиты|anketa|анкета|letter"
)
HARD = _pattern(rf"^(?:{_SAYS_NOTHING})?[ \d]*$")
SOFT = _pattern(rf"^(?:{_SAYS_WHAT_SORT})$")
