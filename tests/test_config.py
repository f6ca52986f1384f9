"""The configuration: the example names every key and every key loads; mistakes are one line with the mend."""

import re
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path

import pytest

from mailcrm import config
from mailcrm.crm.work_calendar import is_working_day
from mailcrm.errors import ConfigError

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
MINIMAL = 'domains = ["example.com"]\n'
SERVER = '[servers.main]\nhost = "imap.example.com"\n'


def uncommented(text: str) -> str:
    """The example with the keys that stand in comments switched on."""
    return re.sub(r'^# (\w+ = ["\d])', r"\1", text, flags=re.M)


def keys_of(text: str) -> set[str]:
    return set(re.findall(r"^(\w+) = ", uncommented(text), flags=re.M))


def names_of(cls: type) -> set[str]:
    names = {f.name for f in fields(cls)}
    for one in fields(cls):
        if is_dataclass(one.default_factory):
            names = names - {one.name} | names_of(one.default_factory)
    return names


def test_the_example_names_every_key_and_no_other() -> None:
    wanted = names_of(config.Config) - {"path", "servers", "mailboxes"}
    wanted |= (names_of(config.Server) - {"name"}) | names_of(config.MailboxSource)
    assert keys_of(EXAMPLE.read_text()) == wanted


def test_the_example_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = config.load(EXAMPLE)
    assert loaded.domains == ("example.com", "example.org")
    assert loaded.server("main").port == 993
    assert loaded.mailboxes[0].owner == "anna@example.com"
    assert "students.example" in loaded.free_mail.domains
    assert "mail.com" not in loaded.free_mail.domains
    assert "gmail.com" in loaded.free_mail.domains


def test_every_commented_key_loads(tmp_path: Path) -> None:
    text = uncommented(EXAMPLE.read_text()).replace('password_env = "ANNA_PASSWORD"\n', "")
    (tmp_path / "ca.pem").write_text("")
    loaded = config.parse(text.replace("/etc/ssl/company-ca.pem", "ca.pem"), tmp_path / "config.toml")
    assert loaded.server("main").ca_file == tmp_path / "ca.pem"
    assert loaded.mailboxes[0].password_file == Path("/run/secrets/anna")


def test_the_work_of_the_example_is_a_calendar() -> None:
    calendar = config.load(EXAMPLE).work.calendar
    assert not is_working_day(calendar, date(2026, 1, 6)), "Epiphany is a holiday in Bavaria"
    assert not is_working_day(calendar, date(2026, 12, 31)), "an extra holiday"
    assert is_working_day(calendar, date(2026, 11, 7)), "an extra workday"
    assert not is_working_day(calendar, date(2026, 11, 8)), "a Sunday"


def test_days_that_a_country_moves_are_known(tmp_path: Path) -> None:
    text = MINIMAL + '[work]\nholidays = "RU"\nzone = "Europe/Moscow"'
    calendar = config.parse(text, tmp_path / "c.toml").work.calendar
    assert not is_working_day(calendar, date(2024, 1, 8)), "the New Year holidays"
    assert not is_working_day(calendar, date(2024, 12, 30)), "a Monday that was moved"
    assert is_working_day(calendar, date(2024, 12, 28)), "the Saturday that was worked instead"


def test_defaults_lie_beside_the_file(tmp_path: Path) -> None:
    loaded = config.parse(MINIMAL, tmp_path / "config.toml")
    assert loaded.database_url == f"sqlite:///{tmp_path}/data/mailcrm.db"
    assert loaded.key_path == tmp_path / "data" / "key"
    assert loaded.base_url == "http://127.0.0.1:8025"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "c.toml: domains: is missing"),
        ("domains = ['acme']", 'domains: "acme" is not a domain'),
        (MINIMAL + "[web]\nprot = 1", 'web.prot: no such key; did you mean "port"?'),
        (MINIMAL + "[web]\nport = '1'", "web.port: must be a whole number, not '1'"),
        (MINIMAL + "[web]\nport = true", "web.port: must be a whole number, not True"),
        (MINIMAL + "[web]\nport = 70000", "web.port: must be between 1 and 65535, not 70000"),
        (
            MINIMAL + "[sync]\nstore = 'mached'",
            'sync.store: must be one of matched, all, not "mached"; did you mean "m',
        ),
        (MINIMAL + "web = 3", "web: must be a table; write it as [web]"),
        (MINIMAL + "database = 'nonsense'", "database: write sqlite:///PATH or postgresql://"),
        (
            MINIMAL + "[work]\nzone = 'Europe/Berln'",
            'no time zone "Europe/Berln"; did you mean "Europe/Berlin"?',
        ),
        (MINIMAL + "[work]\nmonday = '9 to 5'", 'work.monday: must be hours such as "09:00-18:00"'),
        (MINIMAL + "[work]\nmonday = '18:00-09:00'", "work.monday: must begin before it ends"),
        (MINIMAL + "[work]\nmonday=''\ntuesday=''\nwednesday=''\nthursday=''\nfriday=''", "work: one weekday at least"),
        (MINIMAL + "[work]\nholidays = 'XX'", 'work.holidays: no holidays are known for "XX"'),
        (MINIMAL + "[work]\nholidays = 'DE-XX'", 'work.holidays: no holidays are known for "DE-XX"'),
        (MINIMAL + "[work]\nextra_holidays = ['1 May']", "work.extra_holidays: must be a list of dates"),
        (MINIMAL + "[free_mail]\nadd = 'x.com'", "free_mail.add: must be a list of texts"),
        (MINIMAL + "[servers.a]\n", "servers.a.host: is missing"),
        (MINIMAL + SERVER + "tls = 'plain'", 'servers.main.tls: "plain" is only for this machine itself'),
        (MINIMAL + SERVER + "ca_file = 'none.pem'", "servers.main.ca_file: "),
        (MINIMAL + SERVER + "master_user = 'm'", "servers.main.master_user: needs master_password_env"),
        (MINIMAL + "[[mailboxes]]\naddress='a@b.c'\nserver='x'", "mailboxes[1].server: there is no [servers.x]"),
        (MINIMAL + SERVER + "[[mailboxes]]\naddress='a@b.c'\nserver='main'\nmaster=true", "mailboxes[1].master: needs"),
        (
            MINIMAL + SERVER + "[[mailboxes]]\naddress='a@b.c'\nserver='main'\npassword_env='X'\npassword_file='x'",
            "mailboxes[1]: give one of password_env",
        ),
        (
            MINIMAL + SERVER + "[[mailboxes]]\naddress='a@b.c'\nserver='main'\n" * 2,
            "mailboxes[2].address: a@b.c is there",
        ),
        ("domains = [", "c.toml: not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_with_the_mend(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        config.parse(text, tmp_path / "c.toml")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_plain_is_allowed_on_this_machine(host: str, tmp_path: Path) -> None:
    text = MINIMAL + f"[servers.s]\nhost = '{host}'\ntls = 'plain'"
    assert config.parse(text, tmp_path / "c.toml").server("s").port == 143


def test_the_file_is_found_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "other.toml"
    monkeypatch.setenv("MAILCRM_CONFIG", str(path))
    with pytest.raises(ConfigError, match=r"other\.toml: no such file; run `mailcrm init`"):
        config.load()
    path.write_text(MINIMAL)
    assert config.load().path == path
    monkeypatch.delenv("MAILCRM_CONFIG")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(MINIMAL)
    assert config.load().path == Path("config.toml")


SMTP = '[smtp]\nhost = "127.0.0.1"\naddress = "crm@example.com"\n'


@pytest.mark.parametrize(
    ("text", "port"),
    [(SMTP, 587), (SMTP + 'tls = "implicit"\n', 465), (SMTP + 'tls = "plain"\n', 25), (SMTP + "port = 2525\n", 2525)],
)
def test_the_port_of_smtp_follows_its_encryption(text: str, port: int) -> None:
    assert config.parse(MINIMAL + text, Path("config.toml")).smtp.port == port


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ('[smtp]\nhost = "smtp.example.com"\ntls = "plain"\naddress = "a@example.com"\n', "smtp.tls: .*this machine"),
        ('[smtp]\nhost = "smtp.example.com"\n', "smtp.address: must be"),
        (SMTP + 'login = "crm"\n', "smtp.login: needs password_env"),
        (SMTP + 'ca_file = "none.pem"\n', "smtp.ca_file: .* does not exist"),
        (SERVER + 'smtp_host = "smtp.example.com"\nsmtp_tls = "plain"\n', "servers.main.smtp_tls: .*this machine"),
    ],
)
def test_mistakes_about_smtp_name_the_mend(text: str, mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        config.parse(MINIMAL + text, Path("config.toml"))
