"""Templates: databases made once and copied for each test, which is many times faster than making them anew."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mailcrm.flow.migrate import migrate
from mailcrm.store.database import Database
from tests.postgres import Cluster


@dataclass
class Templates:
    """The databases of one test process that are copied: files of SQLite, or names in its PostgreSQL."""

    folder: Path
    postgres: Callable[[], Cluster]
    """Starts the server when it is first asked for."""
    _newest: dict[str, str] = field(default_factory=dict)

    def newest(self, kind: str) -> str:
        """The template with the newest schema and no row; `kind` is sqlite or postgresql."""
        if kind not in self._newest:
            self._newest[kind] = self.made(kind, "newest", migrate)
        return self._newest[kind]

    def made(self, kind: str, name: str, fill: Callable[[Database], object], source: str | None = None) -> str:
        """A new template, filled by `fill`, which begins with a copy of `source` or with nothing."""
        if kind == "sqlite":
            template = str(self.folder / f"{name}.db")
            if source:
                shutil.copyfile(source, template)
            url = f"sqlite:///{template}"
        else:
            template = self.postgres().fresh(source or "template0")
            url = self.postgres().url(template)
        database = Database(url)
        fill(database)
        database.close()
        return template

    @contextmanager
    def copy(self, kind: str, template: str, path: Path) -> Iterator[str]:
        """The address of a copy that lives as long as the block; `path` is where a file is put."""
        if kind == "sqlite":
            shutil.copyfile(template, path)
            yield f"sqlite:///{path}"
            return
        server = self.postgres()
        name = server.fresh(template)
        yield server.url(name)
        server.drop(name)
