"""What mail clients write around quotes in the languages of our users: patterns, matched on one line at a time.

Every pattern is anchored or bounded, so that no line of any length makes a search slower than linear.
"""

import re

_WROTE = (
    "wrote", "writes", "sent", "said", "schrieb", "geschrieben", "schreibt", "schreef",
    "geschreven", "napisana", "a écrit", "a ecrit", "écrit",
    "écrivait", "escribió", "escribio", "escribe", "va escriure", "ha scritto", "scriveva", "scrisse", "escreveu",
    "napisał", "napisała", "napisał(a)", "napisal(a)", "napisał/a", "nadesłał", "pisze", "skrev", "skreiv",
    "kirjoitti", "написал", "написала", "написал(а)", "пишет", "писал", "писала", "писал(а)",
    "писав(ла)", "писали", "написали", "сообщил",
    "написав", "написала(в)", "пише", "писав", "напісаў", "напиша", "napsal", "napsala", "napsal(a)", "napísal",
    "napísal(a)", "írta", "írt", "a scris", "yazdı", "şunu yazdı", "έγραψε", "написао", "je napisao", "kirjutas",
    "rašė", "rakstīja", "a wrote", "写道", "寫道", "书写", "のメッセージ", "書きました", "作成", "작성", "님이 작성",
)  # fmt: skip
VERB = re.compile(
    r"(?<![^\W_])(?:" + "|".join(map(re.escape, sorted(_WROTE, key=len, reverse=True))) + r")(?![^\W_])", re.I
)
NAME_FIRST = re.compile(
    r"\W{0,3}(?!as i )(?:[^\W\d_][\w.'’\-]{0,30} ){2,4}(?:wrote|schrieb|schreef|писал|писала|писав|пише|пишет|"
    r"писал\(а\)|skrev|escribió|escreveu|napisał|pisze) (?:on |am |op |den |el |em |o )?"
    r"\d{1,4}[./-]\d\d?[./-]\d{1,4},? (?:om |um |at |o |kl\. ?)?\d\d?:\d\d[^:]{0,12}(?::\d\d)?[^:]{0,12}:$",
    re.I,
)
"""An attribution without an address, the name before the day: "Anna Berg schrieb am 15.01.2024 12:34:"."""
VERB_CJK = re.compile(r"写道|寫道|书写|のメッセージ|書きました|作成|작성")

_DAY = (
    "mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|"
    "gio|seg|ter|qua|"
    "qui|sex|pon|wt|śr|czw|pt|sob|niedz|ma|wo|vr|za|zo|man|tir|ons|tor|fre|lør|søn|mån|tis|tors|lör|sön|"
    "пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|понеділок|вівторок|"
    "середа|п'ятниця|субота|неділя|monday|tuesday|wednesday|thursday|friday|saturday|sunday|po|út|st|čt|pá|so|ne"
)
_MONTH = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|janv|févr|fév|avr|juin|juil|août|"
    "déc|ene|abr|ago|"
    "dic|gen|mag|giu|lug|set|ott|fev|out|sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru|mrt|mei|янв|фев|мар|апр|мая|июн|"
    "июл|авг|сен|окт|ноя|дек|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|led|úno|bře|dub|kvě|čer|srp|zář|říj|pro"
)
START = re.compile(
    r"[\s>*_\-–—]{0,40}(?:"
    r"(?:on|at(?= (?:\d\d?:\d\d )?\d{1,4}[./\-])|às|am|le|el|il|op|em|dnia|dňa|w dniu|wiadomość napisana przez|"
    r"in message|den|på|dne|a|in a message dated|quoting|zitat von|citando|в|у|no dia|"
    r"el día|în data de|za|вы писали|ви писали|ты писал|здравствуйте|hello|在|a)\b[\s,]*"
    rf"(?=.{{0,80}}(?:\d|@))|"
    rf"(?:{_DAY})[^\W\d_]{{0,11}}(?:-feira)?[.,]{{0,2}}\s.{{0,20}}\d|\d{{1,4}}\s?[./\-年]\s?\d{{1,2}}|"
    rf"\d{{1,2}}\.?\s(?:de\s)?(?:{_MONTH}))",
    re.I,
)
"""How the first line of an attribution begins: a preposition, a weekday, a date."""
DATE = re.compile(
    rf"\d{{1,4}}\s?[./\-]\s?\d{{1,2}}\s?[./\-]\s?\d{{1,4}}|\d{{1,2}}[:.]\d{{2}}|(?<!\d)(?:19|20)\d\d(?!\d)|年|년|"
    rf"\b(?:{_MONTH})[a-zа-яёіїє]{{0,8}}\.?\s\d{{1,2}}\b",
    re.I,
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./]\d{1,2}[./]\d\d(?!\d)")
EMAIL = re.compile(r"[\w.+\-=]{1,64}@[\w.\-]{1,190}")
MIDLINE = re.compile(r"(?:-{3,}\s?)?\bOn (?=[^\n]{0,60}\d)[^\n]{5,200}\bwrote:$")
"""An English attribution that shares its line with the reply."""

_ORIGINAL = (
    "original message|reply message|original appointment|forwarded message|forwarded by|begin forwarded message|"
    "ursprüngliche nachricht|urspruengliche nachricht|originalnachricht|ursprüngliche mail|antwort nachricht|"
    "weitergeleitete nachricht|anfang der weitergeleiteten|message d'origine|message d’origine|message original|"
    "message transféré|message initial|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|"
    "mensagem original|mensagem encaminhada|oorspronkelijk bericht|doorgestuurd bericht|wiadomość oryginalna|"
    "oryginalna wiadomość|treść oryginalnej wiadomości|przekazana wiadomość|wiadomość przekazana|"
    "oprindelig meddelelse|videresendt meddelelse|ursprungligt meddelande|originalmeddelande|vidarebefordrat|"
    "opprinnelig melding|videresendt melding|alkuperäinen viesti|исходное сообщение|пересылаемое сообщение|"
    "пересланное сообщение|оригинальное сообщение|конец пересылаемого|переадресованное сообщение|"
    "начало переадресованного сообщения|начало переадресованного|первоначальное сообщение|вихідне повідомлення|"
    "переслане повідомлення|"
    "оригінальне повідомлення|початкове повідомлення|původní zpráva|eredeti üzenet|mesaj original|orijinal mesaj|"
    "元のメッセージ|転送メッセージ|原始邮件|原始郵件|转发邮件|원본 메시지"
)
ORIGINAL = re.compile(rf"[\s>]{{0,20}}(?:\[?Original Message processed by \S[^\n]{{0,80}}|"
                      rf"-{{5,60}} ?Forwarded by [^\n]{{1,150}}|"
                      rf"[-_=*~—–]{{2,60}}\s{{0,5}}(?:{_ORIGINAL})[^\n]{{0,60}}[-_=*~—–:]{{1,60}}|"
                      rf"(?:begin forwarded message|начало переадресованного сообщения|anfang der weitergeleiteten "
                      rf"(?:nachricht|e-mail)|début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|"
                      rf"inicio del mensaje reenviado|início da mensagem encaminhada|begin doorgestuurd bericht|"
                      rf"転送されたメッセージ)\s?:)\s{{0,20}}$", re.I)  # fmt: skip

FROM = (
    "from|von|de|da|van|od|fra|från|lähettäjä|от|от кого|отправитель|від|від кого|odesílatel|feladó|发件人|寄件者|"
    "差出人|送信者|보낸 사람"
)
_SENT = (
    "sent|date|gesendet|datum|envoyé|envoyé le|date d'envoi|enviado|enviado el|enviada em|enviado em|"
    "fecha|inviato|data|"
    "data invio|verzonden|wysłano|wysłane|data wysłania|sendt|dato|skickat|lähetetty|отправлено|дата|отправлен|"
    "надіслано|дата надсилання|odesláno|küldve|dátum|发送时间|寄件日期|送信日時|日時|日付|보낸 날짜"
)
_TO = (
    "to|an|à|a|para|aan|do|til|till|vastaanottaja|кому|получатель|komu|címzett|收件人|收件者|宛先|받는 사람|cc|kopie|"
    "copie|cópia|copia|dw|udw|kopi|kopia|копия|копія|bcc|抄送|副本|참조"
)
_SUBJECT = (
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|temat|emne|ämne|aihe|тема|předmět|tárgy|主题|主旨|件名|제목"
)
LABEL = re.compile(
    rf"[\s>|]{{0,20}}[*_]{{0,2}}(?:(?P<from>{FROM})|(?P<sent>{_SENT})|(?P<to>{_TO})|(?P<subject>{_SUBJECT}))"
    r"[*_]{0,2}[  ]?[:：][*_]{0,2}(?P<value>.{0,300})",
    re.I,
)
"""One line of a header block as Outlook, Apple Mail and webmail write it: "From: …", "*Von:* …", "De : …"."""

SENT_FROM = re.compile(
    r"\W{0,6}(?:<?sent from (?!an? (?!phone|mobile|tablet|cell|smart))|<?sent (?:via|with|using|by galaxy)|"
    r"from my i?phone|"
    r"(?:[^\W\d_]{1,14} ){1,4}outlook (?:for|для|für|pour|para|per|dla|voor|til|för) (?:systemu )?"
    r"(?:ios|android|mac|win)|"
    r"outlook (?:for|для|für|pour|para|per|dla|voor|til|för) (?:ios|android|mac)|gesendet (?:von|mit|über|aus)|"
    r"von (?:meinem|unterwegs) .{0,30}gesendet|"
    r"diese nachricht wurde von meinem|envoyé (?:de|depuis|à partir)|télécharger outlook|enviado (?:desde|"
    r"do|de|a partir)|"
    r"enviada (?:do|a partir)|obtener outlook|obter o outlook|inviato (?:da|dal)|scarica outlook|"
    r"verzonden (?:vanaf|met|via)|"
    r"verstuurd (?:vanaf|met)|download outlook|wysłan[oe] z|pobierz aplikację outlook|отправлено (?:из|с|со|через)|"
    r"отправлен[оа]? с |послано с|скачать outlook|надіслано (?:з|із)|відправлено (?:з|із)|skickat från|sendt fra|"
    r"hent outlook|hämta outlook|lähetetty|odesláno z|(?:my )?iphone ?から送信|发自我的|從我的|나의 .{1,20}에서 보냄)"
    r"[^.!?,]{0,60}(?:<?https?://\S{1,200})?\)?$",
    re.I,
)
_CLOSING = (
    "best regards|best wishes|kind regards|kindest regards|warm regards|warmest regards|with kind regards|regards|"
    "sincerely|yours sincerely|yours faithfully|yours truly|sincerely yours|with best regards|many regards|"
    "best|cheers and regards|mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|"
    "freundliche grüße|"
    "viele grüße|liebe grüße|beste grüße|herzliche grüße|schöne grüße|grüße|gruß|mfg|vg|lg|hochachtungsvoll|"
    "cordialement|bien cordialement|bien à vous|sincères salutations|salutations distinguées|cdlt|"
    "saludos|saludos cordiales|un saludo|un cordial saludo|atentamente|cordialmente|cordiali saluti|distinti saluti|"
    "un cordiale saluto|saluti|cordialità|atenciosamente|com os melhores cumprimentos|cumprimentos|abraços|"
    "met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groeten|"
    "hartelijke groeten|"
    "z poważaniem|z powazaniem|pozdrawiam|pozdrowienia|serdecznie pozdrawiam|z wyrazami szacunku|"
    "med venlig hilsen|venlig hilsen|med venlige hilsner|hilsen|mvh|mange hilsner|bedste hilsner|kh|dbh|"
    "med vennlig hilsen|"
    "vennlig hilsen|med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|hälsningar|bästa hälsningar|"
    "ystävällisin terveisin|с уважением|с наилучшими пожеланиями|всего доброго|всего наилучшего|с наилучшими|"
    "с почтением|з повагою|з найкращими побажаннями|щиро ваш|на все добре|s pozdravem|s úctou|"
    "üdvözlettel|tisztelettel|"
    "cu stimă|saygılarımla|以上(?:です)?|(?:以上、?)?(?:どうぞ)?よろしくお願い(?:いたし|致し|し)ます"
)
LEGAL = re.compile(
    r"intended (?:solely |only |exclusively )?for|intended recipient|confidentiality notice|"
    r"(?:is|are|contains?|strictly|legally) (?:strictly |legally )?(?:confidential|privileged)|ausschließlich für|"
    r"vertrauliche? (?:informationen|und)|exclusivement|informations confidentielles|"
    r"informazioni (?:riservate|contenute)|"
    r"información confidencial|informações confidenciais|informacje poufne|vertrouwelijke informatie|"
    r"конфиденциальн\w+ информаци|предназначен\w* (?:только|исключительно)|"
    r"конфіденційн\w+ інформаці|призначен\w* (?:лише|тільки)",
    re.I,
)
"""Words of the footers that lawyers put below every message of a company."""
BANNER = re.compile(
    r"\W{0,6}(?:caution|warning|external|attention|achtung|vorsicht|extern|внимание|увага|attenzione|atención|uwaga|"
    r"let op|atenção|avertissement)\b(?=.{0,300}(?:outside|external|extern|внешн|зовнішн|estern|zewnętrz|extérieur|"
    r"buiten))(?=.{0,500}(?:organi[sz]ation|company|sender|\blinks?\b|attachment|absender|anhäng|отправител|ссылк|"
    r"expéditeur|mittente|remitente|nadawc|afzender|remetente|відправник|посилан))",
    re.I,
)
"""The warning that a company's mail server writes above mail from outside."""
CLOSING = re.compile(rf"\W{{0,3}}(?:{_CLOSING})(?: / (?:{_CLOSING}))?\s?[,.!:;、。\-—–]{{0,3}}$", re.I)
"""The formula above a name at the end of a letter, alone on its line; thanks are not one: they are words to keep."""
DISCLAIMER = re.compile(
    r"\W{0,4}(?:disclaimer|confidentiality notice|confidentiality note|privileged|legal disclaimer|legal notice|"
    r"haftungsausschluss|vertraulichkeitshinweis|avertissement|avis de confidentialité|aviso legal|"
    r"уведомление о конфиденциальности|конфиденциальность)\W{0,4}$",
    re.I,
)
NAME_LINE = re.compile(r"(?:-{1,2}|[—–/])\s?[A-ZÀ-ÞА-ЯЁІЇЄŁŚŻ][^\s.,:;!?]{0,24}(?: [^\s,:;!?]{1,24}){0,3}$")
"""A signature of one line: "-Anna Berg", "/Anna", "— Анна"."""
