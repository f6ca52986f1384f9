# ruff: noqa: E501  (the letters are as long as people write them)
"""An invented company for the pages: users with mailboxes of every visibility, clients, and weeks of mail in two
languages, all of it decided on and recorded by the code of the product."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailcrm.config import Server
from mailcrm.flow import absences, clients, contacts, fields, groups, handover, imports, people, sessions
from mailcrm.flow.absences import NewAbsence
from mailcrm.flow.clients import NewClient
from mailcrm.flow.contacts import NewContact
from mailcrm.flow.edit import By
from mailcrm.flow.fields import NewField
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.handover import NewHandover
from mailcrm.flow.people import NewUser
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from mailcrm.store.handovers import Subject
from tests.mailroom import Mailroom
from web import create_app
from web.signin import COOKIE
from web.site import Site

PASSWORD = "correct horse battery"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f00010401005f7cb5c90000000049454e44ae426082"
)
HTML = (
    '<h2 style="color:#205080">Price list, spring</h2><p>Dear Anna,</p><p>please find our <b>new prices</b> below.</p>'
    '<table border="1"><tr><td>Valve DN50</td><td>84.00</td></tr><tr><td>Valve DN80</td><td>112.50</td></tr></table>'
    '<p><img src="cid:logo@nordwind" alt="logo"><img src="https://pictures.nordwind.example/spring.png" alt="spring">'
    "</p><script>alert(1)</script>"
)


def letter(sender: str, to: str, subject: str, text: str, **more: object) -> EmailMessage:
    """A message; `more` may hold html, files {name: bytes}, inline {cid: bytes} and headers named with _ for -."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text)
    html, files, inline = more.pop("html", ""), more.pop("files", {}), more.pop("inline", {})
    if html:
        message.add_alternative(str(html), subtype="html")
        part = message.get_payload()[-1]  # type: ignore[index]
        for cid, data in inline.items():  # type: ignore[attr-defined]
            part.add_related(data, maintype="image", subtype="png", cid=f"<{cid}>", filename="logo.png")  # type: ignore[union-attr]
    for name, data in files.items():  # type: ignore[attr-defined]
        kind = ("image", "png") if name.endswith(".png") else ("application", "octet-stream")
        message.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=name)
    for name, value in more.items():
        message[name.replace("_", "-")] = str(value)
    return message


class Patient(FlaskClient):
    """A browser that waits until the server is done with a request, and so with what it writes down afterwards."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """The answer, when the request has ended."""
        return super().open(*args, **{"buffered": True, **kwargs})


@dataclass
class Company:
    """The company: anna (everything visible), boris (subject only), klara (stubs only), vera (admin, no mailbox)."""

    db: Database
    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(second=0, microsecond=0))
    rooms: dict[str, Mailroom] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    clients: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    """Filled by `tests.web.papers`."""
    offers: dict[str, int] = field(default_factory=dict)
    """Filled by `tests.web.selling`."""
    imports: list[int] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)
    deals: dict[str, int] = field(default_factory=dict)
    """Filled by `tests.web.bargains`."""
    _number: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keyring = Keyring.load(self.folder / "key", create=True)
        for name, visibility in (("anna", 2), ("boris", 1), ("klara", 0)):
            room = Mailroom(self.db, self.now, self.folder / "blobs", f"{name}@example.com", visibility)
            self.rooms[name], self.users[name] = room, room.user_id
        self.users["vera"] = people.add_user(self.db, NewUser("vera@example.com", "Vera", role="admin"), self.now)
        for name, full in (("anna", "Anna Lindqvist"), ("boris", "Борис Кравцов"), ("klara", "Klara Moser")):
            people.edit_user(self.db, self.users[name], {"name": full}, self.now)

    @property
    def by(self) -> By:
        """Anna, now."""
        return By(self.users["anna"], self.now)

    def site(self, **changes: object) -> Site:
        """The site of this company; `changes` are fields of it."""
        server = Server("main", "imap.example.com", 993)
        values = {
            "database_url": self.db.url,
            "blobs": BlobPlace(self.folder / "blobs"),
            "key_file": self.folder / "key",
        }
        values |= {"domains": ("example.com",), "servers": (server,), "secure_cookies": False}
        return Site(**{**values, **changes})  # type: ignore[arg-type]

    def app(self, **changes: object) -> Flask:
        """The application on this database, in its own words: no testing mode, so that errors become pages."""
        return create_app(self.site(**changes), self.db)

    def token(self, name: str) -> str:
        """The token of a new session of a user."""
        with self.db.writing() as connection:
            return sessions.open_session(
                connection, self.users[name], sessions.Origin("127.0.0.1", "Test"), self.now
            ).token

    def browser(self, name: str, language: str = "en", app: Flask | None = None) -> FlaskClient:
        """A browser in which a user is signed in; forms are sent without a token unless the test asks for one."""
        people.edit_user(self.db, self.users[name], {"language": language}, self.now)
        app = app or self.app()
        app.config["WTF_CSRF_ENABLED"] = False
        app.test_client_class = Patient
        client = app.test_client()
        client.set_cookie(COOKIE, self.token(name))
        return client

    def client(self, name: str, *names: str, **fields: str) -> int:
        """A client with addresses and domains; the same one whenever asked."""
        if name not in self.clients:
            new = NewClient(
                name,
                owner_id=self.users["anna"],
                addresses=tuple(n for n in names if "@" in n),
                domains=tuple(n for n in names if "@" not in n),
                **fields,  # type: ignore[arg-type]
            )
            self.clients[name] = clients.add_client(self.rooms["anna"].office, self.by, new)
        return self.clients[name]

    def deliver(self, owner: str, message: EmailMessage, ago: timedelta = timedelta()) -> str:
        """Put a message into the mailbox of a user; returns its Message-ID without brackets."""
        self._number += 1
        if "Message-ID" not in message:
            message["Message-ID"] = f"<{self._number}@company.test>"
        if "Date" not in message:
            message["Date"] = format_datetime(self.now - ago)
        self.rooms[owner].deliver(message.as_bytes())
        return str(message["Message-ID"]).strip("<>")

    def number(self, message_id: str) -> int:
        """The id of the stored message with this Message-ID."""
        with self.db.reading() as connection:
            rows = connection.exec_driver_sql(f"SELECT id FROM message WHERE message_id = '{message_id}'")
            return int(rows.scalar_one())

    def one(self, query: str) -> int:
        """The only value of a query."""
        with self.db.reading() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())


ANNA, BORIS = "Anna Lindqvist <anna@example.com>", "Борис Кравцов <boris@example.com>"
KLARA = "Klara Moser <klara@example.com>"
OLGA = "Ольга Смирнова <o.smirnova@sever-service.example>"
LARS, IDA = "Lars Berg <lars.berg@nordwind.example>", "Ida Holm <ida.holm@nordwind.example>"


def furnished(db: Database, folder: Path) -> Company:
    """A company with two busy clients and some quiet ones, a tray with people, and mail of every kind."""
    company = Company(db, folder)
    _clients(company)
    _fields(company)
    _import(company)
    _offer(company)
    _service(company)
    _others(company)
    _groups(company)
    return company


def _clients(company: Company) -> None:
    office = company.rooms["anna"].office
    nordwind = company.client(
        "Nordwind Pumpen GmbH",
        "nordwind.example",
        website="https://www.nordwind.example",
        tax_id="DE 812 526 315",
        postal_address="Hafenstraße 14\n20457 Hamburg",
        note="Buys valves each spring. Asks for delivery before Easter.",
    )
    for new in (
        NewContact("Lars Berg", "Purchasing", "", ("lars.berg@nordwind.example",), ("+49 40 5550123",)),
        NewContact(
            "Ida Holm", "Engineering", "", ("ida.holm@nordwind.example", "ida@holm.example"), ("+49 151 5550198",)
        ),
    ):
        contacts.add_contact(office, company.by, nordwind, new)
    sever = company.client("ООО «Север-Сервис»", "sever-service.example", postal_address="Мурманск, ул. Портовая, 3")
    contacts.add_contact(
        office,
        company.by,
        sever,
        NewContact(
            "Ольга Смирнова", "Главный инженер", "", ("o.smirnova@sever-service.example",), ("+7 815 255-01-20",)
        ),
    )
    for name, domain in (
        ("Atelier Fontaine", "fontaine.example"),
        ("Harbour & Sons Ltd", "harbour.example"),
        ("Kowalski Instalacje", "kowalski.example"),
        ("Завод «Гидромаш»", "gidromash.example"),
        ("Brightwater Utilities", "brightwater.example"),
        ("Jansen Techniek B.V.", "jansen.example"),
    ):
        company.client(name, domain)


def _fields(company: Company) -> None:
    office, fontaine = company.rooms["anna"].office, company.clients["Atelier Fontaine"]
    fields.add_field(office, company.by, NewField("Industry", "choice", ("Shipping", "Water"), True, "industry"))
    fields.add_field(office, company.by, NewField("Discount", "number", in_list=True))
    fields.set_values(office, company.by, fontaine, {"industry": "Shipping", "discount": "12,5"})
    fields.set_tags(office, company.by, fontaine, ["VIP"])


def _import(company: Company) -> None:
    """A list that waits to be read, and one that was looked through and has questions."""
    extractor = Extractor(1)
    tools = imports.Tools(company.rooms["anna"].office, open_blobs(BlobPlace(company.folder / "blobs")), extractor,
                          lambda: company.now)  # fmt: skip
    sheet = "Компания;E-mail;Телефон\nAtelier Fontaines;info@fontaine.test;нет\nKowalski Instalacje;no address;\n"
    company.imports = [imports.upload(tools, company.by, "Клиенты.csv", sheet.encode("cp1251")) for _ in range(2)]
    imports.check(tools, company.by, company.imports[1])
    extractor.close()


def _groups(company: Company) -> None:
    """A group by hand and one by rule, a handover to come and an absence."""
    office, day = company.rooms["anna"].office, timedelta(days=1)
    nordwind, anna = company.clients["Nordwind Pumpen GmbH"], company.users["anna"]
    hand = GroupForm("Key accounts", "", anna, (company.users["klara"],), 8, "The three that we may not lose.")
    company.groups["hand"] = groups.add_group(office, company.by, hand)
    groups.put(office, company.by, company.groups["hand"], [nordwind])
    asked = (
        '{"all":[{"any":[{"what":"place","how":"contains","value":"мурманск"},{"what":"place","how":"contains","value":'
        '"Hamburg"}]},{"not":{"any":[{"what":"tag","how":"is","value":"lost"},{"what":"kind","how":"is","value":"person"}'
        ']}},{"what":"last","how":"newer","value":"90"}]}'
    )
    company.groups["rule"] = groups.add_group(office, company.by, GroupForm("Ports", asked, anna))
    new = NewHandover(Subject("client", nordwind), company.users["boris"], company.now + 5 * day, note="New territory")
    company.groups["handover"] = handover.plan(office, company.by, new)
    boris, klara = company.users["boris"], company.users["klara"]
    away = NewAbsence(boris, klara, company.now - day, company.now + 6 * day, "Holiday")
    company.groups["absence"] = absences.plan(office, company.by, away)


def _offer(company: Company) -> None:
    pdf = b"%PDF-1.4 " + b"offer " * 9000
    first = company.deliver(
        "anna",
        letter(LARS, ANNA, "Valves for the spring overhaul", "Dear Anna,\n\nwe need 40 valves DN50 and 12 of DN80 again this "
               "spring. Could you send an offer with delivery before 20 March? The drawing of the new flange is attached.\n\n"
               "Best regards\nLars Berg", files={"flange-DN50.pdf": pdf}),
        timedelta(days=23, hours=4),
    )  # fmt: skip
    second = company.deliver(
        "anna",
        letter(ANNA, LARS, "Re: Valves for the spring overhaul", "Dear Lars,\n\nhere is our offer: 40 × DN50 at 84.00 and 12 × "
               "DN80 at 112.50, delivery on 16 March.\n\nAnna\n\nOn Monday, Lars Berg wrote:\n> Dear Anna,\n>\n> we need 40 "
               "valves DN50 and 12 of DN80 again this spring.", files={"Offer 2026-041.pdf": pdf, "Terms.pdf": pdf[:2000]},
               Cc=IDA, In_Reply_To=f"<{first}>", References=f"<{first}>"),
        timedelta(days=22, hours=2),
    )  # fmt: skip
    third = company.deliver(
        "anna",
        letter(LARS, ANNA, "Re: Valves for the spring overhaul", "Thank you, Anna.\n\nThe price is fine, but we would need 45 days "
               "to pay instead of 30. Is that possible?\n\nLars\n\nOn Tuesday, Anna Lindqvist wrote:\n> Dear Lars,\n> here is our "
               "offer: 40 × DN50 at 84.00", In_Reply_To=f"<{second}>", References=f"<{first}> <{second}>"),
        timedelta(days=20, hours=5),
    )  # fmt: skip
    company.deliver(
        "anna",
        letter(ANNA, LARS, "Re: Valves for the spring overhaul", "Dear Lars,\n\n45 days are fine. The new version is attached; "
               "please send it back signed.\n\nAnna", files={"Offer 2026-041 v2.pdf": pdf + b"2"},
               In_Reply_To=f"<{third}>", References=f"<{first}> <{second}> <{third}>"),
        timedelta(days=20, hours=1),
    )  # fmt: skip
    company.deliver(
        "anna",
        letter("Lars Berg <lars.berg@nordwind.example>", ANNA, "Automatic reply: Valves for the spring overhaul",
               "I am out of the office until Thursday.", Auto_Submitted="auto-replied"),
        timedelta(days=20),
    )  # fmt: skip
    company.deliver(
        "anna",
        letter(LARS, ANNA, "Signed offer", "Dear Anna,\n\nthe signed offer is attached. Please confirm the delivery date.\n\nLars",
               files={"Offer 2026-041 v2 signed.pdf": pdf + b"3", "delivery-yard.png": PNG}),
        timedelta(days=6, hours=3),
    )  # fmt: skip
    company.deliver(
        "anna",
        letter(
            IDA,
            ANNA,
            "Price list of our spare parts",
            "Prices: see the table.",
            html=HTML,
            inline={"logo@nordwind": PNG},
        ),
        timedelta(days=2),
    )
    company.deliver(
        "boris", letter(BORIS, IDA, "Pressure test on Friday", "The protocol is confidential."), timedelta(hours=30)
    )
    company.deliver("klara", letter(KLARA, LARS, "Personal matter", "Nobody's business."), timedelta(hours=28))
    company.deliver(
        "anna",
        letter(IDA, ANNA, "Pressure test: date", "Hello Anna,\n\ncould the pressure test be on Friday at 10:00? Our yard is open "
               "from 8:00.\n\nIda"), timedelta(hours=3),
    )  # fmt: skip


def _service(company: Company) -> None:
    first = company.deliver(
        "boris",
        letter(OLGA, BORIS, "Запрос цен на ремкомплекты", "Борис, добрый день!\n\nПришлите, пожалуйста, цены на ремкомплекты "
               "насосов НК-65, 14 штук, со сроком поставки.\n\nС уважением,\nОльга Смирнова"), timedelta(days=9)
    )  # fmt: skip
    company.deliver(
        "anna",
        letter(ANNA, OLGA, "Re: Запрос цен на ремкомплекты", "Ольга, добрый день!\n\nКоммерческое предложение во вложении, срок "
               "поставки три недели.\n\nАнна", files={"КП № 118 ремкомплекты.pdf": b"%PDF-1.4 kp"},
               In_Reply_To=f"<{first}>", References=f"<{first}>"), timedelta(days=8),
    )  # fmt: skip
    company.deliver(
        "anna",
        letter(OLGA, ANNA, "Договор на подпись", "Анна, здравствуйте!\n\nДоговор подписали, скан во вложении. Когда ждать счёт?",
               files={"Договор 2026-17.pdf": b"%PDF-1.4 dogovor"}), timedelta(days=1, hours=2),
    )  # fmt: skip


def _others(company: Company) -> None:
    for number, (name, domain) in enumerate(
        (
            ("Claire Fontaine", "fontaine"),
            ("Tom Harbour", "harbour"),
            ("Jan Kowalski", "kowalski"),
            ("Пётр Ильин", "gidromash"),
        )
    ):
        person = f"{name} <office@{domain}.example>"
        company.deliver(
            "anna",
            letter(person, ANNA, "Question about a delivery", "When will it come?"),
            timedelta(days=3 + 4 * number),
        )
        company.deliver("anna", letter(ANNA, person, "Your delivery", "On Monday."), timedelta(days=2 + 3 * number))
    company.deliver("anna", letter(ANNA, "Mia Stone <mia@stoneworks.example>", "Our meeting at the fair", "Good to meet you."),
                    timedelta(days=1))  # fmt: skip
    company.deliver("anna", letter(ANNA, "Павел Орлов <p.orlov@orlov-group.example>", "Наш разговор", "Спасибо за разговор."),
                    timedelta(hours=20))  # fmt: skip
