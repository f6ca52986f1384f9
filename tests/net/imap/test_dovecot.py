"""The session against a real Dovecot: nothing is changed, nothing is lost, memory stays flat."""

import imaplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from mailcrm.errors import CredentialsRefused, ServerRefused
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.uids import UidSet
from mailcrm.net.imap.values import Bad, Fetched, Flags, Login, Missing, Seen, Server, Vanished
from tests.dovecot import Dovecot

pytestmark = pytest.mark.server
ALLOWED = {
    "CAPABILITY",
    "AUTHENTICATE",
    "LOGIN",
    "ID",
    "ENABLE",
    "LIST",
    "STATUS",
    "EXAMINE",
    "UID FETCH",
    "UID SEARCH",
}


def message(number: int, body: bytes = b"hello\r\n") -> bytes:
    """A small message."""
    head = b"From: a@example.com\r\nSubject: n\xc3\xbcmber %d\r\nMessage-ID: <%d@example.com>\r\n\r\n" % (
        number,
        number,
    )
    return head + body


def opened(dovecot: Dovecot, user: str, **login: str) -> Session:
    """A session of a user."""
    return Session.open(Server("127.0.0.1", dovecot.port, "plain"), Login(user, login.pop("password", "pass"), **login))


def everything(session: Session) -> list[Fetched]:
    """All bodies of the examined folder; any trouble is a failure."""
    seen = [each for each in session.discover(1) if isinstance(each, Seen)]
    got = list(session.bodies((each.uid, each.size) for each in seen))
    assert all(isinstance(each, Fetched) for each in got)
    return [each for each in got if isinstance(each, Fetched)]


def test_reading_changes_nothing(dovecot: Dovecot) -> None:
    user = "read-only"
    dovecot.fill(user, [message(n) for n in range(50)])
    for folder in ("Sent", "Archive"):
        dovecot.deliver(user, message(1), folder)
    with opened(dovecot, user):
        dovecot.doveadm("flags", "add", "-u", user, "\\Seen $Label", "mailbox", "INBOX", "uid", "5:9")
    folders = ("INBOX", "Sent", "Archive")
    before = [dovecot.flags(user, folder) for folder in folders]
    subscriptions = dovecot.doveadm("mailbox", "list", "-s", "-u", user)
    with opened(dovecot, user) as session:
        for folder in session.folders():
            session.status(folder.raw_name)
            session.examine(folder.raw_name)
            everything(session)
            list(session.headers([1, 2, 3]))
            list(session.changes(1))
            list(session.flags(UidSet.of([1, 2])))
            session.all_uids()
            session.present([1, 99])
        assert set(session.commands) <= ALLOWED
    assert [dovecot.flags(user, folder) for folder in folders] == before
    assert dovecot.doveadm("mailbox", "list", "-s", "-u", user) == subscriptions
    with opened(dovecot, user) as session:
        session.examine(b"INBOX")
        assert {each.uid: each.flags for each in session.flags(UidSet.of([5, 10])) if isinstance(each, Flags)} == {
            5: ("$Label", "\\Seen"),
            10: (),
        }


def test_recent_is_left_for_the_staffs_own_programs(dovecot: Dovecot) -> None:
    dovecot.deliver("recent", message(1))
    with opened(dovecot, "recent") as session:
        session.examine(b"INBOX")
        everything(session)
    other = imaplib.IMAP4("127.0.0.1", dovecot.port)
    other.login("recent", "pass")
    other.select("INBOX")
    assert other.response("RECENT")[1] == [b"1"]
    other.logout()


def test_bodies_are_byte_exact(dovecot: Dovecot) -> None:
    bodies = [b"", b"\xff\xfe" * 50 + b"\r\n", b"x" * 1_000_000 + b"\r\n", b"no newline at the end", b".\r\n..\r\n"]
    raws = [message(n, body) for n, body in enumerate(bodies)]
    dovecot.fill("exact", raws)
    with opened(dovecot, "exact") as session:
        session.examine(b"INBOX")
        assert {each.uid: each.raw for each in everything(session)} == dict(enumerate(raws, 1))
        heads = [each for each in session.headers([1, 2]) if isinstance(each, Fetched)]
        assert heads[0].raw == message(0, b"")


def test_folders_of_any_name(dovecot: Dovecot) -> None:
    names = ["Клиенты", "A&B", 'quo"te', "back\\slash", "2019", "NIL", " lead", "\U0001f44b", "x/y"]
    for name in names:
        dovecot.doveadm("mailbox", "create", "-u", "names", name)
    with opened(dovecot, "names") as session:
        folders = {folder.name: folder for folder in session.folders()}
        for name in names:
            assert session.examine(folders[name].raw_name).exists == 0
        assert folders["Sent"].role == "sent"
        assert folders["INBOX"].role == "inbox"
        assert folders["Клиенты"].status is not None
        with pytest.raises(ServerRefused):
            session.examine(b"not there")


def test_qresync_tells_what_changed_and_vanished(dovecot: Dovecot) -> None:
    user = "resync"
    dovecot.fill(user, [message(n) for n in range(10)])
    with opened(dovecot, user) as session:
        known = session.examine(b"INBOX")
        assert known.mode == "qresync"
        assert known.highestmodseq is not None
    dovecot.doveadm("flags", "add", "-u", user, "\\Flagged", "mailbox", "INBOX", "uid", "3")
    dovecot.doveadm("expunge", "-u", user, "mailbox", "INBOX", "uid", "5:6")
    with opened(dovecot, user) as session:
        now = session.examine(b"INBOX", (known.uidvalidity, known.highestmodseq))
        assert [(each.uid, each.flags) for each in now.changed] == [(3, ("\\Flagged",))]
        assert [uid for uid in range(1, 11) if uid in now.vanished] == [5, 6]
        assert now.highestmodseq is not None
        assert now.highestmodseq > known.highestmodseq
        changes = list(session.changes(known.highestmodseq))
        assert [each.uid for each in changes if isinstance(each, Flags)] == [3]
        assert any(6 in each.uids for each in changes if isinstance(each, Vanished))
        assert not session.examine(b"INBOX", (known.uidvalidity + 1, known.highestmodseq)).changed
        assert session.all_uids() == UidSet.of([1, 2, 3, 4, 7, 8, 9, 10])
        got = list(session.bodies([(4, 100), (5, 100), (7, 100)]))
        assert [each.uid for each in got if isinstance(each, Missing)] == [5]
        assert not [each for each in got if isinstance(each, Bad)]


def test_master_user_and_wrong_passwords(dovecot: Dovecot) -> None:
    dovecot.deliver("signed-in-by-master", message(1))
    for login in (
        Login("signed-in-by-master", "masterpass", master="master"),
        Login("master", "masterpass", authorise_as="signed-in-by-master"),
    ):
        with Session.open(Server("127.0.0.1", dovecot.port, "plain"), login) as session:
            assert session.examine(b"INBOX").exists == 1
    with pytest.raises(CredentialsRefused):
        opened(dovecot, "signed-in-by-master", password="wrong")


def test_append_where_it_is_switched_on(dovecot: Dovecot) -> None:
    with opened(dovecot, "append") as session:
        uid = session.append(b"Sent", message(1), ["\\Seen", "$MailCRM"])
        session.examine(b"Sent")
        (got,) = everything(session)
        assert (got.uid, got.raw) == (uid, message(1))
        (flags,) = session.flags(UidSet.of([got.uid]))
        assert isinstance(flags, Flags)
        assert flags.flags == ("$MailCRM", "\\Seen")
        with pytest.raises(ValueError, match="flag"):
            session.append(b"Sent", message(1), ["\\Seen) DELETE"])


LARGE = """
import resource, sys
from pathlib import Path
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Login, Server
with Session.open(Server("127.0.0.1", int(sys.argv[1]), "plain"), Login("large", "pass")) as session:
    session.examine(b"INBOX")
    seen = list(session.discover(1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (got,) = session.bodies([(each.uid, each.size) for each in seen], spool=Path(sys.argv[2]))
    print(got.size, got.file, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_05_a_hundred_megabytes_do_not_fill_the_memory(dovecot: Dovecot, tmp_path: Path) -> None:
    raw = message(1, b"0123456789abcdef" * 8 * 800_000 + b"\r\n")
    dovecot.fill("large", [raw])
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(dovecot.port), str(tmp_path)], capture_output=True, text=True, check=True
    )
    size, file, grown = done.stdout.split()
    assert int(size) == len(raw)
    assert Path(file).read_bytes() == raw
    assert int(grown) < 40_000, "kB of resident memory"


def test_each_of_thousands_of_small_messages_comes_once(dovecot: Dovecot) -> None:
    """More than fit into one command, with two commands in flight."""
    raws = [message(n, b"a line of text\r\n" * 40) for n in range(3000)]
    dovecot.fill("many", raws)
    with opened(dovecot, "many") as session:
        session.examine(b"INBOX")
        assert [(each.uid, each.raw) for each in everything(session)] == list(enumerate(raws, 1))
        assert session.commands.count("UID FETCH") > 3


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of this test run."""
    return trustme.CA()


@pytest.fixture(scope="module")
def encrypted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """A Dovecot with TLS."""
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    with Dovecot(folder / "cert.pem", folder / "key.pem") as server:
        yield server


def test_tls_from_the_start_and_by_starttls(encrypted: Dovecot, authority: trustme.CA, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    raws = [message(n, b"x" * 50_000) for n in range(50)]
    encrypted.fill("tls", raws)
    for server in (
        Server("127.0.0.1", encrypted.tls_port, "implicit", str(ca_file)),
        Server("127.0.0.1", encrypted.port, "starttls", str(ca_file)),
    ):
        with Session.open(server, Login("tls", "pass")) as session:
            session.examine(b"INBOX")
            assert [each.raw for each in everything(session)] == raws
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    for port, tls in ((encrypted.tls_port, "implicit"), (encrypted.port, "starttls")):
        with pytest.raises(ServerRefused, match="not trusted"):
            Session.open(Server("127.0.0.1", port, tls, str(stranger)), Login("tls", "pass"))  # type: ignore[arg-type]
