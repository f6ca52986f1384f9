"""Mails about what harms sending, in the language of their reader: pauses, complaints, refused passwords."""

from collections.abc import Mapping

_PAUSES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "sender": "The server refuses the address it comes from",
        "blocked": "Too many servers refuse it as unwanted",
        "unanswered": "Too many servers do not say whether they took it",
        "addresses": "Too many addresses do not exist",
    },
    "ru": {
        "sender": "Сервер не принимает адрес отправителя",
        "blocked": "Слишком много серверов отвергают её как нежелательную",
        "unanswered": "Слишком много серверов не говорят, приняли ли письмо",
        "addresses": "Слишком много адресов не существует",
    },
}
_SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "paused": "A mailing was paused by itself: {name}",
        "complaint": "Complaint about the offer {number}",
        "password": "{address} cannot send",
    },
    "ru": {
        "paused": "Рассылка остановилась сама: {name}",
        "complaint": "Жалоба на предложение {number}",
        "password": "{address}: отправка невозможна",
    },
}
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "paused": "The mailing “{name}”, which leaves by {address}, was paused by itself.\n\n{reason}.\n{server}\n"
        "Nothing of it leaves until somebody goes on with it on its page.\n",
        "complaint": "The provider of {address} reports that the offer {number} ({title}) was called unwanted there. "
        "Nothing is sent to this address any more, and a mailing that more than one in a thousand complain about is "
        "paused by itself. Look at its statistics before it goes on.\n",
        "password": "The mail server refuses the password of {address}. Nothing is sent from this address until you "
        "enter the new password on the page of the account.\n",
    },
    "ru": {
        "paused": "Рассылка «{name}» с адреса {address} остановилась сама.\n\n{reason}.\n{server}\n"
        "Из неё ничего не уйдёт, пока кто-нибудь не продолжит её на её странице.\n",
        "complaint": "Почтовая служба получателя {address} сообщает, что предложение {number} ({title}) назвали там "
        "нежелательным. На этот адрес больше ничего не отправляется. Если пожалуется больше одного получателя из "
        "тысячи, рассылка остановится сама. Посмотрите её статистику, прежде чем продолжать.\n",
        "password": "Почтовый сервер не принимает пароль адреса {address}. С него ничего не уйдёт, пока вы не введёте "
        "новый пароль на странице этого ящика для отправки.\n",
    },
}


def paused(language: str, name: str, address: str, reason: str, server: str) -> tuple[str, str]:
    """Subject and text for admins: a mailing rests because of `reason`, with the words of the server."""
    said = _PAUSES[_code(language)].get(reason, reason)
    return _filled(language, "paused", name=name, address=address, reason=said, server=f"{server}\n" if server else "")


def complaint(language: str, address: str, number: str, title: str) -> tuple[str, str]:
    """Subject and text for admins: somebody called an offer unwanted."""
    return _filled(language, "complaint", address=address, number=number, title=title)


def password(language: str, address: str) -> tuple[str, str]:
    """Subject and text for the owner of an account whose password is refused."""
    return _filled(language, "password", address=address)


def _filled(language: str, what: str, **values: str) -> tuple[str, str]:
    code = _code(language)
    return " ".join(_SUBJECTS[code][what].format(**values).split())[:200], _TEXTS[code][what].format(**values)


def _code(language: str) -> str:
    return language if language in _TEXTS else "en"
