"""Names as people write them into lists: of persons put in order and case, of companies made comparable."""

import re

_LEGAL = frozenset(
    re.findall(
        r"\w+",
        "ооо оао зао пао ао ип нко ано чп тоо оо гуп муп мкп мбу гбу фгуп фгбу фгаоу кфх снт тсж нпо нпп пк "
        "ltd limited llc inc incorporated corp corporation co company plc lp llp gmbh ag kg ohg gbr ug mbh "
        "sa sas sarl srl spa sl bv nv ab as oy oyj aps kft zrt doo sro spol ood eood ltda lda pty pte bhd sdn the",
    )
)
_LONG_FORMS = re.compile(
    r"\b(общество с ограниченной ответственностью|(публичное |закрытое |открытое )?акционерное общество"
    r"|индивидуальный предприниматель|автономная некоммерческая организация)\b"
)
_WORD = re.compile(r"[\w&+]+")
_PARTICLES = frozenset(re.findall(r"\w+", "von van der den de da di du la le del dos bin ibn оглы кызы"))
_INITIAL = re.compile(r"(?<=\w)\.(?=\w)")


def tidy(text: str) -> str:
    """Single spaces, and none at the ends; what spreadsheets hide (no-break and zero-width spaces) is gone."""
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").replace("\xad", "").split())


def person_name(text: str) -> str:
    """The name of a person: words all in capitals or all in small letters get their case back."""
    words = tidy(text.replace("_", " ")).split(" ")
    return " ".join(_cased(word) for word in words).strip(" ,;")


def full_name(last: str, first: str, middle: str) -> str:
    """A name made of its parts: Фамилия Имя Отчество in Cyrillic, first name before last name otherwise."""
    parts = [last, first, middle] if re.search("[а-яё]", last.casefold()) else [first, middle, last]
    return person_name(" ".join(part for part in map(tidy, parts) if part))


def company_name(text: str) -> str:
    """The name of a company with tidy spaces; quotation marks that embrace all of it are dropped."""
    name = tidy(text)
    if len(name) > 2 and name[0] in "\"'«“„" and name[-1] in "\"'»”“" and not re.search('["«»“”]', name[1:-1]):
        name = name[1:-1].strip()
    return name


def company_key(name: str) -> str:
    """What two spellings of one company have in common: no legal form, no marks, ё as е; empty for nothing else."""
    plain = _LONG_FORMS.sub(" ", name.casefold().replace("ё", "е"))
    # "S.A." and "о.о.о." are the words "sa" and "ооо".
    words = _WORD.findall(re.sub(r"\b(\w)\.(?=\w\b)", r"\1", plain).replace("'", ""))
    kept = [word for word in words if word not in _LEGAL]
    return " ".join(kept or words)


def tax_key(tax_id: str) -> str:
    """A tax number without spaces and marks, in capitals: to compare."""
    return "".join(c for c in tax_id.upper() if c.isalnum())


def tax_number(text: str) -> tuple[str, bool]:
    """A tax number as it is stored, and whether its check digits are right; an ИНН/КПП pair gives the ИНН.

    A Russian ИНН has 10 or 12 digits; sheets lose the zero that it may begin with. Others are not checked.
    """
    number = tidy(text)
    pair = re.fullmatch(r"(\d{9,12})\s*[/\\,; ]\s*\d{9}", number)
    digits = pair[1] if pair else number.replace(" ", "")
    if not digits.isascii() or not digits.isdigit():
        return number, True
    if len(digits) in (9, 11) and is_inn("0" + digits):
        digits = "0" + digits
    return digits, len(digits) not in (10, 12) or is_inn(digits)


def is_inn(digits: str) -> bool:
    """Whether the check digits of a Russian ИНН are right."""
    numbers = [int(c) for c in digits]
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    if len(numbers) == 10:
        return _check(numbers[:9], weights[2:]) == numbers[9]
    if len(numbers) == 12:
        return _check(numbers[:10], weights[1:]) == numbers[10] and _check(numbers[:11], weights) == numbers[11]
    return False


def _check(numbers: list[int], weights: tuple[int, ...]) -> int:
    return sum(n * w for n, w in zip(numbers, weights, strict=True)) % 11 % 10


def _cased(word: str) -> str:
    bare = word.strip(".,;'’-")
    if len(bare) < 2 or not (bare.isupper() or bare.islower()) or bare.casefold() in _PARTICLES:
        return word.lower() if bare.casefold() in _PARTICLES and bare.isupper() and len(bare) > 1 else word
    if bare.isupper() and (len(bare) <= 3 or _INITIAL.search(word)) and not re.search("[А-ЯЁ]", bare):
        return word
    return "-".join(part[:1].upper() + part[1:].lower() if part else part for part in word.split("-"))
