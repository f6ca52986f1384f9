"""Folders: lines of LIST read one by one, names decoded for people, roles by SPECIAL-USE or by a catalogue of names."""

import logging
import re
import unicodedata

from imapclient import imap_utf7

from mailcrm.errors import LimitExceeded
from mailcrm.net.imap.parse import status_of, tokens
from mailcrm.net.imap.values import Folder, Role, Status

log = logging.getLogger(__name__)

MOST_FOLDERS = 10_000
LONGEST_NAME = 4096

_LIST = re.compile(rb'(?:X?LIST) +\(([^)]*)\) +(NIL|"(?:\\.|[^"\\])*") +(.*)', re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(rb'"((?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_LITERAL = re.compile(rb"~?\{\d+\+?\}$")
_SPECIAL: dict[str, Role] = {
    "\\inbox": "inbox",
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\archive": "archive",
    "\\junk": "junk",
    "\\spam": "junk",
    "\\trash": "trash",
    "\\all": "all",
    "\\allmail": "all",
}
_NAMES: dict[Role, str] = {
    "sent": "sent; sent items; sent messages; sent mail; sent-mail; отправленные; отправленное; "
    "отправленные элементы; отправленные письма; gesendet; gesendete objekte; gesendete elemente; "
    "gesendete nachrichten; envoyés; éléments envoyés; messages envoyés; courrier envoyé; objets envoyés; enviados; "
    "elementos enviados; mensajes enviados; correo enviado; inviata; inviati; posta inviata; elementi inviati; "
    "messaggi inviati; wysłane; elementy wysłane; wiadomości wysłane; verzonden; verzonden items; "
    "verzonden berichten; verzonden objecten; itens enviados; mensagens enviadas; e-mails enviados; "
    "enviadas; надіслані; надіслані елементи; відправлені; elküldött elemek; elküldött; odeslané; odeslaná pošta; "
    "skickat; skickade objekt; sendt; sendte elementer; lähetetyt; trimise; gönderilmiş öğeler; 送信済みアイテム; "
    "送信済み; 已发送; 已发送邮件; 寄件備份",
    "drafts": "drafts; draft; черновики; черновик; entwürfe; entwurf; brouillons; brouillon; borradores; borrador; "
    "bozze; kopie robocze; szkice; robocze; concepten; rascunhos; rascunho; чернетки; piszkozatok; koncepty; "
    "utkast; kladder; luonnokset; 草稿; 下書き",
    "archive": "archive; archives; archived; архив; архивы; archiv; archivo; archivados; archivio; archiwum; archief; "
    "arquivo; arquivados; архів; archívum; arkiv; arkisto",
    "junk": "junk; junk e-mail; junk email; junk mail; spam; bulk mail; bulk; спам; нежелательная почта; "
    "нежелательные; junk-e-mail; spamverdacht; unerwünscht; unerwünschte werbung; courrier indésirable; "
    "indésirables; pourriel; correo no deseado; no deseado; posta indesiderata; indesiderata; "
    "wiadomości-śmieci; niechciane; ongewenste e-mail; ongewenst; lixo eletrônico; lixo electrónico; небажана пошта; "
    "спам-пошта; levélszemét; nevyžádaná pošta; skräppost; roskaposti; 垃圾邮件; 迷惑メール",
    "trash": "trash; bin; deleted; deleted items; deleted messages; корзина; удаленные; удаленные элементы; "
    "удалённые; удалённые элементы; papierkorb; gelöschte objekte; gelöschte elemente; gelöscht; "
    "corbeille; éléments supprimés; messages supprimés; papelera; elementos eliminados; eliminados; cestino; "
    "posta eliminata; elementi eliminati; kosz; elementy usunięte; usunięte; prullenbak; prullenmand; "
    "verwijderde items; lixeira; lixo; itens excluídos; itens eliminados; кошик; видалені; видалені елементи; "
    "törölt elemek; koš; odstraněná pošta; papperskorgen; roskakori; 已删除邮件; 回收站; ゴミ箱",
}
_CATALOGUE: dict[str, Role] = {name.strip(): role for role, names in _NAMES.items() for name in names.split(";")}
_ROOTS = ("inbox", "[gmail]", "[google mail]")


def display_name(raw: bytes) -> str:
    """A folder name for people: modified UTF-7 (RFC 3501 §5.1.3), else UTF-8, else Latin-1; controls replaced."""
    try:
        name = imap_utf7.decode(raw) if raw.isascii() else raw.decode("utf-8")
        name.encode("utf-8")
    except (UnicodeError, ValueError):
        name = raw.decode("ascii") if raw.isascii() else raw.decode("latin-1")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)


def role_of(name: str, delimiter: str, attributes: tuple[str, ...]) -> Role:
    """The role by SPECIAL-USE attribute (RFC 6154), else by name: only at the top or right below the inbox, so that
    a folder "Customers/Sent" of somebody's own remains what it is."""
    for attribute in attributes:
        if role := _SPECIAL.get(attribute.lower()):
            return role
    path = [plain(part) for part in (name.split(delimiter) if delimiter else [name])]
    if path == ["inbox"]:
        return "inbox"
    if len(path) > 2 or (len(path) == 2 and path[0] not in _ROOTS):
        return "other"
    return _CATALOGUE.get(path[-1], "other")


def plain(name: str) -> str:
    """A name for comparing: NFKC, case folded, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def read_folders(responses: list[list[bytes]]) -> list[Folder]:
    """All folders of the responses to LIST, each once, with their STATUS where it came along. A line that cannot
    be read is logged and left out; it never hides the others. Raises LimitExceeded beyond 10,000 folders."""
    statuses: dict[bytes, Status] = {}
    found: dict[bytes, Folder] = {}
    for parts in responses:
        try:
            if parts[0][:7].upper() == b"STATUS ":
                name, status = read_status(parts)
                statuses[name] = status
            elif folder := _read_folder(parts):
                found.setdefault(folder.raw_name, folder)
        except ValueError as error:
            log.warning("A line of the folder list was left out (%s): %.200r", error, parts[0])
    if len(found) > MOST_FOLDERS:
        raise LimitExceeded(f"The server lists more than {MOST_FOLDERS} folders: nothing of it was taken over.")
    return [_with_status(folder, statuses) for folder in found.values()]


def read_status(parts: list[bytes]) -> tuple[bytes, Status]:
    """Folder and counts of a STATUS response. Raises ValueError."""
    read = tokens(parts)
    if len(read) < 3 or not isinstance(read[2], list) or isinstance(read[1], list):
        raise ValueError("a STATUS response without counts")
    return _canonical(read[1] or b"NIL"), status_of(read[2])


def _with_status(folder: Folder, statuses: dict[bytes, Status]) -> Folder:
    status = statuses.get(folder.raw_name)
    return Folder(
        folder.raw_name, folder.name, folder.delimiter, folder.attributes, folder.role, folder.selectable, status
    )


def _read_folder(parts: list[bytes]) -> Folder | None:
    found = _LIST.match(parts[0])
    if found is None:
        if parts[0][:5].upper() in (b"LIST ", b"XLIST"):
            raise ValueError("not as RFC 3501 §7.2.2 has it")
        return None
    attributes = tuple(word.decode("ascii", "replace") for word in found[1].split())
    delimiter = "" if found[2].upper() == b"NIL" else _unquote(found[2][1:-1]).decode("utf-8", "replace")
    raw = _canonical(_raw_name(found[3], parts))
    if len(raw) > LONGEST_NAME:
        raise ValueError("the name is too long")
    if not raw:
        return None
    name = display_name(raw)
    lowered = {attribute.lower() for attribute in attributes}
    selectable = not lowered & {"\\noselect", "\\nonexistent"} and not any(sign in raw for sign in b"\0\r\n")
    return Folder(raw, name, delimiter, attributes, role_of(name, delimiter, attributes), selectable)


def _raw_name(rest: bytes, parts: list[bytes]) -> bytes:
    """The name as a quoted string, a literal, or an atom (blanks and parentheses of careless servers included)."""
    if _LITERAL.match(rest) and len(parts) > 1:
        return parts[1]
    if found := _QUOTED.match(rest):
        return _unquote(found[1])
    if rest.startswith(b'"'):
        raise ValueError("a name in quotes without an end")
    return rest.strip()


def _canonical(raw: bytes) -> bytes:
    """INBOX is the one name whose case does not matter (RFC 3501 §5.1)."""
    return b"INBOX" if raw.upper() == b"INBOX" else raw


def _unquote(text: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", text)
