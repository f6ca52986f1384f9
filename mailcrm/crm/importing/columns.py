"""Which column means what: told by its heading in Russian or English, or by what stands in it."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from mailcrm.crm.importing.values import Line, Settings, Table

_HEADINGS = {
    "company": "company|company name|organization|organisation|organization name|organization 1 name|org|o|firm"
    "|client name|customer|account|account name|business name|business|employer"
    "|компания|организация|фирма|предприятие"
    "|контрагент|клиент|заказчик|покупатель"
    "|поставщик|наименование|название|наименование организации|наименование клиента"
    "|название компании|название организации|наименование компании|полное наименование|краткое наименование"
    "|наименование контрагента|юридическое лицо|юрлицо|место работы",
    "person": "full name|name|contact|contact name|contact person|display name|person|fn|cn|fullname|фио|ф и о|контакт"
    "|контактное лицо|фио контакта|фио контактного лица|контактное лицо фио|фамилия имя отчество|фамилия и о"
    "|сотрудник|представитель|имя и фамилия|имя фамилия|фио клиента|полное имя|отображаемое имя",
    "last": "last name|surname|family name|lastname|sn|фамилия",
    "first": "first name|given name|firstname|givenname|forename|имя",
    "middle": "middle name|patronymic|additional name|middlename|отчество",
    "position": "position|title|job title|jobtitle|role|occupation|organization title|organization 1 title|должность",
    "email": "email|e mail|mail|email address|e mail address|primary email|secondary email|work email|home email"
    "|personal email|e mail value|emailaddress|mozillasecondemail|электронная почта|почта|эл почта|эл адрес"
    "|электронный адрес|адрес электронной почты|адрес эл почты|имейл|емейл|емэйл|e mail адрес",
    "phone": "phone|telephone|tel|mobile|cell|cell phone|work phone|home phone|mobile phone|mobile number|phone number"
    "|business phone|company main phone|other phone|primary phone|phone value|telephonenumber|homephone|contact phone"
    "|telephone number|телефон|тел|мобильный|мобильный телефон|мобильный тел|сотовый|сотовый телефон|рабочий телефон"
    "|домашний телефон|номер телефона|телефоны|контактный телефон|раб тел|моб тел|телефон рабочий|телефон мобильный",
    "tax_id": "inn|инн|tax id|tax number|taxid|vat|vat number|vat id|vat no|tin|ust id|ustid|ust idnr|инн кпп"
    "|инн организации|идентификационный номер|налоговый номер",
    "website": "website|site|web|url|web page|webpage|web site|homepage|home page|web address|workurl|company url|сайт"
    "|веб сайт|вебсайт|адрес сайта|интернет сайт|www",
    "domain": "domain|domains|email domain|домен|домены",
    "address": "address|postal address|street|street address|mailing address|billing address|work address|home address"
    "|business address|business street|business city|business state|business postal code|business country|city|town"
    "|state|province|region|zip|zip code|zipcode|postal code|postcode|country|work city|work state|work zipcode"
    "|work country|home city|home state|home zipcode|home country|adr|адрес|юридический адрес|фактический адрес"
    "|почтовый адрес|адрес доставки|улица|дом|город|область|регион|индекс|почтовый индекс|страна"
    "|населенный пункт|street address work|postalcode|l|st|c|mozillahomestreet|mozillahomelocalityname|mozillahomestate"
    "|mozillahomepostalcode|mozillahomecountryname|mozillaworkstreet",
    "person_note": "contact note",
    "note": "note|notes|comment|comments|description|remark|remarks|memo|примечание|примечания|комментарий|комментарии"
    "|заметка|заметки|описание|доп информация|дополнительная информация",
    "owner": "owner|manager|responsible|account manager|account owner|sales rep|assigned to|ответственный|менеджер"
    "|куратор|ответственный менеджер|персональный менеджер",
    "tags": "tag|tags|label|labels|category|categories|group|groups|segment|list|lists|метка|метки|тег|теги|категория"
    "|категории|группа|группы|сегмент|группа клиентов",
    "kind": "client type|customer type|тип клиента|вид клиента|тип контрагента",
    "client": "mailcrm client",
    "": "mailcrm row|mailcrm problem|objectclass|dn|changetype|version|prodid|rev|uid|modifytimestamp"
    "|mozillausehtmlmail|photo|logo|sound|key|jpegphoto|usercertificate|no|num|number|n|№|п п|№ п п|номер п п",
}
_MEANING = {heading: target for target, headings in _HEADINGS.items() for heading in headings.split("|")}
_MARKS = re.compile(r"[\s._\-–—/\\:;,*()\[\]\"'«»#]+")
_NUMBERED = re.compile(r"(?:\s+|(?<=[^\W\d]))\d{1,2}$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[+(]?\d[\d\s()\-.]{5,18}\d")
_LOOKED_AT = 20
_SAMPLE = 200


def suggested(table: Table, fields: Mapping[str, str]) -> Settings:
    """How a sheet is likely to be read; `fields` are the names and keys of fields of one's own → their keys."""
    header = _header(table.lines, fields)
    width = max((len(line.cells) for line in table.lines[: _LOOKED_AT * 10]), default=0)
    width = max(width, *(len(line.cells) for line in table.lines), 0) if table.lines else 0
    if header < 0:
        return Settings(header=-1, columns=_by_content(table.lines, width), names=("",) * width)
    names = table.lines[header].cells + ("",) * (width - len(table.lines[header].cells))
    return Settings(header=header, columns=meanings(names, fields), names=names)


def meanings(names: Sequence[str], fields: Mapping[str, str]) -> tuple[str, ...]:
    """What columns with these headings mean; those that nobody knows are kept as more."""
    own = {_plain(label): f"field:{key}" for label, key in fields.items()}
    found = [own.get(_plain(name)) or _meaning(name) for name in names]
    if "person" not in found and "last" not in found and "company" in found and "first" in found:
        # "Имя" alone beside a company is all of the person's name.
        found = ["person" if one == "first" else one for one in found]
    if {"last", "first"} <= set(found):
        # The parts say it better than the name on display; an owner's "name" stays one.
        found = ["more" if one == "person" and _plain(names[at]) in ("display name", "cn", "fn") else one
                 for at, one in enumerate(found)]  # fmt: skip
    return tuple(found)


def signature(names: Sequence[str]) -> str:
    """A hash of the headings of a sheet: under it, how such a list is read is remembered."""
    return hashlib.sha256("\x1f".join(map(_plain, names)).encode()).hexdigest()


def _meaning(name: str) -> str:
    plain = _plain(name)
    if not plain:
        return "more"
    found = _MEANING.get(plain)
    if found is None:
        found = _MEANING.get(_NUMBERED.sub("", plain))
    return "more" if found is None else found


def _plain(name: str) -> str:
    return _MARKS.sub(" ", name.casefold().replace("ё", "е")).strip()


def _header(lines: Sequence[Line], fields: Mapping[str, str]) -> int:
    """The line with the most headings that are known; -1 where there is none and the first one holds data."""
    best, most = 0, 0
    for at, line in enumerate(lines[:_LOOKED_AT]):
        found = [one for one in meanings(line.cells, fields) if one != "more"]
        # A line of data may hold a word such as "Клиент", but no address.
        if len(found) > most and not any(_EMAIL.fullmatch(cell.strip()) for cell in line.cells):
            best, most = at, len(found)
    if most:
        return best
    first = lines[0].cells if lines else ()
    return -1 if any(_EMAIL.fullmatch(c.strip()) or _PHONE.fullmatch(c.strip()) for c in first) else 0


def _by_content(lines: Sequence[Line], width: int) -> tuple[str, ...]:
    found = []
    for at in range(width):
        cells = [line.cells[at].strip() for line in lines[:_SAMPLE] if at < len(line.cells) and line.cells[at].strip()]
        found.append(_of_cells(cells))
    for at, one in enumerate(found):
        if one == "text":
            found[at] = "person" if "person" not in found else "more"
    return tuple(found)


def _of_cells(cells: Sequence[str]) -> str:
    if not cells:
        return "more"
    if sum(bool(_EMAIL.search(cell)) for cell in cells) * 2 >= len(cells):
        return "email"
    if sum(bool(_PHONE.fullmatch(cell)) for cell in cells) * 2 >= len(cells):
        return "phone"
    return "text"
