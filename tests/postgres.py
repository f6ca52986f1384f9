"""A private PostgreSQL for the tests: one cluster in a temporary folder, reached by a socket in that folder."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from psycopg import sql

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@dataclass
class Cluster:
    """A running server; `fresh()` gives databases that nobody else uses."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The address of one database, for SQLAlchemy and psycopg alike."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def fresh(self, template: str = "template0") -> str:
        """The name of a new database, copied from a template that nobody is connected to."""
        name = f"test_{next(self.numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        self._execute(create)
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def restart(self) -> None:
        """End the server at once, as a crash does, and start it again."""
        _run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-m", "immediate", "restart")

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def cluster(**settings: str) -> Iterator[Cluster]:
    """A server that lives as long as the block; fails with the name of the package where there is none. What was
    committed survives a crash of it only with `synchronous_commit="on"`."""
    # Not below pytest's folder: the path of a socket may have at most 107 characters.
    folder = Path(mkdtemp(prefix="mailcrm-pg-"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam(_account()).pw_uid, -1)
    data = folder / "data"
    try:
        _run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(f"-c {name}='{value}'" for name, value in {**_SETTINGS, **settings}.items())
        _run("pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", f"{options} -k {folder}", "start")
        try:
            yield Cluster(folder)
        finally:
            _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str | Path) -> None:
    # PostgreSQL refuses to run as root.
    drop_root = ["setpriv", f"--reuid={_account()}", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*drop_root, _binary(program), *arguments]
    # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
    with open(os.devnull) as nothing:
        done = subprocess.run(command, stdin=nothing, stdout=nothing, stderr=subprocess.STDOUT, cwd="/", check=False)
    assert done.returncode == 0, f"{program} failed: {' '.join(map(str, command))}"


def _account() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _binary(program: str) -> str:
    found = shutil.which(program) or max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), default=None)
    assert found, f"{program} is missing: apt-get install postgresql"
    return str(found)
